import { Interpreter } from '../src/cpu/interpreter.ts';
import { HartState } from '../src/cpu/hart-state.ts';
import { PAGE_SIZE, pageFloor, type FrameNumber } from '../src/memory/address.ts';
import { FrameTable, FrameUse } from '../src/memory/frames.ts';
import { GuestMemory } from '../src/memory/guest-memory.ts';
import { Mmu } from '../src/memory/mmu.ts';
import { PageTables, SV39 } from '../src/memory/page-table.ts';
import { Pte, makePte, pteFrame } from '../src/memory/pte.ts';

export const READ_WRITE: number = Pte.R | Pte.W;
export const READ_EXECUTE: number = Pte.R | Pte.X;
export const ALL: number = Pte.R | Pte.W | Pte.X;

/** A hart with an address space and nothing else: what the tests of the processor run code on. */
export class BareMachine {
  readonly memory: GuestMemory;
  readonly frames: FrameTable;
  readonly tables: PageTables;
  readonly mmu: Mmu;
  readonly state: HartState;
  readonly engine: Interpreter;
  readonly root: FrameNumber;

  constructor(ramSize = 0x100_0000) {
    this.memory = new GuestMemory(ramSize);
    this.frames = new FrameTable(this.memory);
    this.tables = new PageTables(this.frames, SV39);
    this.mmu = new Mmu(this.frames, this.tables);
    this.state = new HartState(this.memory);
    this.engine = new Interpreter(this.state, this.mmu);
    this.root = this.tables.createRoot();
    this.mmu.activate(this.root);
  }

  /** Maps the page at `va` to a frame, by default a new one of zeroes. */
  map(va: number, permissions: number, frame = this.frames.allocate(FrameUse.Private)): FrameNumber {
    const leaf = this.tables.ensureLeaf(this.root, va);
    this.memory.i32[leaf] = makePte(frame, Pte.V | Pte.U | permissions);
    this.mmu.flushPage(this.root, va);
    return frame;
  }

  /** The bytes from `va` to the end of its page, through the tables and whatever their permissions. */
  bytes(va: number): Uint8Array {
    const leaf = this.tables.findLeaf(this.root, va);
    if (leaf < 0 || this.memory.i32[leaf] === 0) throw new Error(`0x${va.toString(16)} is not mapped`);
    return this.memory.frameBytes(pteFrame(this.memory.i32[leaf])).subarray(va % PAGE_SIZE);
  }

  /** Copies bytes to mapped memory as a loader does: cached instructions of the pages are dropped. */
  write(va: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const leaf = this.tables.findLeaf(this.root, va + done);
      this.frames.beforeWrite(pteFrame(this.memory.i32[leaf]));
      const space = this.bytes(va + done);
      const part = bytes.subarray(done, done + space.length);
      space.set(part);
      done += part.length;
    }
  }

  /** Maps what is not mapped in `[va, va + length)`. */
  mapRange(va: number, length: number, permissions: number): void {
    for (let page = pageFloor(va); page < va + length; page = pageFloor(page + PAGE_SIZE)) {
      const leaf = this.tables.findLeaf(this.root, page);
      if (leaf < 0 || this.memory.i32[leaf] === 0) this.map(page, permissions);
    }
  }

  /** Puts 32-bit instructions at `va` and pc there. */
  program(va: number, ...words: number[]): void {
    this.mapRange(va, words.length * 4, READ_EXECUTE);
    this.write(va, new Uint8Array(Uint32Array.from(words).buffer));
    this.state.pc = va;
  }
}
