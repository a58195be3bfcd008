import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = process.env.REIDKIT_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'reidkit');
const installed = join(cache, 'backends', 'xla-cpu', 'libpjrt_cpu.so');

/** The PJRT plugin that tests run on, if there is one. */
export const pluginForTests: string | undefined = [process.env.REIDKIT_PJRT_PLUGIN, installed].find((path) => path && existsSync(path));

/** What a skipped test says. */
export const withoutPlugin = pluginForTests ? '' : ' (skipped: no PJRT plugin; `reidkit backend install xla-cpu` or REIDKIT_PJRT_PLUGIN)';
