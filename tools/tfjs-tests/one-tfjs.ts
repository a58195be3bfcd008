import { createRequire, register } from 'node:module';

/**
 * From here on every import of tfjs in this process is of one instance, that which tfjs-core's tests are part of. To be called before
 * anything imports tfjs.
 */
export function useOneTfjs(): void {
  register('./one-tfjs-hooks.mjs', import.meta.url);
  // tfjs-core's modules call `require`, which modules do not have; jasmine they ask for by a path that it does not offer any more.
  const require = createRequire(import.meta.url);
  const stub = { core: () => ({}) }; // they set a time limit on it
  Object.assign(globalThis, { require: (name: string) => (name.startsWith('jasmine-core/') ? stub : (require(name) as unknown)) });
}
