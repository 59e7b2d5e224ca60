// Loaded into Azurite by `node --require`: of what it keeps in LokiJS (1.5.12) an entry is found by what names it, and
// removed without sorting the others, and it is not saving most of the time. It answers nobody while it does any of this,
// and among 50,000 entries did little else.
const { createRequire } = require("node:module");
const required = createRequire(process.argv[1]);
const Loki = required("lokijs");
const Filters = required("azurite/dist/src/table/persistence/LokiTableStoreQueryGenerator").default;
const { Collection, Resultset } = Loki;

// Every five seconds, if something has changed, all that there is becomes one text. However much there is, that takes some
// tenth of the time: no save follows by itself until this many times as long as the last one took.
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

// Rows of one partition are looked for among all rows of the table, though there is an index of partitions.
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
