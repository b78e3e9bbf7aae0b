import { placeOf } from '../../symbols/frame.ts';
import type { Frame, ReadMemory } from '../../symbols/frame.ts';
import { sizeOf } from '../../symbols/type.ts';
import type { Type } from '../../symbols/type.ts';
import type { StackFrame } from '../call-stack.ts';
import type { Image } from '../images.ts';
import { nameInFile } from '../names/file-names.ts';
import type { Atom } from './sums.ts';

interface Located {
  readonly name: string;
  readonly type: Type;
  readonly address: number | undefined;
  readonly register: number | undefined;
}

/** The objects that the code of a frame has names for. */
export class FrameObjects {
  readonly #at: StackFrame;
  readonly #images: readonly Image[];
  readonly #read: ReadMemory;
  readonly #known = new Map<number, Atom>();
  readonly #variables: readonly Located[];

  constructor(at: StackFrame, images: readonly Image[], read: ReadMemory) {
    this.#at = at;
    this.#images = images;
    this.#read = read;
    this.#variables = this.#locate(at.frame);
  }

  /** The variable, or text, that an address is in, its first byte. */
  at(address: number): Atom | undefined {
    const local = this.#variables.find(
      (one) => one.address !== undefined && one.address <= address && address < one.address + (sizeOf(one.type) ?? 1),
    );
    if (local) return this.#object(local.name, local.type, local.address!);
    const image = this.#images.find(({ start, end }) => start <= address && address < end);
    const name = image && nameInFile(image, address, this.#read);
    if (!name || name.kind === 'function' || name.kind === 'section') return undefined;
    if (name.kind === 'string') return this.#object(name.text.replace(/\[\d+\]$/, ''), undefined, name.start);
    return name.object && this.#object(name.object.name, name.object.type, name.start);
  }

  /** The object that begins exactly at an address. */
  beginningAt(address: number): Atom | undefined {
    const object = this.at(address);
    return object?.value === BigInt(address) ? object : undefined;
  }

  /** The variable that is in a register, where the frame is. */
  inRegister(register: number): { readonly name: string; readonly type: Type } | undefined {
    return this.#variables.find((one) => one.register === register);
  }

  /** The same elsewhere in the function of the innermost frame. */
  inRegistersAt(pc: number): (register: number) => { readonly name: string; readonly type: Type } | undefined {
    const found = this.#locate({ ...this.#at.frame, pc, isCaller: false });
    return (register) => found.find((one) => one.register === register);
  }

  #object(name: string, type: Type | undefined, start: number): Atom {
    let atom = this.#known.get(start);
    if (!atom) this.#known.set(start, (atom = { kind: 'object', text: name, type, value: BigInt(start) }));
    return atom;
  }

  #locate(frame: Frame): Located[] {
    const symbols = this.#at.image?.symbols;
    if (!symbols) return [];
    const place = placeOf(frame);
    const count = Math.max(1, symbols.activationsAt(place).length);
    const found: Located[] = [];
    for (let level = Math.min(this.#at.activation, count - 1); level < count; level++) {
      const { locals, arguments: parameters } = symbols.variablesAt(place, level);
      for (const variable of [...locals, ...parameters]) {
        const located = symbols.locate(variable, frame);
        if ('unavailable' in located) continue;
        const { address, register } = located.storage;
        found.push({ name: variable.name, type: located.type, address, register });
      }
    }
    return found;
  }
}
