import type { Gate } from './gate.ts';

/** A gate that its provider opens, once. */
export class ClosedGate implements Gate {
  #isOpen = false;
  readonly #waiting: (() => void)[] = [];
  readonly #reason: string;

  constructor(reason: string) {
    this.#reason = reason;
  }

  get state(): 'open' | 'closed' {
    return this.#isOpen ? 'open' : 'closed';
  }

  get reason(): string {
    return this.#isOpen ? '' : this.#reason;
  }

  whenOpen(then: () => void): void {
    if (this.#isOpen) then();
    else this.#waiting.push(then);
  }

  open(): void {
    if (this.#isOpen) throw new Error('a gate was opened twice');
    this.#isOpen = true;
    for (const then of this.#waiting.splice(0)) then();
  }
}
