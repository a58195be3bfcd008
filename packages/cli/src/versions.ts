import { createRequire } from 'node:module';

const PACKAGES = [
  'core-tensor',
  'backend-onnx',
  'backend-tensorflow',
  'losses',
  'encoders',
  'datasets',
  'eval',
  'trainer',
  'recipes',
] as const;

/** Versions of reidkit's packages and of Node, for records and reports. */
export function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const version = (name: string): string => (require(`${name}/package.json`) as { version: string }).version;
  const optional = (name: string): Record<string, string> => {
    try {
      return { [name]: version(name) };
    } catch {
      return {};
    }
  };
  return { reidkit: version('reidkit'), ...Object.fromEntries(PACKAGES.map((name) => [`@reidkit/${name}`, version(`@reidkit/${name}`)])), ...optional('@reidkit/backend-xla'), node: process.version }; // prettier-ignore
}
