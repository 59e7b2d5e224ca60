// What is loaded into Azurite, on collections like Azurite's. Prints what was not as it must be (`wrong`), and what it cost.
const Loki = require("lokijs");
const persistence = "azurite/dist/src/table/persistence";
const EqualsNode = require(`${persistence}/QueryInterpreter/QueryNodes/EqualsNode`).default;
const Filters = require(`${persistence}/LokiTableStoreQueryGenerator`).default;

let wrong = 0;
const check = (isRight) => (wrong += isRight ? 0 : 1);
const asText = JSON.stringify;

// Numbers below a limit, the same ones for a seed.
function random(seed) {
  return (below) => (seed = (seed * 48271) % 2147483647) % below;
}

// How often `owner[name]` has been called, from now on.
function calls(owner, name) {
  const original = owner[name];
  const counted = { count: 0 };
  owner[name] = function (...given) {
    counted.count += 1;
    return original.apply(this, given);
  };
  return counted;
}

// Entries come, change and go at random, beside a plain map. `sorted`: how often all indexes were sorted anew while they
// went one by one; `compared`: entries that were compared for each that was looked up.
function blobs() {
  const SEEDS = 5, STEPS = 4000, NAMES = 1000;
  const same = { a: "account", c: "container" };
  const sorts = calls(Loki.Collection.prototype, "ensureAllIndexes");
  const compared = calls(Loki.LokiOps, "$eq");
  let sorted = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const draw = random(seed);
    const entries = new Loki("check.db").addCollection("blobs", { indices: ["a", "c", "name", "snapshot"] });
    const expected = new Map();
    const before = sorts.count;
    for (let step = 0; step < STEPS; step += 1) {
      const name = `n${draw(NAMES)}`;
      const query = { ...same, name };
      const found = entries.findOne({ ...query, snapshot: "" });
      check((found ? found.value : undefined) === expected.get(name));
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
    sorted += sorts.count - before;
    const left = entries.chain().find(same).simplesort("name").data();
    check(asText(left.map((e) => [e.name, e.value])) === asText([...expected].sort()));
    entries.findAndRemove(same); // many at once are removed as ever
    check(entries.count() === 0);
  }
  return { sorted, compared: compared.count / (SEEDS * STEPS) };
}

// Rows are asked for by partition, beside a plain filter. `evaluated`: rows that were looked at for each in the partition.
function rows() {
  const draw = random(7);
  const partitions = ["1", "01", "1.0", "it's", "it", "", "z eq 'z'", ...Array.from({ length: 93 }, (_, n) => `p${n}`)];
  const table = new Loki("table.db").addCollection("table", { indices: ["PartitionKey", "RowKey"] });
  for (let step = 0; step < 2000; step += 1) {
    const row = { PartitionKey: partitions[draw(100)], RowKey: `r${draw(1000)}`, properties: {} };
    if (draw(4)) table.insert(row);
    else table.findAndRemove({ PartitionKey: row.PartitionKey });
  }
  const ids = (found) => asText(found.map((row) => row.$loki).sort());
  const asked = (query) => ids(table.chain().where(Filters.generateQueryEntityWhereFunction(query)).data());
  const looks = calls(EqualsNode.prototype, "evaluate");
  let evaluated = 0, there = 0;
  for (const partition of partitions) {
    const [start, end] = [`r${draw(1000)}`, `r${draw(1000)}`];
    const named = `PartitionKey eq '${partition.replaceAll("'", "''")}'`;
    const within = table.data.filter((row) => row.PartitionKey === partition);
    const before = looks.count;
    check(asked(named) === ids(within));
    const bounded = within.filter((row) => row.RowKey >= start && row.RowKey < end);
    check(asked(`${named} and RowKey ge '${start}' and RowKey lt '${end}'`) === ids(bounded));
    evaluated += looks.count - before;
    there += 2 * within.length;
    const either = table.data.filter((row) => row.PartitionKey === partition || row.RowKey === start);
    check(asked(`${named} or RowKey eq '${start}'`) === ids(either)); // of all rows
  }
  return { evaluated: evaluated / there };
}

// Something changes all the time. `saving`: the share of the time that saves take, which last 20 ms each.
async function saves() {
  const SAVE_MS = 20, FOR_MS = 1500;
  let count = 0;
  const adapter = { loadDatabase: (name, done) => done(null), saveDatabase: (name, text, done) => ((count += 1), done()) };
  const database = new Loki("saved.db", { adapter, autosave: true, autosaveInterval: 1 });
  const serialize = database.serialize;
  database.serialize = function () {
    for (const end = performance.now() + SAVE_MS; performance.now() < end; );
    return serialize.call(this);
  };
  const entries = database.addCollection("entries");
  const changing = setInterval(() => entries.insert({}), 1);
  await new Promise((done) => setTimeout(done, FOR_MS));
  clearInterval(changing);
  const meanwhile = count;
  check(meanwhile > 1);
  entries.insert({});
  await new Promise((done) => database.close(done));
  check(count > meanwhile); // an orderly end saves what has not been yet
  return { saving: (meanwhile * SAVE_MS) / FOR_MS };
}

const cost = { ...blobs(), ...rows() };
saves().then((saving) => console.log(asText({ wrong, ...cost, ...saving })));
