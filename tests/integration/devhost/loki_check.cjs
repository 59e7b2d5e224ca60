// Entries come, change and go at random in a collection like Azurite's of blobs; prints what was not as in a plain map,
// how often all indexes were sorted anew, and how many entries were compared for each that was looked up.
const Loki = require("lokijs");

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
console.log(JSON.stringify({ wrong, sorted, compared: compared / lookups }));
