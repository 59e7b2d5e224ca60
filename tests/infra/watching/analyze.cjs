// Microsoft's own analyzer of KQL, over queries on standard input: {tables: {name: columns}, queries: {name: text}} as
// JSON. Prints, as JSON, what it finds wrong with each. Its one argument is the package's folder.
const path = require('path');
const folder = process.argv[2];
require(path.join(folder, 'bridge.min.js'));
require(path.join(folder, 'Kusto.Language.Bridge.min.js'));

const { tables, queries } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const { Symbols, GlobalState, KustoCode } = Kusto.Language;
const symbols = Object.entries(tables).map(([name, columns]) => Symbols.TableSymbol.From(`(${columns})`).WithName(name));
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1('workspace', symbols));

function findings(text) {
  const found = KustoCode.ParseAndAnalyze(text, globals).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, number) => {
    const { Severity, Code, Message, Start } = found.getItem(number);
    return `${Severity} ${Code}: ${Message} At: ${text.slice(Start, Start + 40)}`;
  });
}

console.log(JSON.stringify(Object.fromEntries(Object.entries(queries).map(([name, text]) => [name, findings(text)]))));
