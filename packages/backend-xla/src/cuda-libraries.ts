import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { foreign } from './pjrt/native-memory.ts';

/** NVIDIA's libraries that the CUDA plugin opens by name, those that others need first. */
const LIBRARIES = ['cudart', 'nvrtc', 'nvJitLink', 'cublasLt', 'cublas', 'nccl', 'cupti', 'cusparse', 'cusolver', 'cufft', 'nvshmem_host', 'cudnn']; // prettier-ignore

const foldersIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []);

/**
 * Opens NVIDIA's libraries from the Python packages beside a CUDA plugin (`site-packages/nvidia`), so that it finds them, and tells XLA where
 * ptxas and libdevice are. What the system has itself is left to it.
 */
export function openCudaLibraries(plugin: string): void {
  const packages = foldersIn(join(dirname(plugin), '..', '..', 'nvidia'));
  const files = packages.flatMap((folder) => foldersIn(join(folder, 'lib')));
  for (const name of LIBRARIES) {
    const file = files.find((path) => path.includes(`lib${name}.so.`));
    if (file) foreign().load(file, { lazy: true, global: true });
  }
  const tools = packages.find((folder) => existsSync(join(folder, 'nvvm', 'libdevice')));
  const flag = '--xla_gpu_cuda_data_dir=';
  if (tools && !process.env.XLA_FLAGS?.includes(flag)) process.env.XLA_FLAGS = `${process.env.XLA_FLAGS ?? ''} ${flag}${tools}`.trim();
}
