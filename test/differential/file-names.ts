import assert from 'node:assert/strict';
import type { Process } from '../../src/linux/process.ts';
import type { Task } from '../../src/linux/task.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { DebugMoment } from '../../src/debug/expressions/debug-moment.ts';
import { ProgramNames } from '../../src/debug/expressions/program-names.ts';
import type { Image, ImageTable } from '../../src/program/images.ts';
import { err } from '../../src/result.ts';
import { parseElf, SegmentType } from '../../src/symbols/elf-file.ts';
import { innermostFrame, SymbolFile } from '../../src/symbols/symbol-file.ts';

export type FileMoment = DebugMoment;

/** Names of a program that has not been started: its globals have the values that the file gives them. */
export function fileNames(program: Uint8Array): { names: ProgramNames; moment: FileMoment } {
  const symbols = SymbolFile.load(program, 'guest');
  assert.ok(!('error' in symbols));
  const elf = parseElf(program);
  assert.ok(elf.ok);
  const read = (address: number, length: number): Uint8Array | undefined => {
    for (const segment of elf.elf.segments) {
      const from = address - segment.address;
      if (segment.type !== SegmentType.Load || from < 0 || from + length > segment.memorySize) continue;
      const bytes = new Uint8Array(length);
      bytes.set(
        program.subarray(segment.fileOffset + from, segment.fileOffset + Math.min(segment.fileSize, from + length)),
      );
      return bytes;
    }
    return undefined;
  };
  const main = symbols.functionNamed('main') ?? 0;
  const frame = innermostFrame(main, { x: [], f: [] }, read);
  const image: Image = { path: '/guest', bias: 0, start: 0, end: 2 ** 40, symbols };
  const images = { program: () => image, of: () => [image], at: () => image } as unknown as ImageTable;
  const task = { tid: 1, process: { pid: 1 } as Process } as Task;
  const at = { task, frame, calls: 0, activation: 0, image };
  const moment: FileMoment = {
    frame,
    at,
    machine: {} as Machine,
    circumstances: {},
    person: () => undefined,
    store: () => err('A file cannot be written'),
  };
  return { names: new ProgramNames(at, images), moment };
}
