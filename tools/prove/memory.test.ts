import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

// In a process of its own, where memory can be collected by hand and nothing else runs.
it.each([false, true])(
  'a hundred training steps leave no tensor and less than 20 MB behind (eager: %s)',
  { timeout: 240_000 },
  async (eager) => {
    const proof = fileURLToPath(new URL('proofs/memory.ts', import.meta.url));
    const program = `const { steps } = await import(${JSON.stringify(proof)}); console.log(JSON.stringify(await steps(100, { images: 8, eager: ${eager} })));`;
    const node = ['--expose-gc', '--conditions=@reidkit/source', '--import', 'tsx', '--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, node);
    const { megabytesAt10, megabytesAtEnd } = JSON.parse(stdout) as Record<string, number>;
    expect(megabytesAtEnd! - megabytesAt10!).toBeLessThan(20);
  },
);
