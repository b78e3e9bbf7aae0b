import { Refusal } from './refusal.ts';

/** The arguments of a request, which may be anything: what a handler needs is checked when it is taken. */
export class Arguments {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(given: unknown) {
    this.#fields = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  }

  /** All of them, for a request whose every field is optional or checked elsewhere. */
  get all(): Readonly<Record<string, unknown>> {
    return this.#fields;
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#refuse(name, 'a string');
  }

  optionalText(name: string): string | undefined {
    const value = this.#fields[name];
    return value === undefined || value === null || typeof value === 'string'
      ? (value ?? undefined)
      : this.#refuse(name, 'a string');
  }

  integer(name: string): number {
    return this.optionalInteger(name) ?? this.#refuse(name, 'an integer');
  }

  optionalInteger(name: string): number | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    return Number.isSafeInteger(value) ? (value as number) : this.#refuse(name, 'an integer');
  }

  /** A count: an integer that is not negative. */
  count(name: string): number {
    const value = this.integer(name);
    return value >= 0 ? value : this.#refuse(name, 'an integer that is not negative');
  }

  /** An address as hex text, `0x10000`. */
  optionalAddress(name: string): number | undefined {
    const text = this.optionalText(name);
    if (text === undefined) return undefined;
    return /^0x[0-9a-f]{1,12}$/i.test(text) ? Number(text) : this.#refuse(name, 'an address such as 0x10000');
  }

  flag(name: string): boolean {
    return this.#fields[name] === true;
  }

  /** Absent where the field is absent. */
  object(name: string): Arguments {
    const value = this.#fields[name];
    return value === undefined || (typeof value === 'object' && value !== null)
      ? new Arguments(value)
      : this.#refuse(name, 'an object');
  }

  /** Empty where the field is absent. */
  list(name: string): Arguments[] {
    const value = this.#fields[name];
    if (value === undefined || value === null) return [];
    return Array.isArray(value) ? value.map((item) => new Arguments(item)) : this.#refuse(name, 'an array');
  }

  integers(name: string): number[] {
    const value = this.#fields[name];
    if (value === undefined || value === null) return [];
    const isList = Array.isArray(value) && value.every((item) => Number.isSafeInteger(item));
    return isList ? (value as number[]) : this.#refuse(name, 'an array of integers');
  }

  texts(name: string): string[] {
    const value = this.#fields[name];
    if (value === undefined || value === null) return [];
    const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
    return isList ? value : this.#refuse(name, 'an array of strings');
  }

  #refuse(name: string, what: string): never {
    throw new Refusal(`The request is malformed: "${name}" must be ${what}.`);
  }
}
