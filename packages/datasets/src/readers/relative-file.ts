import { z } from 'zod';

const staysInside = (path: string): boolean => {
  if (path.includes('\0') || /^([/\\]|[A-Za-z]:)/.test(path)) return false;
  let depth = 0;
  return path.split(/[/\\]/).every((step) => (depth += step === '..' ? -1 : step === '.' || step === '' ? 0 : 1) >= 0);
};

/** A path below the data set's root, with forward slashes. */
export const relativeFile = z
  .string()
  .min(1)
  .max(1024)
  .refine(staysInside, { error: 'is no path below the data set’s folder' })
  .transform((path) => path.replaceAll('\\', '/').replace(/^(\.\/)+/, ''));
