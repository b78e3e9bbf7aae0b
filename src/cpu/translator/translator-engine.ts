import { PAGE_SIZE, fromWords, pageFloor, type VirtAddr } from '../../memory/address.ts';
import { Access, type Mmu } from '../../memory/mmu.ts';
import { Op } from '../../riscv/op.ts';
import { Exit, Resume, type Engine, type WatchedAccess } from '../engine.ts';
import { StateOffset, type HartState } from '../hart-state.ts';
import { Interpreter, WATCHED, type Watcher } from '../interpreter.ts';
import { ColdExit, encodeColdInterpreter, type ColdFunction } from './cold-interpreter.ts';
import type { DiscoveryLimits } from './discover.ts';
import { ExitKind, type RegionExit } from './emitter.ts';
import { encodeEnter, type EnterFunction } from './enter.ts';
import { GuestCode, executedFrame, type ExistingTranslations } from './guest-code.ts';
import { hostFuses } from './host-fused.ts';
import { accessSize, isLoad, isStore } from './operands.ts';
import { Profile } from './profile.ts';
import { translate } from './translate.ts';
import { TranslationCache } from './translation-cache.ts';
import type { Entry, Translation } from './translation.ts';

export interface TranslatorOptions {
  /** Arrivals at a place that make it hot. */
  readonly threshold: number;
  /** Translate every address that control comes to, all that can be reached from it. For tests. */
  readonly eager: boolean;
  readonly limits: DiscoveryLimits;
  /** Use the host's fused multiply-add, if it has one. */
  readonly hostFused: boolean;
}

export const DEFAULT_TRANSLATOR: TranslatorOptions = {
  threshold: 3000,
  eager: false,
  limits: { instructions: 600, withSwitch: 1600, pages: 8, inlined: 120 },
  hostFused: true,
};

/** Instructions that generated code runs in one go: V8 replaces its code only between calls. */
const SLICE = 400_000;
/** Below this many instructions the interpreter is as quick. */
const SHORT_RUN = 48;
/** What control that comes from a translation counts for: it costs a way through the engine, and cold code behind it. */
const FROM_TRANSLATION = 5;
/**
 * Instructions that the interpreter executes in one go where a translation has left one to it, unless it comes to where
 * one begins before: what left was often the check of several accesses, of which the first alone would have been allowed.
 */
const NEARBY = 32;
/** Times that a translation does not apply before it is replaced by one that asks for less. */
const MAX_UNSUITABLE = 30;
/**
 * Times that groups straddle pages, for each instruction of a translation, before it is made again without them: each
 * costs about as much as a hundredth of translating an instruction.
 */
const MAX_STRADDLES = 100;
/** Times that a small translation is made again with what turned out to belong to it. */
const MAX_GROWTH = 8;
/** Instructions in a translation that is made again at little cost. */
const SMALL = 100;
/** A larger one may be made again, or become a part of another one, when the program has run this many times as long. */
const PATIENCE = 8;

interface TranslatorStatistics {
  /** Translations made, and those that exist. */
  translated: number;
  live: number;
  evicted: number;
  /** Guest instructions in all translations made. */
  size: number;
  /** Instructions that translations retired. */
  retired: number;
  /** Times that the engine entered a translation. */
  entered: number;
}

/**
 * The interpreter and the translator together: code runs in the interpreter until it is hot, then in WebAssembly.
 * Whatever a translation does not do (exceptions, TLB misses, exact stops, rare instructions) it leaves to the
 * interpreter, so there is one implementation of everything unusual.
 */
export class TranslatorEngine implements Engine, Watcher {
  readonly #state: HartState;
  readonly #mmu: Mmu;
  readonly #interpreter: Interpreter;
  readonly #options: TranslatorOptions;
  readonly #profile: Profile;
  readonly #pc: number;
  readonly #budget: number;
  #breakpoints: ReadonlySet<VirtAddr> = new Set();
  /** Executes what is not translated. */
  #cold: ColdFunction | undefined;
  #cache: TranslationCache | undefined;
  #enter: EnterFunction | undefined;
  /** Physical addresses of heads whose translations may have the page of the head only. */
  readonly #onePage = new Set<number>();
  /** Physical addresses of heads whose translations must notice inexact results. */
  readonly #noticing = new Set<number>();
  /** Addresses of accesses whose groups straddled pages. */
  readonly #ungrouped = new Set<number>();
  readonly #statistics = { translated: 0, size: 0, retired: 0, entered: 0 };

