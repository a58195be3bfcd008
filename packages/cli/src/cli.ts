#!/usr/bin/env node
import { explain, exitCodeOf } from './exit-codes.ts';
import { makeProgram } from './program.ts';

// Commands import what they need when they run, so that --help answers at once.
try {
  await makeProgram().parseAsync(process.argv);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
