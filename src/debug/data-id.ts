import { toHex } from '../memory/address.ts';
import type { WatchedForm, WatchTarget } from './watch-target.ts';

/** Which processes a breakpoint stops: any, or the one that was looked at when it was made. */
export type BreakpointMode = 'any' | 'this';

/** What a client keeps of a data breakpoint, also between sessions: everything that makes it. */
export interface WatchedData {
  readonly target: WatchTarget;
  readonly mode: BreakpointMode;
}

const PATTERN =
  /^(memory|pte|refcount) p([0-9]{1,9}):(0x[0-9a-f]{1,12})\+([0-9]{1,4}) (any|this) (signed|unsigned|float|pointer|bytes) (\S+) (\S+) (.*)$/;

/** `memory p1:0x12010+4 any signed /program - counter` */
export function formatDataId({ target, mode }: WatchedData): string {
  const at = `p${target.pid}:${toHex(target.address)}`;
  switch (target.kind) {
    case 'pte':
      return `pte ${at}+${target.level} ${mode} bytes - - `;
    case 'refcount':
      return `refcount ${at}+0 ${mode} bytes - - `;
    case 'memory': {
      const { size, form, label, program, frame } = target;
      const activation = frame ? `${frame.tid}:${frame.sp}:${frame.returnAddress}` : '-';
      return `memory ${at}+${size} ${mode} ${form} ${encodeURIComponent(program ?? '-')} ${activation} ${label}`;
    }
  }
}

export function parseDataId(text: string): WatchedData | undefined {
  const [, kind, pidText, addressText, number, mode, form, program, activation, label] = PATTERN.exec(text) ?? [];
  if (kind === undefined) return undefined;
  const [pid, address, size] = [Number(pidText), Number(addressText), Number(number)];
  return { target: targetOf(), mode: mode as BreakpointMode };

  function targetOf(): WatchTarget {
    if (kind === 'pte') return { kind, pid, address, level: size };
    if (kind === 'refcount') return { kind, pid, address };
    const [, tid, sp, returnAddress] = /^(\d+):(\d+):(\d+)$/.exec(activation) ?? [];
    return {
      kind: 'memory',
      pid,
      address,
      size,
      form: form as WatchedForm,
      label,
      ...(program === '-' ? {} : { program: decoded(program) }),
      ...(tid === undefined
        ? {}
        : { frame: { tid: Number(tid), sp: Number(sp), returnAddress: Number(returnAddress) } }),
    };
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // What a client made up names no program.
    return text;
  }
}
