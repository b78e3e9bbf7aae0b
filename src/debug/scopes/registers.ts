import type { Machine } from '../../machine/machine.ts';
import { toHex } from '../../memory/address.ts';
import { F_NAMES, X_NAMES } from '../../riscv/registers.ts';
import type { Result } from '../../result.ts';
import { describeAddress } from '../../program/address-text.ts';
import type { StackFrame } from '../../program/call-stack.ts';
import { memoryReference } from '../memory-reference.ts';
import { sliced, type Container, type Row } from '../variable-store.ts';
import type { ValueScope } from './symbol-values.ts';

/** pc and the integer registers of a frame, and the floating-point ones below an entry of their own. */
export function registerScope({ machine, assign }: ValueScope, at: StackFrame): Container {
  const set = (name: string, text: string): Result<void, string> => assign(at, `$${name}`, text);
  const floatGroup: Row = {
    name: 'floating point',
    value: 'f0 to f31 and fcsr',
    presentationHint: { kind: 'virtual', attributes: ['readOnly'] },
    parts: { children: (slice) => sliced(floats(machine, at), slice), set },
  };
  return { children: (slice) => sliced([...integers(at), floatGroup], slice), set };
}

function integers(at: StackFrame): Row[] {
  const { pc, registers } = at.frame;
  const pid = at.task.process.pid;
  const variable = (name: string, value: bigint | undefined): Row => ({
    name,
    value: value === undefined ? '<not saved>' : describeAddress(at.image, value),
    type: 'unsigned long',
    evaluateName: `$${name}`,
    ...(value === undefined ? {} : { memoryReference: memoryReference(pid, value) }),
    ...(at.level > 0 ? { presentationHint: { attributes: ['readOnly'] } } : {}),
  });
  return [variable('pc', BigInt(pc)), ...X_NAMES.slice(1).map((name, index) => variable(name, registers.x[index + 1]))];
}

function floats(machine: Machine, at: StackFrame): Row[] {
  const variables = F_NAMES.map((name, index): Row => {
    const bits = at.frame.registers.f[index];
    return {
      name,
      value: bits === undefined ? '<not saved>' : floatText(bits),
      evaluateName: `$${name}`,
    };
  });
  if (at.level === 0)
    variables.push({
      name: 'fcsr',
      value: toHex(machine.registers(at.task).fcsr),
      evaluateName: '$fcsr',
    });
  return variables;
}

const BOX = 0xffff_ffffn << 32n;

/** The raw bits and the number they stand for: a NaN-boxed value is a single (unprivileged manual, "NaN Boxing"). */
export function floatText(bits: bigint): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits, true);
  const isSingle = (bits & BOX) === BOX;
  const value = isSingle ? view.getFloat32(0, true) : view.getFloat64(0, true);
  return `${toHex(bits)} (${isSingle ? 'float ' : ''}${Object.is(value, -0) ? '-0' : value})`;
}
