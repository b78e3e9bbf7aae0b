import type { Process } from '../../linux/process.ts';
import { toHex } from '../../memory/address.ts';
import { fromBase64 } from '../base64.ts';
import type { Arguments } from '../arguments.ts';
import type { Debuggee } from '../debuggee.ts';
import { disassembleRange } from '../disassembly-view.ts';
import { writeGuest } from '../guest-write.ts';
import { typedAddress } from '../expressions/typed-address.ts';
import { LONGEST_READ, readMemory } from '../memory-view.ts';
import { Refusal } from '../refusal.ts';
import type { RequestTable } from './request-table.ts';

/** Memory and disassembly at any address. */
export const MEMORY: RequestTable = {
  readMemory(state, args) {
    const debuggee = state.stopped();
    const { process, address } = placeOf(debuggee, args, 'memoryReference');
    const offset = args.optionalInteger('offset') ?? 0;
    const count = args.count('count');
    if (count > LONGEST_READ) throw new Refusal(`${count} bytes are more than can be read at once (${LONGEST_READ}).`);
    debuggee.reporter.watch(args.text('memoryReference'), offset, count);
    return { body: readMemory(debuggee.machine, process, address, count) };
  },

  writeMemory(state, args) {
    const debuggee = state.stopped();
    const { process, address } = placeOf(debuggee, args, 'memoryReference');
    const given = fromBase64(args.text('data'));
    if (!given) throw new Refusal('The request is malformed: "data" must be base64.');
    const at = Number(address);
    const mapped = debuggee.machine.read(
      process,
      at as Parameters<typeof debuggee.machine.read>[1],
      given.length,
    ).length;
    const bytes = args.flag('allowPartial') ? given.subarray(0, mapped) : given;
    const written = writeGuest(debuggee.machine, process, at, bytes, debuggee.values);
    if (!written.ok) throw new Refusal(written.error);
    return { body: { offset: 0, bytesWritten: bytes.length }, after: debuggee.changed() };
  },

  disassemble(state, args) {
    const debuggee = state.stopped();
    const { process, address } = placeOf(debuggee, args, 'memoryReference');
    const count = args.count('instructionCount');
    const skip = args.optionalInteger('instructionOffset') ?? 0;
    if (count > MOST_INSTRUCTIONS || Math.abs(skip) > MOST_INSTRUCTIONS)
      throw new Refusal(`${count} instructions are more than can be disassembled at once (${MOST_INSTRUCTIONS}).`);
    const { machine, images } = debuggee;
    const place = { machine, images, process, source: (file: string) => debuggee.sources.shown(file) };
    const rows = disassembleRange(place, address, skip, count);
    const { client } = state;
    return {
      body: {
        instructions: rows.map((row) => (row.line === undefined ? row : { ...row, line: client.lineOut(row.line) })),
      },
    };
  },
};

const MOST_INSTRUCTIONS = 100_000;

/** The process and address that a memory reference and an offset name. */
function placeOf(debuggee: Debuggee, args: Arguments, field: string): { process: Process; address: bigint } {
  const typed = typedAddress(debuggee, debuggee.frame, args.text(field));
  if (!typed.ok) throw new Refusal(typed.error);
  const { process, address } = typed.value;
  if (!process.space) throw new Refusal(`Process ${process.pid} has ended: ${toHex(address)} cannot be read.`);
  return { process, address: address + BigInt(args.optionalInteger('offset') ?? 0) };
}
