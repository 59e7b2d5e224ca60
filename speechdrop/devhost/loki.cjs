// Loaded into Azurite by `node --require`: an entry of what it keeps in LokiJS (1.5.12) is found by what names it, and
// removed without sorting the others; all is not written anew all the time. It answers nobody meanwhile, and among 50,000
// entries that was most that it did.
const { createRequire } = require("node:module");
const required = createRequire(process.argv[1]);
const Loki = required("lokijs");
const Filters = required("azurite/dist/src/table/persistence/LokiTableStoreQueryGenerator").default;
const { Collection, Resultset } = Loki;

// All that there is becomes one text whenever something has changed, every five seconds. It takes a tenth of the time at
// most, however much there is.
const SAVES_REST = 9;
const save = Loki.prototype.saveDatabaseInternal;
Loki.prototype.saveDatabaseInternal = function (callback) {
  const begun = performance.now();
  save.call(this, callback);
  this.ignoreAutosave = true;
  setTimeout(() => (this.ignoreAutosave = false), SAVES_REST * (performance.now() - begun)).unref();
};

// All indexes of a collection are sorted anew for each batch that is removed. Azurite removes batches of one, and of none
// with each look for messages.
const removeBatch = Collection.prototype.removeBatchByPositions;
Collection.prototype.removeBatchByPositions = function (positions) {
  if (positions.length > 1) removeBatch.call(this, positions);
  else if (positions.length === 1) this.remove(this.data[positions[0]]);
};

// Conditions are met one after the other, the first by its index: that of the account, which all blobs share, where the
// one of the name leaves a single blob.
const findAnd = Resultset.prototype.findAnd;
Resultset.prototype.findAnd = Resultset.prototype.$and = function (conditions) {
  return findAnd.call(this, this.filterInitialized ? conditions : fewestFirst(this.collection, conditions));
};

function fewestFirst(collection, conditions) {
  const left = new Map(conditions.map((condition) => [condition, count(collection, condition)]));
  return [...conditions].sort((a, b) => left.get(a) - left.get(b));
}

function count(collection, condition) {
  const [[property, value]] = Object.entries(condition);
  if (typeof value !== "string" || !Object.hasOwn(collection.binaryIndices, property)) return collection.data.length + 1;
  collection.ensureIndex(property);
  const [first, last] = collection.calculateRange("$eq", property, value);
  return Math.max(0, last - first + 1);
}

// Rows of one partition are looked for among all rows of the table, though there is an index.
const ONE_PARTITION = /^PartitionKey eq '((?:[^']|'')*)'(?: and RowKey (?:ge|gt|le|lt|eq) '(?:[^']|'')*')*$/;
const filterOf = Filters.generateQueryEntityWhereFunction;
Filters.generateQueryEntityWhereFunction = function (query) {
  const [, partition] = ONE_PARTITION.exec(query) ?? [];
  return Object.assign(filterOf.call(this, query), { partition: partition?.replaceAll("''", "'") });
};
const where = Resultset.prototype.where;
Resultset.prototype.where = function (filter) {
  const within = filter.partition === undefined || this.filterInitialized ? this : this.find({ PartitionKey: filter.partition });
  return where.call(within, filter);
};
