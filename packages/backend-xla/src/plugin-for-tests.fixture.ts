import { existsSync } from 'node:fs';
import { cacheFolder } from './cache-folder.ts';

const installed = cacheFolder('backends', 'xla-cpu', 'libpjrt_cpu.so');

/** The PJRT plugin that tests run on, if there is one. */
export const pluginForTests: string | undefined = [process.env.REIDKIT_PJRT_PLUGIN, installed].find((path) => path && existsSync(path));

/** What a skipped test says. */
export const withoutPlugin = pluginForTests ? '' : ' (skipped: no PJRT plugin; `reidkit backend install xla-cpu` or REIDKIT_PJRT_PLUGIN)';
