import v8 from 'node:v8';

/** The version of V8 from which on relaxed vector instructions need no flag. */
const RELAXED_VECTORS_SINCE = 11.4;

/** The version of V8, in Node 20, that the interrupt budget was measured with. */
const INTERRUPT_BUDGET_MEASURED = '11.3.';

/**
 * Sets what translated code, and the translator, profit from. To be called before any WebAssembly is compiled.
 *
 * - Relaxed vector instructions have the host's fused multiply-add; older versions have them behind a flag.
 * - Translated functions call nothing and come back after a bounded number of instructions: they need not ask in every
 *   loop whether the stack is full or somebody wants to interrupt them.
 * - Most of what is hot in JavaScript while a guest starts (the translator above all) is not needed for long: V8 spends
 *   less when it waits longer before it optimises.
 */
export function setV8Flags(): void {
  if (Number.parseFloat(process.versions.v8) < RELAXED_VECTORS_SINCE)
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  v8.setFlagsFromString('--no-wasm-stack-checks');
  if (process.versions.v8.startsWith(INTERRUPT_BUDGET_MEASURED)) v8.setFlagsFromString('--interrupt-budget=600000');
}
