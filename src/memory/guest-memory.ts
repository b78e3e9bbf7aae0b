import { PAGE_SIZE, type FrameNumber } from './address.ts';
import { memoryLayout, type MemoryLayout } from './layout.ts';

/**
 * The WebAssembly memory of a machine and typed views of it. Fixed in size: views never detach.
 * Indices into the views are offsets into the whole memory, not into RAM.
 */
export class GuestMemory {
  readonly layout: MemoryLayout;
  readonly wasm: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly i8: Int8Array;
  readonly u16: Uint16Array;
  readonly i16: Int16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly u64: BigUint64Array;

  /** @param ramSize bytes of guest RAM, see `memoryLayout`. Throws `RangeError` when the host has not that much. */
  constructor(ramSize: number) {
    this.layout = memoryLayout(ramSize);
    const pages = this.layout.total >>> 16;
    this.wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { buffer } = this.wasm;
    this.u8 = new Uint8Array(buffer);
    this.i8 = new Int8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i16 = new Int16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.u64 = new BigUint64Array(buffer);
  }

  /** The bytes of a frame, not copied. */
  frameBytes(frame: FrameNumber): Uint8Array {
    const start = this.layout.ram + frame * PAGE_SIZE;
    return this.u8.subarray(start, start + PAGE_SIZE);
  }
}
