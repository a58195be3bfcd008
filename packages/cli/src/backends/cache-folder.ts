import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where reidkit keeps what it can fetch again: REIDKIT_CACHE, or the system's folder for such things. Engines look for their libraries there. */
export function cacheFolder(...parts: readonly string[]): string {
  const { REIDKIT_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const root = REIDKIT_CACHE ?? join(XDG_CACHE_HOME ?? LOCALAPPDATA ?? join(homedir(), '.cache'), 'reidkit');
  return join(root, ...parts);
}
