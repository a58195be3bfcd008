// npm run goldens -- [--dir DIR] [--only PATTERN] [--backend onnx|reference] [--threads N] [--json]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { referenceBackend, useBackend, type Backend } from '@reidkit/core-tensor';
import { adapterTable } from './adapter-table.ts';
import { caseLines, familyLines, totalLine, totals } from './print-results.ts';
import { runCases } from './run-cases.ts';

const GOLDENS = fileURLToPath(new URL('../../goldens', import.meta.url));
const ADAPTERS = fileURLToPath(new URL('adapters', import.meta.url));

const HELP = `Compares what the packages compute with the reference numbers.

  --dir DIR            folder of cases (goldens)
  --only PATTERN       names or families of cases; * stands for any text, a comma separates patterns
  --backend NAME       onnx or reference (onnx)
  --threads N          threads of the backend (1)
  --json               print one JSON document instead of lines

Exit code: 0 all passed or skipped, 1 something failed, 2 nothing could be run.`;

async function backendOf(name: string, threads: number): Promise<Backend> {
  if (name === 'reference') return referenceBackend;
  if (name !== 'onnx') throw new Error(`Unknown backend "${name}": onnx or reference.`);
  const { onnxBackend } = await import('@reidkit/backend-onnx');
  return onnxBackend({ threads });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string', default: GOLDENS },
      only: { type: 'string' },
      backend: { type: 'string', default: 'onnx' },
      threads: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const threads = Number(values.threads);
  if (!(Number.isInteger(threads) && threads > 0)) throw new Error(`--threads takes a whole number from 1, got "${values.threads}".`);
  await useBackend(await backendOf(values.backend, threads));
  const results = await runCases({
    directory: values.dir,
    ...(values.only === undefined ? {} : { only: values.only }),
    findAdapter: adapterTable(ADAPTERS),
    served: JSON.parse(readFileSync(`${GOLDENS}/served.json`, 'utf8')) as string[],
    onResult: (result) => {
      if (!values.json) for (const line of caseLines(result)) console.log(line);
    },
  });
  if (results.length === 0) throw new Error(`No case ${values.only ? `matches "${values.only}" ` : ''}in ${values.dir}.`);
  if (values.json) console.log(JSON.stringify({ ...totals(results), cases: results }, null, 1));
  else for (const line of ['', ...familyLines(results), '', totalLine(results)]) console.log(line);
  return totals(results).failed > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
