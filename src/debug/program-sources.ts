import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';
import type { CallStack } from '../program/call-stack.ts';
import { sourceFilesOf, type Image, type ImageTable } from '../program/images.ts';
import { SourceAge } from '../program/source-age.ts';
import { baseName, SourceMap } from '../program/source-map.ts';
import { MOST_FRAMES_SEARCHED } from './event-conditions.ts';
import type { DebugHost } from './debug-host.ts';
import type { LaunchConfig } from './launch.ts';
import { whyNoSource } from './listing.ts';
import type { MyCode } from './my-code.ts';

interface Parts {
  readonly config: LaunchConfig;
  readonly host: DebugHost;
  readonly machine: Machine;
  readonly images: ImageTable;
  /** Says a sentence that has not been said yet. */
  readonly tellOnce: (sentence: string) => void;
}

/** The sources of the debug information: where the client finds them, what is in them, and whether they are the ones. */
export class ProgramSources {
  readonly map: SourceMap;
  readonly #parts: Parts;
  readonly #age: SourceAge;

  constructor(parts: Parts) {
    const { config, host, machine } = parts;
    this.#parts = parts;
    this.map = new SourceMap(config.sourceMap, (path) => host.realPath(path));
    this.#age = new SourceAge(this.map, {
      ofSource: (path) => host.modified(path),
      ofImage: ({ path }) =>
        path === machine.options.program ? host.modified(config.program) : modified(machine, path),
    });
  }

  /** A source of the debug information as the client may open it. */
  shown(file: string): DebugProtocol.Source {
    const path = this.map.toClient(file);
    return {
      name: baseName(path),
      path,
      ...(this.#parts.host.exists(path)
        ? {}
        : { presentationHint: 'deemphasize' as const, origin: 'not on this computer' }),
    };
  }

  /** The bytes of a source of the debug information. An error is a sentence. */
  read(file: string): ReturnType<DebugHost['readFile']> {
    return this.#parts.host.readFile(this.map.toHost(file));
  }

  /** Says once of a source that it is newer than the image whose lines are shown in it. */
  advise(image: Image, file: string): void {
    const advice = this.#age.advice(image, file);
    if (advice !== undefined) this.#parts.tellOnce(advice);
  }

  /** The same, of a source that breakpoints are set in. */
  adviseOnBreakpoints(path: string): void {
    for (const image of this.#parts.images.all())
      for (const file of this.map.matching(path, sourceFilesOf(image))) this.advise(image, file);
  }

  /** Says of the program that none of its source can be shown, if it is so. */
  adviseOnProgram(process: Process): void {
    const image = this.#parts.images.program(process);
    if (image?.symbols && sourceFilesOf(image).length === 0)
      this.#parts.tellOnce(`${baseName(image.path)} has no line table: compile it with -g to see its source.`);
  }

  /** Why nothing of a call stack can be shown in a source; `undefined` where a frame can. */
  missing(stack: CallStack, mine: MyCode): string | undefined {
    for (let level = 0; level < MOST_FRAMES_SEARCHED; level++) {
      const frame = stack.at(level);
      if (!frame) break;
      if (!mine.isSubtle(frame) && this.#parts.host.exists(this.map.toHost(frame.line!.file))) return undefined;
    }
    const top = stack.at(0)!;
    const isHere = top.line !== undefined && this.#parts.host.exists(this.map.toHost(top.line.file));
    return whyNoSource(top, top.task.process, isHere);
  }
}

/** When a file that the guest sees was last changed. */
function modified(machine: Machine, path: string): number | undefined {
  const stat = machine.options.host.files.stat(path);
  return stat.ok ? stat.value.mtimeMs : undefined;
}
