import v8 from 'node:v8';

/** The version of V8 from which on relaxed vector instructions need no flag. */
const RELAXED_VECTORS_SINCE = 11.4;

/**
 * Sets what translated code profits from. To be called before any WebAssembly is compiled.
 *
 * - Relaxed vector instructions have the host's fused multiply-add; older versions have them behind a flag.
 * - Translated functions call nothing and come back after a bounded number of instructions: they need not ask in every
 *   loop whether the stack is full or somebody wants to interrupt them.
 */
export function setV8Flags(): void {
  if (Number.parseFloat(process.versions.v8) < RELAXED_VECTORS_SINCE)
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  v8.setFlagsFromString('--no-wasm-stack-checks');
}
