// Entries come, change and go at random in a collection like Azurite's of blobs, and rows are asked for by partition;
// prints what was not as in a plain map, how often all indexes were sorted anew, how many entries were compared for each
// that was looked up, how many rows for each that was found, and what saving takes of the time, as a share.
const Loki = require("lokijs");
const persistence = "azurite/dist/src/table/persistence";
const EqualsNode = require(`${persistence}/QueryInterpreter/QueryNodes/EqualsNode`).default;
const Filters = require(`${persistence}/LokiTableStoreQueryGenerator`).default;

const SEEDS = 5, STEPS = 4000, NAMES = 1000;
const same = { a: "account", c: "container" };
let wrong = 0, sorted = 0, compared = 0, lookups = 0;

const ensureAll = Loki.Collection.prototype.ensureAllIndexes;
Loki.Collection.prototype.ensureAllIndexes = function (force) {
  sorted += 1;
  return ensureAll.call(this, force);
};
const equal = Loki.LokiOps.$eq;
Loki.LokiOps.$eq = (a, b) => ((compared += 1), equal(a, b));

function random(seed) {
  return (below) => (seed = (seed * 48271) % 2147483647) % below;
}

for (let seed = 1; seed <= SEEDS; seed += 1) {
  const draw = random(seed);
  const entries = new Loki("check.db").addCollection("blobs", { indices: ["a", "c", "name", "snapshot"] });
  const expected = new Map();
  for (let step = 0; step < STEPS; step += 1) {
    const name = `n${draw(NAMES)}`;
    const query = { ...same, name };
    const found = entries.findOne({ ...query, snapshot: "" });
    lookups += 1;
    if ((found ? found.value : undefined) !== expected.get(name)) wrong += 1;
    entries.remove([]);
    const action = draw(3);
    if (action === 0 && found) {
      entries.findAndRemove(query);
      expected.delete(name);
    } else if (found) {
      found.value = step;
      entries.update(found);
      expected.set(name, step);
    } else {
      entries.insert({ ...query, snapshot: "", value: step });
      expected.set(name, step);
    }
  }
  const left = entries.chain().find(same).simplesort("name").data();
  if (JSON.stringify(left.map((e) => [e.name, e.value])) !== JSON.stringify([...expected].sort())) wrong += 1;
  const before = sorted;
  entries.findAndRemove(same); // many at once are removed as ever
  sorted = before;
  if (entries.count() !== 0) wrong += 1;
}

const sortedByOne = sorted;
let evaluated = 0, rows = 0;
const evaluate = EqualsNode.prototype.evaluate;
EqualsNode.prototype.evaluate = function (context) {
  evaluated += 1;
  return evaluate.call(this, context);
};
const partitions = ["1", "01", "1.0", "it's", "it", "", "z eq 'z'", ...Array.from({ length: 93 }, (_, n) => `p${n}`)];
const table = new Loki("table.db").addCollection("table", { indices: ["PartitionKey", "RowKey"] });
const draw = random(7);
for (let step = 0; step < 2000; step += 1) {
  const row = { PartitionKey: partitions[draw(100)], RowKey: `r${draw(1000)}`, properties: {} };
  if (draw(4)) table.insert(row);
  else table.findAndRemove({ PartitionKey: row.PartitionKey });
}
for (const partition of partitions) {
  const [start, end] = [`r${draw(1000)}`, `r${draw(1000)}`];
  const named = `PartitionKey eq '${partition.replaceAll("'", "''")}'`;
  const bounded = `${named} and RowKey ge '${start}' and RowKey lt '${end}'`;
  const isBounded = (row) => row.PartitionKey === partition && row.RowKey >= start && row.RowKey < end;
  const either = (row) => row.PartitionKey === partition || row.RowKey === start;
  const asked = [[named, (row) => row.PartitionKey === partition], [bounded, isBounded]];
  const filtered = (query) => table.chain().where(Filters.generateQueryEntityWhereFunction(query)).data();
  const isRight = (query, expected) =>
    JSON.stringify(filtered(query).map((row) => row.$loki).sort()) ===
    JSON.stringify(table.data.filter(expected).map((row) => row.$loki).sort());
  rows += 2 * table.data.filter(asked[0][1]).length;
  if (!asked.every(([query, expected]) => isRight(query, expected))) wrong += 1;
  const before = evaluated;
  if (!isRight(`${named} or RowKey eq '${start}'`, either)) wrong += 1;
  evaluated = before; // of all rows
}

const BUSY_MS = 20, FOR_MS = 1500;
let saves = 0;
const adapter = { loadDatabase: (name, done) => done(null), saveDatabase: (name, text, done) => ((saves += 1), done()) };
const saved = new Loki("saved.db", { adapter, autosave: true, autosaveInterval: 1 });
const serialize = saved.serialize;
saved.serialize = function () {
  for (const end = performance.now() + BUSY_MS; performance.now() < end; );
  return serialize.call(this);
};
const entries = saved.addCollection("entries");
const changing = setInterval(() => entries.insert({}), 1);
setTimeout(() => {
  clearInterval(changing);
  const saving = (saves * BUSY_MS) / FOR_MS;
  entries.insert({});
  const before = saves;
  saved.close(() => {
    if (before < 2 || saves === before) wrong += 1;
    console.log(JSON.stringify({ wrong, sorted: sortedByOne, compared: compared / lookups, evaluated: evaluated / rows, saving }));
  });
}, FOR_MS);
