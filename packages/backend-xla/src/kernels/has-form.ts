import type { Supports, TensorSpec } from '@reidkit/core-tensor';
import type { KernelForm, KernelInputs } from './kernel-form.ts';
import { kernelTable } from './table.ts';

const asValues = (inputs: Readonly<Record<string, TensorSpec>>): KernelInputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { name, shape, type: dtype }]));

/** Whether a kernel has a form for such inputs. */
export const hasForm: Supports = (kernel, inputs, attributes) => {
  const form: KernelForm | undefined = Object.hasOwn(kernelTable, kernel) ? kernelTable[kernel] : undefined;
  if (!form) return false;
  const types = form.types ?? ['float32'];
  if (Object.values(inputs).some(({ dtype }) => !types.includes(dtype))) return false;
  return form.takes?.(asValues(inputs), attributes) ?? true;
};
