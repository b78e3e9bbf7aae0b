interface Rule {
  readonly stop?: boolean;
  readonly print?: boolean;
}

/** What the user has said of single signals, by their names: it comes before what the event filters say. */
export class SignalRules {
  readonly #rules = new Map<string, Rule>();

  change(name: string, rule: Rule): void {
    this.#rules.set(name, { ...this.#rules.get(name), ...rule });
  }

  /** Whether a signal is to stop the program; `undefined` where nothing was said. */
  stops(name: string): boolean | undefined {
    return this.#rules.get(name)?.stop;
  }

  /** Whether a signal that does not stop the program is to be told. */
  prints(name: string): boolean {
    return this.#rules.get(name)?.print === true;
  }
}
