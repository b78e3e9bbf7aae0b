import v8 from 'node:v8';

/** The version of V8 from which on relaxed vector instructions need no flag. */
const SINCE = 11.4;

/**
 * Lets WebAssembly use relaxed vector instructions, which have the host's fused multiply-add, where Node has them behind
 * a flag. To be called before any module is compiled.
 */
export function enableRelaxedVectors(): void {
  if (Number.parseFloat(process.versions.v8) < SINCE) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}
