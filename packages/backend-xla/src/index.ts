export { xlaBackend, type XlaBackend, type XlaBackendOptions } from './xla-backend.ts';
export { emitStableHlo, type EmitOptions, type StableHloStep } from './emit-stablehlo.ts';
export type { ProgramMemory } from './pjrt/client.ts';
export type { PluginOption } from './pjrt/plugin.ts';
export type { HeldConstant, ProductPrecision } from './stablehlo/program.ts';
export type { HloArray, HloType, HloValue } from './stablehlo/values.ts';
