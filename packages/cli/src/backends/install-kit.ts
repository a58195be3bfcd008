import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ReidError } from '@reidkit/core-tensor';
import { cacheFolder } from './cache-folder.ts';
import type { Kit, Wheel } from './kits.ts';

/** Names of Linux x64 that wheels are made for. */
const PLATFORMS = ['manylinux_2_28', 'manylinux_2_27', 'manylinux_2_25', 'manylinux_2_17', 'manylinux2014', 'manylinux2010', 'manylinux1'];

/** Takes what matters out of the wheels of a folder, whole packages or some of their files. */
const UNPACK = `import glob, os, sys, zipfile
source, target, starts = sys.argv[1], sys.argv[2], tuple(sys.argv[3:])
for wheel in sorted(glob.glob(os.path.join(source, "*.whl"))):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target, [name for name in archive.namelist() if not starts or name.startswith(starts)])`;

/** Where a kit lies when it is installed. */
export const kitFolder = (name: string): string => cacheFolder('backends', name);

/** What pip reads: exact versions with the hashes that the files must have. */
export const requirementsOf = (wheels: readonly Wheel[]): string =>
  wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`).join('');

function fail(what: string, hint: string, cause?: unknown): never {
  throw new ReidError('BACKEND_UNAVAILABLE', what, { hint, cause });
}

function run(program: string, args: readonly string[], what: string, hint: string): void {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  } catch (cause) {
    fail(`${what} failed (${program}): ${(cause as Error).message.split('\n')[0]}`, hint, cause);
  }
}

/** Brings the wheels into a folder; those that are there already and have their hash stay. */
function fetchWheels(python: string, { wheels }: Kit, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const list = join(folder, 'requirements.txt');
  writeFileSync(list, requirementsOf(wheels));
  const platforms = PLATFORMS.flatMap((name) => ['--platform', `${name}_x86_64`]);
  const args = ['-m', 'pip', 'download', '--no-deps', '--require-hashes', '--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--abi', 'abi3', '--abi', 'none', ...platforms, '--dest', folder, '--requirement', list]; // prettier-ignore
  run(
    python,
    args,
    'Fetching',
    'run the command again: files that came whole are kept. It needs Python with pip, and a way to a package index.',
  );
}

/** Compiles the plugin for the processor against the TensorFlow that was unpacked. */
function compileShim(target: string, version: string): void {
  let shim: string;
  try {
    shim = join(dirname(createRequire(import.meta.url).resolve('@reidkit/backend-xla/package.json')), 'shim');
  } catch (cause) {
    fail('The source of the plugin is part of @reidkit/backend-xla, which is not installed.', 'npm install @reidkit/backend-xla', cause);
  }
  const library = join(target, 'tensorflow');
  const include = join(library, 'include');
  const folders = [
    shim,
    include,
    ...['highwayhash', 'farmhash_archive/src', 'com_google_protobuf/src'].map((name) => join(include, 'external', name)),
  ];
  const args = ['-shared', '-fPIC', '-O1', '-DNDEBUG', `-DREIDKIT_TENSORFLOW_VERSION="${version}"`, '-std=c++17', '-w', ...folders.map((folder) => `-I${folder}`), join(shim, 'pjrt-cpu.cc'), '-o', join(target, 'libpjrt_cpu.so'), `-L${library}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/tensorflow']; // prettier-ignore
  run(process.env.CXX ?? 'g++', args, 'Compiling the plugin', 'install g++ 12 or newer (CXX names another), then run the command again.');
  rmSync(include, { recursive: true }); // thousands of files that nobody needs any more
}

/**
 * Fetches a kit into reidkit's cache folder: pinned wheels by pip with their hashes, unpacked beside and moved into place when whole. What
 * failed is removed, wheels that came whole are kept until the kit is there. Throws BACKEND_UNAVAILABLE.
 */
export function installKit(kit: Kit): string {
  const final = kitFolder(kit.name);
  if (existsSync(join(final, 'installed.json'))) return final;
  const python = process.env.PYTHON ?? 'python3';
  const wheels = `${final}.wheels`;
  const partial = `${final}.partial`;
  rmSync(partial, { recursive: true, force: true });
  fetchWheels(python, kit, wheels);
  try {
    mkdirSync(partial, { recursive: true });
    run(python, ['-c', UNPACK, wheels, partial, ...(kit.files ?? [])], 'Unpacking', 'free space on the disk, then run the command again.');
    if (kit.needsShim) compileShim(partial, kit.wheels[0]!.version);
    const plugin = kit.plugin && findFile(partial, kit.plugin);
    writeFileSync(join(partial, 'installed.json'), JSON.stringify({ name: kit.name, plugin, wheels: kit.wheels }, null, 2));
    rmSync(final, { recursive: true, force: true });
    renameSync(partial, final);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  rmSync(wheels, { recursive: true, force: true });
  return final;
}

function findFile(folder: string, name: string): string {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith(name));
  return found ?? fail(`The packages hold no ${name}.`, 'please report the versions that were printed.');
}
