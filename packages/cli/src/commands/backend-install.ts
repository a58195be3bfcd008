import { arch, platform } from 'node:os';
import { kitFolder, installKit } from '../backends/install-kit.ts';
import { KITS } from '../backends/kits.ts';
import { UsageError } from '../usage-error.ts';

/** Options of `reidkit backend install`. */
export interface BackendInstallOptions {
  readonly dryRun?: boolean;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** `reidkit backend install`. */
export function backendInstallCommand(name: string, { dryRun = false }: BackendInstallOptions): void {
  const kit = KITS.find((each) => each.name === name);
  if (!kit) throw new UsageError(`there is no engine "${name}" to install; there are ${KITS.map((each) => each.name).join(', ')}.`);
  const total = kit.wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`${kit.name}: ${kit.summary}`);
  for (const { name: wheel, version, bytes, sha256 } of kit.wheels) console.log(`  ${`${wheel} ${version}`.padEnd(40)} ${megabytes(bytes).padStart(10)}  sha256 ${sha256.slice(0, 12)}…`); // prettier-ignore
  console.log(`  ${'altogether, by pip, into'.padEnd(40)} ${megabytes(total).padStart(10)}  ${kitFolder(kit.name)}`);
  if (kit.needsShim) console.log('  then g++ compiles the plugin against it, which takes about a minute');
  if (dryRun) return;
  if (`${platform()}/${arch()}` !== 'linux/x64')
    throw new UsageError(`these libraries are for linux/x64; this is ${platform()}/${arch()}.`);
  console.log(`installed in ${installKit(kit)}\n${kit.next}`);
}
