// What @asyncapi/parser finds in a document: errors are a failure, hints are shown.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';

const ERROR = 0;
const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], 'utf8'));
for (const { severity, code, path, message } of diagnostics) {
  console.log(`${severity === ERROR ? 'error' : 'hint'} ${code} ${path.join('.')}: ${message}`);
}
if (!document || diagnostics.some(({ severity }) => severity === ERROR)) process.exit(1);
console.log(`asyncapi ${document.version()}: ${document.allMessages().length} messages, ${document.operations().length} operations`);