  constructor(state: HartState, mmu: Mmu, options: TranslatorOptions = DEFAULT_TRANSLATOR) {
    this.#state = state;
    this.#mmu = mmu;
    this.#interpreter = new Interpreter(state, mmu);
    this.#options = options;
    this.#profile = new Profile(mmu, this.#interpreter.code, options.threshold);
    this.#interpreter.watch(this);
    const { layout } = mmu.frames.memory;
    this.#pc = (layout.state + StateOffset.Pc) >>> 2;
    this.#budget = (layout.state + StateOffset.Budget) >>> 2;
  }

  get faultAccess(): Access {
    return this.#interpreter.faultAccess;
  }

  get watchedAccess(): WatchedAccess {
    return this.#interpreter.watchedAccess;
  }

  get time(): () => number {
    return this.#interpreter.time;
  }

  set time(time: () => number) {
    this.#interpreter.time = time;
  }

  get statistics(): TranslatorStatistics {
    const live = this.#cache?.size ?? 0;
    return { ...this.#statistics, live, evicted: this.#cache?.evictions ?? 0 };
  }

  setBreakpoints(addresses: ReadonlySet<VirtAddr>): void {
    const before = this.#breakpoints;
    this.#breakpoints = new Set(addresses);
    this.#interpreter.setBreakpoints(addresses);
    if (!this.#cache) return;
    for (const va of before) if (!addresses.has(va)) this.forget(va);
    for (const va of addresses) if (!before.has(va)) this.forget(va);
  }

  run(budget: number, resume: Resume): Exit {
    if (!this.#cache) this.start();
    const end = this.#state.instret + budget;
    if (resume === Resume.PastBreakpoint && budget > 0) {
      const exit = this.#interpreter.run(1, resume);
      if (exit !== Exit.Budget) return exit;
    }
    return this.runUntil(end);
  }

  /** What `Interpreter.watch` asks: entries of translations. */
  watches(frame: number, offset: number): boolean {
    return this.#cache?.hasEntryAt(frame * PAGE_SIZE + offset) ?? false;
  }

  arrive(lo: number, hi: number, frame: number, offset: number, left: number): boolean {
    const entry = this.#cache!.find(fromWords(lo, hi), frame * PAGE_SIZE + offset);
    return entry !== undefined && left >= entry.slack;
  }

  /** Creates what only a program that runs for longer needs. */
  private start(): void {
    const cache = new TranslationCache(this.#mmu, (physical) => this.entryChanged(physical));
    this.#cache = cache;
    const { layout } = this.#mmu.frames.memory;
    this.#enter = this.instantiate(encodeEnter(layout)) as EnterFunction;
    this.#cold = this.instantiate(encodeColdInterpreter(layout, this.#options.threshold)) as ColdFunction;
    this.#mmu.frames.onCodeDropped((frame) => {
      cache.dropFrame(frame);
      this.dropProfile(frame);
    });
  }

  private entryChanged(physical: number): void {
    const frame = Math.floor(physical / PAGE_SIZE);
    const offset = physical % PAGE_SIZE;
    if (!this.#cache!.hasEntryAt(physical)) this.#profile.restart(frame, offset);
    this.#interpreter.code.redecode(frame, offset);
  }

  private instantiate(module: Uint8Array<ArrayBuffer>): unknown {
    const imports = { e: { m: this.#mmu.frames.memory.wasm, t: this.#cache!.table } };
    return new WebAssembly.Instance(new WebAssembly.Module(module), imports).exports['f'];
  }

  private runUntil(end: number): Exit {
    const state = this.#state;
    for (;;) {
      const left = end - state.instret;
      if (left <= 0) return Exit.Budget;
      if (left < SHORT_RUN && !this.#options.eager) return this.#interpreter.run(left, Resume.Normal);
      const entry = this.entryAtPc();
      const entered = entry !== undefined && left >= entry.slack;
      if (entered && this.enter(entry, left)) continue;
      if (state.instret === end) return Exit.Budget;
      const here = entered ? this.entryAtPc() : entry;
      const exit = here ? this.interpretEntry(end - state.instret, entered) : this.interpret(end - state.instret);
      if (exit !== WATCHED && exit !== Exit.Budget) return exit;
    }
  }

  /** Where there is a translation, but it left this instruction to the interpreter, or needs a larger budget. */
  private interpretEntry(left: number, entered: boolean): Exit | typeof WATCHED {
    return entered
      ? this.step(this.#options.eager ? 1 : Math.min(left, NEARBY))
      : this.#interpreter.runWatched(left, Resume.Normal, true);
  }

  /** Runs the interpreter to where a translation goes on, or something is hot, which is then translated. */
  private interpret(left: number): Exit | typeof WATCHED {
    if (!this.#options.eager) return this.runCold(left);
    const pc = this.#state.pc;
    if (this.#profile.arrive(pc, 1) && this.translate([pc], 0)) return WATCHED;
    return this.#interpreter.run(1, Resume.Normal);
  }

  private runCold(left: number): Exit | typeof WATCHED {
    const state = this.#state;
    const budget = Math.min(left, SLICE);
    const exit = this.#cold!(0, budget);
    state.instret += budget - this.#mmu.frames.memory.i32[this.#budget];
    if (exit === ColdExit.Budget) return Exit.Budget;
    if (exit === ColdExit.Hot) {
      this.translateHot(state.pc, undefined);
      return WATCHED;
    }
    return this.entryAtPc() ? WATCHED : this.step(1);
  }

  /**
   * Brings about what the cold interpreter and translations need at pc: a decoded instruction, a page in the TLB. What
   * cannot be helped so is executed, and up to `count` instructions with it.
   */
  private step(count: number): Exit | typeof WATCHED {
    const mmu = this.#mmu;
    const { code } = this.#interpreter;
    const { i32 } = mmu.frames.memory;
    const lo = i32[this.#pc];
    const hi = i32[this.#pc + 1];
    const offset = lo & (PAGE_SIZE - 1);
    let frame = mmu.execute.peek(lo, hi);
    if (frame < 0) {
      frame = mmu.translate(lo, hi, Access.Execute);
      if (frame < 0) return this.#interpreter.refuse(frame, lo, hi, Access.Execute);
    }
    if (!code.isDecoded(frame, offset)) {
      code.decode(frame, offset);
      return WATCHED;
    }
    const instruction = this.#breakpoints.has(fromWords(lo, hi)) ? undefined : code.instruction(frame, offset);
    if (instruction?.op === Op.Ecall) return Exit.Ecall;
    if (instruction && (isLoad(instruction.op) || isStore(instruction.op))) {
      const { op, rs1, imm } = instruction;
      const base = this.#state.xLow(rs1);
      const low = (base + imm) | 0;
      const high = (this.#state.xHigh(rs1) + (imm >> 31) + (low >>> 0 < base >>> 0 ? 1 : 0)) | 0;
      const tlb = isStore(op) ? mmu.write : mmu.read;
      if ((low & (accessSize(op) - 1)) === 0 && tlb.peek(low, high) < 0) {
        const access = isStore(op) ? Access.Write : Access.Read;
        const accessed = mmu.translate(low, high, access);
        if (accessed < 0) return this.#interpreter.refuse(accessed, low, high, access);
        // A store into the frame that is executed from misses the TLB each time, as does what is watched.
        if (accessed !== frame && tlb.peek(low, high) === accessed) return WATCHED;
      }
    }
    return this.#interpreter.runWatched(count, Resume.Normal, true);
  }

  /** The entry at pc, if the page of pc is in the execute TLB. */
  private entryAtPc(): Entry | undefined {
    const { i32 } = this.#mmu.frames.memory;
    return this.entryAt(i32[this.#pc], i32[this.#pc + 1]);
  }

  private entryAt(lo: number, hi: number): Entry | undefined {
    const frame = this.#mmu.execute.peek(lo, hi);
    if (frame < 0) return undefined;
    return this.#cache!.find(fromWords(lo, hi), frame * PAGE_SIZE + (lo & (PAGE_SIZE - 1)));
  }

  /**
   * Runs translations from an entry until they need the engine.
   * @returns whether to look for a translation at the new pc; else the instruction there is for the interpreter
   */
  private enter(entry: Entry, left: number): boolean {
    const state = this.#state;
    const { i32 } = this.#mmu.frames.memory;
    const slice = Math.min(left, Math.max(SLICE, entry.slack));
    const packed = this.#enter!(entry.target, slice);
    const translation = this.#cache!.bySlot(packed >>> 16);
    const number = packed & 0xffff;
    const exit = translation.exits[number];
    const retired = slice - i32[this.#budget] - exit.unretired;
    state.instret += retired;
    this.#statistics.retired += retired;
    this.#statistics.entered++;
    if (exit.kind !== ExitKind.Indirect) state.pc = exit.va;
    switch (exit.kind) {
      case ExitKind.Link:
        return this.link(translation, exit);
      case ExitKind.Indirect:
        return this.indirect(translation, exit);
      case ExitKind.Budget:
        // Inside an inlined call there is no entry to come back to.
        return retired > 0 || left < slice;
      case ExitKind.Interpret:
        this.interpretAccess(translation, number, exit);
        return false;
      case ExitKind.Stale:
        return this.validate(translation);
      case ExitKind.Rounding:
        this.unsuitableRounding(translation);
        return false;
    }
  }

  private link(from: Translation, { va, link, inside }: RegionExit): boolean {
    const entry = this.entryAtPc() ?? this.translateIfHot(va as VirtAddr, inside ? from : undefined);
    if (entry && link !== 0 && this.#cache!.has(from)) this.#cache!.connect(link, entry);
    return entry !== undefined;
  }

  private indirect(from: Translation, { va, inside }: RegionExit): boolean {
    const target = this.#state.pc;
    const frame = this.#mmu.execute.peek(va | 0, Math.floor(va / 0x1_0000_0000));
    if (frame >= 0) this.#profile.noteTarget(frame * PAGE_SIZE + (va % PAGE_SIZE), target);
    const entry = this.entryAtPc() ?? this.translateIfHot(target, inside ? from : undefined);
    if (entry) this.#cache!.cacheJump(entry);
    return entry !== undefined;
  }

  /** Translates where control often comes from a translation: as a part of it, if it is one. */
  private translateIfHot(va: VirtAddr, from: Translation | undefined): Entry | undefined {
    if (!this.#profile.arrive(va, FROM_TRANSLATION)) return undefined;
    this.translateHot(va, from);
    return this.entryAtPc();
  }

  /** Translates a hot place: with the translation that it belongs to, if that may be made again, or by itself. */
  private translateHot(va: VirtAddr, from: Translation | undefined): void {
    this.#profile.settle(va);
    const around = from ?? this.#cache!.around(va);
    if (around && this.mayChange(around) && this.grow(around, va, from === undefined)) return;
    // What is hot although it is in a translation is to be an entry.
    this.translate([va], 0, around !== undefined);
  }

  /** Whether a translation may be made again, which costs the more the larger it is. */
  private mayChange({ size, growth, madeAt }: Translation): boolean {
    return (size <= SMALL && growth < MAX_GROWTH) || this.#state.instret >= madeAt * PATIENCE;
  }

  /** Translates a region again with an address in it, or with an entry there. Returns whether it then is. */
  private grow({ heads, size, growth }: Translation, va: VirtAddr, asEntry: boolean): boolean {
    const { instructions, withSwitch } = this.#options.limits;
    const limit = size > instructions ? withSwitch : instructions;
    if (size > 0.8 * limit && !asEntry) return false;
    return this.translate([...heads, va], growth + 1, asEntry)?.starts.has(va) ?? false;
  }

  /** Before the interpreter takes over at an access: accesses that straddle pages must not be in groups. */
  private interpretAccess(translation: Translation, number: number, { va }: RegionExit): void {
    const group = translation.groupExits.get(number);
    if (!group) return;
    const start = this.#state.xLow(group.base) + group.low;
    const offset = start & (PAGE_SIZE - 1);
    if (offset + (group.end - group.low) <= PAGE_SIZE && (start & (group.align - 1)) === 0) return;
    const { straddles, size } = translation;
    straddles.set(va, (straddles.get(va) ?? 0) + 1);
    let sum = 0;
    for (const count of straddles.values()) sum += count;
    if (sum < MAX_STRADDLES * size) return;
    for (const [at, count] of straddles) if (count >= MAX_STRADDLES) this.#ungrouped.add(at);
    this.#cache!.drop(translation);
  }

  /** Brings the pages of a translation into the execute TLB. Returns whether it applies now. */
  private validate(translation: Translation): boolean {
    const mmu = this.#mmu;
    const applies = translation.pages.every(({ va, frame }) => executedFrame(mmu, va) === frame);
    if (applies) {
      for (const { va } of translation.pages) mmu.translate(va | 0, Math.floor(va / 0x1_0000_0000), Access.Execute);
      // Two pages may want the same entry of the TLB.
      if (
        translation.pages.every(({ va, frame }) => mmu.execute.peek(va | 0, Math.floor(va / 0x1_0000_0000)) === frame)
      )
        return true;
    }
    if (++translation.unsuitable >= MAX_UNSUITABLE) {
      this.#onePage.add(physicalHead(translation));
      this.#cache!.drop(translation);
    }
    return false;
  }

  private unsuitableRounding(translation: Translation): void {
    const FRM = 0xe0;
    if ((this.#state.fcsr & FRM) !== 0 || ++translation.unsuitable < MAX_UNSUITABLE) return;
    this.#noticing.add(physicalHead(translation));
    this.#cache!.drop(translation);
  }

  /** Drops what was translated from the page of an address, so that it is translated anew. */
  private forget(va: VirtAddr): void {
    this.#cache!.dropPage(va);
    const frame = executedFrame(this.#mmu, pageFloor(va));
    if (frame >= 0) this.#profile.drop(frame);
  }

  private dropProfile(frame: number): void {
    this.#profile.drop(frame);
    for (const physicals of [this.#onePage, this.#noticing])
      for (const physical of physicals) if (Math.floor(physical / PAGE_SIZE) === frame) physicals.delete(physical);
  }

  /**
   * Translates what is reachable from some addresses; older translations of which nothing is missing in it go.
   * @returns undefined where there is nothing that can be translated
   */
  private translate(heads: readonly VirtAddr[], growth: number, lastIsEntry = false): Translation | undefined {
    const cache = this.#cache!;
    const mmu = this.#mmu;
    const { eager, limits } = this.#options;
    const [va] = heads;
    this.#profile.readJumps();
    this.#profile.settle(va);
    const frame = executedFrame(mmu, pageFloor(va));
    if (frame < 0) return undefined;
    const physical = frame * PAGE_SIZE + (va % PAGE_SIZE);
    const existing: ExistingTranslations = {
      isHead: (at, where) => cache.isHead(at, where),
      isSettled: (at, where) => {
        const entry = cache.find(at, where);
        return entry !== undefined && !eager && !this.mayChange(entry.translation);
      },
    };
    const slot = cache.takeSlot();
    const NX = 1;
    const translated = translate(mmu.frames.memory.layout, {
      view: new GuestCode(mmu, this.#interpreter.code, this.#profile, this.#breakpoints, existing, eager),
      heads,
      lastIsEntry,
      limits: this.#onePage.has(physical) ? { ...limits, pages: 1 } : limits,
      growth,
      madeAt: this.#state.instret,
      slot,
      ungrouped: this.#ungrouped,
      inexactIsSet: (this.#state.fcsr & NX) !== 0 && !this.#noticing.has(physical),
      hostFuses: this.#options.hostFused && hostFuses(),
    });
    if (!translated) {
      cache.returnSlot(slot);
      return undefined;
    }
    cache.table.set(slot, this.instantiate(translated.module));
    cache.add(translated.translation);
    cache.dropCovered(translated.translation);
    this.#statistics.translated++;
    this.#statistics.size += translated.translation.size;
    return translated.translation;
  }
}

/** The physical address that a translation was made for. */
function physicalHead({ heads, pages }: Translation): number {
  return pages[0].frame * PAGE_SIZE + (heads[0] % PAGE_SIZE);
}
