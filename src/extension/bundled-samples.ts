import { realpathSync } from 'node:fs';
import * as path from 'node:path';
import type * as vscode from 'vscode';

/** The compilation directory in the debug information of the bundled samples. */
const COMPILED_IN = '/pagewalk/samples';

/** The sample guests that come with the extension, each a folder with a program and its source. */
export class BundledSamples {
  readonly #folder: string;

  constructor(extension: vscode.Uri) {
    // The real path: breakpoints in a source opened by that path must be those of the sample's source.
    this.#folder = path.join(realpathSync(extension.fsPath), 'samples');
  }

  /** The sample of the first F5. */
  get first(): string {
    return path.join(this.#folder, 'fork-cow', 'fork-cow');
  }

  /** The source of {@link first}. */
  get firstSource(): string {
    return `${this.first}.c`;
  }

  /** Whether the program is one of the samples. */
  includes(program: string): boolean {
    const relative = path.relative(this.#folder, program);
    return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
  }

  /** Leads from the debug information of a sample to its source. */
  sourceMap(): Record<string, string> {
    return { [COMPILED_IN]: this.#folder };
  }
}
