import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Exit, Resume } from '../../src/cpu/engine.ts';
import { virtAddr } from '../../src/memory/address.ts';
import { FrameUse } from '../../src/memory/frames.ts';
import { Access } from '../../src/memory/mmu.ts';
import { Pte } from '../../src/memory/pte.ts';
import { ALL, BareMachine, READ_EXECUTE, READ_WRITE } from '../bare-machine.ts';

const CODE = 0x10000;
const DATA = 0x20000;

const ADDI = (rd: number, rs1: number, imm: number): number => 0x13 | (rd << 7) | (rs1 << 15) | (imm << 20);
const LOAD = (funct3: number, rd: number, rs1: number, imm: number): number =>
  0x03 | (rd << 7) | (funct3 << 12) | (rs1 << 15) | (imm << 20);
const STORE = (funct3: number, rs2: number, rs1: number, imm: number): number =>
  0x23 | ((imm & 31) << 7) | (funct3 << 12) | (rs1 << 15) | (rs2 << 20) | ((imm >> 5) << 25);
const JAL = (rd: number, offset: number): number =>
  0x6f |
  (rd << 7) |
  (offset & 0xff000) |
  (((offset >> 11) & 1) << 20) |
  (((offset >> 1) & 0x3ff) << 21) |
  ((offset >> 31) << 31);
const JALR = (rd: number, rs1: number, imm: number): number => 0x67 | (rd << 7) | (rs1 << 15) | (imm << 20);
const AMO = (funct5: number, funct3: number, rd: number, rs2: number, rs1: number): number =>
  0x2f | (rd << 7) | (funct3 << 12) | (rs1 << 15) | (rs2 << 20) | (funct5 << 27);
const CSRRS = (rd: number, csr: number, rs1: number): number =>
  0x73 | (rd << 7) | (2 << 12) | (rs1 << 15) | (csr << 20);
const ECALL = 0x73;
const EBREAK = 0x0010_0073;
const LW = 2;
const LD = 3;
const SB = 0;
const SW = 2;
const SD = 3;

function run(machine: BareMachine, budget = 1000): Exit {
  return machine.engine.run(budget, Resume.Normal);
}

describe('budget', () => {
  test('exactly the budget retires, and instret counts it', () => {
    const machine = new BareMachine();
    machine.program(CODE, ADDI(5, 5, 1), JAL(0, -4));
    assert.equal(run(machine, 7), Exit.Budget);
    assert.equal(machine.state.instret, 7);
    assert.equal(machine.state.x(5), 4n);
    assert.equal(machine.state.pc, CODE + 4);
    assert.equal(run(machine, 0), Exit.Budget);
    assert.equal(run(machine, 1), Exit.Budget);
    assert.equal(machine.state.instret, 8);
    assert.equal(machine.state.pc, CODE);
  });

  test('running in steps of one is the same as running at once', () => {
    const whole = new BareMachine();
    const steps = new BareMachine();
    const code = [ADDI(5, 0, 3), ADDI(6, 6, 5), ADDI(5, 5, -1), 0xfe029ce3, ECALL];
    whole.program(CODE, ...code);
    steps.program(CODE, ...code);
    assert.equal(run(whole), Exit.Ecall);
    let exit: Exit;
    do exit = run(steps, 1);
    while (exit === Exit.Budget);
    assert.equal(exit, Exit.Ecall);
    assert.deepEqual(steps.state.save(), whole.state.save());
    assert.equal(steps.state.instret, whole.state.instret);
    assert.equal(steps.state.instret, 10);
  });
});

describe('leaving', () => {
  test('ecall and ebreak leave at themselves without retiring', () => {
    const machine = new BareMachine();
    machine.program(CODE, ADDI(5, 0, 1), ECALL, EBREAK);
    assert.equal(run(machine), Exit.Ecall);
    assert.equal(machine.state.pc, CODE + 4);
    assert.equal(machine.state.instret, 1);
    machine.state.pc = virtAddr(CODE + 8);
    assert.equal(run(machine), Exit.Ebreak);
    assert.equal(machine.state.pc, CODE + 8);
  });

  const illegal: [string, number][] = [
    ['the all-zero encoding', 0],
    ['a reserved major opcode', 0x0000_006b],
    ['fadd.s with static rounding mode 5', 0x0000_5053],
    ['fcvt.d.w with reserved mode 6', 0xd200_6053],
    ['a write to the cycle counter', 0xc000_1073],
    ['a machine-mode CSR', CSRRS(5, 0x300, 0)],
    ['mret', 0x3020_0073],
  ];
  for (const [name, word] of illegal) {
    test(`${name} is illegal`, () => {
      const machine = new BareMachine();
      machine.program(CODE, word);
      assert.equal(run(machine), Exit.IllegalInstruction);
      assert.equal(machine.state.pc, CODE);
      assert.equal(machine.state.instret, 0);
    });
  }

  test('a dynamic rounding mode is illegal exactly while frm is reserved', () => {
    const machine = new BareMachine();
    machine.program(CODE, 0x0000_7053);
    machine.state.fcsr = 5 << 5;
    assert.equal(run(machine, 1), Exit.IllegalInstruction);
    machine.state.fcsr = 4 << 5;
    assert.equal(run(machine, 1), Exit.Budget);
  });
});

describe('counters', () => {
  test('cycle and instret read the instructions before, time the clock', () => {
    const machine = new BareMachine();
    machine.state.instret = 0x1_0000_0000;
    machine.engine.time = () => 12345678901;
    machine.program(CODE, ADDI(0, 0, 0), CSRRS(5, 0xc00, 0), CSRRS(6, 0xc01, 0), CSRRS(7, 0xc02, 0));
    run(machine, 4);
    assert.equal(machine.state.x(5), 0x1_0000_0001n);
    assert.equal(machine.state.x(6), 12345678901n);
    assert.equal(machine.state.x(7), 0x1_0000_0003n);
  });
});

describe('page faults', () => {
  test('a load from nowhere leaves before the load, which runs again once the page is there', () => {
    const machine = new BareMachine();
    machine.program(CODE, ADDI(5, 0, 7), LOAD(LW, 5, 6, 4), ECALL);
    machine.state.setXNumber(6, DATA);
    assert.equal(run(machine), Exit.PageFault);
    assert.equal(machine.engine.faultAccess, Access.Read);
    assert.equal(machine.state.faultVa, DATA + 4);
    assert.equal(machine.state.pc, CODE + 4);
    assert.equal(machine.state.x(5), 7n);
    assert.equal(machine.state.instret, 1);
    machine.map(DATA, READ_WRITE);
    machine.write(DATA + 4, Uint8Array.of(1, 2, 3, 0x84));
    assert.equal(run(machine), Exit.Ecall);
    assert.equal(machine.state.x(5), 0xffff_ffff_8403_0201n);
    assert.equal(machine.state.instret, 2);
  });

  test('an address outside the user half faults with all of its bits', () => {
    const machine = new BareMachine();
    machine.program(CODE, LOAD(LD, 5, 6, -8));
    machine.state.setX(6, 0xdead_beef_0000_0000n);
    assert.equal(run(machine), Exit.PageFault);
    assert.equal(machine.state.faultAddress, 0xdead_beee_ffff_fff8n);
  });

  test('a store to a read-only page is refused and writes nothing', () => {
    const machine = new BareMachine();
    machine.map(DATA, Pte.R);
    machine.program(CODE, LOAD(LW, 5, 6, 0), STORE(SW, 5, 6, 0));
    machine.state.setXNumber(6, DATA);
    assert.equal(run(machine), Exit.PageFault);
    assert.equal(machine.engine.faultAccess, Access.Write);
    assert.equal(machine.state.pc, CODE + 4);
  });

  test('a jump to a page that may not be executed retires, and faults at its target', () => {
    const machine = new BareMachine();
    machine.map(DATA, READ_WRITE);
    machine.program(CODE, JALR(1, 6, 0x20));
    machine.state.setXNumber(6, DATA);
    assert.equal(run(machine), Exit.PageFault);
    assert.equal(machine.engine.faultAccess, Access.Execute);
    assert.equal(machine.state.faultVa, DATA + 0x20);
    assert.equal(machine.state.pc, DATA + 0x20);
    assert.equal(machine.state.instret, 1);
    assert.equal(machine.state.x(1), BigInt(CODE + 4));
  });

  test('falling off the end of a page faults at the next', () => {
    const machine = new BareMachine();
    machine.program(CODE + 0xffc, ADDI(5, 0, 1));
    assert.equal(run(machine), Exit.PageFault);
    assert.equal(machine.state.faultVa, CODE + 0x1000);
    assert.equal(machine.state.pc, CODE + 0x1000);
    assert.equal(machine.state.instret, 1);
  });
});

describe('misaligned accesses', () => {
  /** Two data pages whose frames are not neighbours. */
  function twoPages(second: number): BareMachine {
    const machine = new BareMachine();
    machine.map(DATA, READ_WRITE);
    machine.frames.allocate(FrameUse.Private);
    if (second !== 0) machine.map(DATA + 0x1000, second);
    machine.state.setXNumber(6, DATA + 0x1000);
    return machine;
  }

  for (let offset = -7; offset < 0; offset++) {
    test(`a doubleword at ${offset} from a page boundary is stored and loaded whole`, () => {
      const machine = twoPages(READ_WRITE);
      machine.program(CODE, STORE(SD, 5, 6, offset), LOAD(LD, 7, 6, offset), ECALL);
      machine.state.setX(5, 0x1122_3344_5566_7788n);
      assert.equal(run(machine), Exit.Ecall);
      assert.equal(machine.state.x(7), 0x1122_3344_5566_7788n);
      assert.equal(machine.bytes(DATA + 0x1000 + offset)[0], 0x88);
      assert.equal(machine.bytes(DATA + 0x1000)[7 + offset], 0x11);
    });
  }

  for (const [name, second] of [
    ['missing', 0],
    ['read-only', Pte.R],
  ] as const) {
    test(`a store into a ${name} second page writes nothing and names that page`, () => {
      const machine = twoPages(second);
      machine.program(CODE, STORE(SD, 5, 6, -4));
      machine.state.setX(5, -1n);
      assert.equal(run(machine), Exit.PageFault);
      assert.equal(machine.state.faultVa, DATA + 0x1000);
      assert.equal(machine.engine.faultAccess, Access.Write);
      assert.deepEqual([...machine.bytes(DATA + 0xffc)], [0, 0, 0, 0]);
    });
  }

  test('a misaligned atomic leaves with its address', () => {
    const machine = twoPages(READ_WRITE);
    machine.program(CODE, AMO(0, 3, 5, 7, 6));
    machine.state.setXNumber(6, DATA + 4);
    assert.equal(run(machine), Exit.Misaligned);
    assert.equal(machine.state.faultVa, DATA + 4);
    assert.equal(machine.state.pc, CODE);
  });
});

describe('load-reserved and store-conditional', () => {
  const LR = AMO(2, 2, 5, 0, 6);
  const SC = AMO(3, 2, 7, 8, 6);

  function withReservation(): BareMachine {
    const machine = new BareMachine();
    machine.map(DATA, READ_WRITE);
    machine.program(CODE, LR, SC, SC, ECALL);
    machine.state.setXNumber(6, DATA);
    machine.state.setXNumber(8, 42);
    return machine;
  }

  test('sc succeeds once after lr', () => {
    const machine = withReservation();
    run(machine, 2);
    assert.equal(machine.state.x(7), 0n);
    assert.equal(machine.bytes(DATA)[0], 42);
    run(machine, 1);
    assert.equal(machine.state.x(7), 1n);
  });

  test('a context switch ends the reservation', () => {
    const machine = withReservation();
    run(machine, 1);
    machine.state.restore(machine.state.save());
    run(machine, 1);
    assert.equal(machine.state.x(7), 1n);
    assert.equal(machine.bytes(DATA)[0], 0);
  });

  test('a page copied in between ends the reservation', () => {
    const machine = withReservation();
    run(machine, 1);
    machine.map(DATA, READ_WRITE);
    run(machine, 1);
    assert.equal(machine.state.x(7), 1n);
  });
});

describe('breakpoints', () => {
  test('stop before the instruction, and let it pass when told so', () => {
    const machine = new BareMachine();
    machine.program(CODE, ADDI(5, 5, 1), ADDI(5, 5, 1), JAL(0, -8));
    run(machine, 3);
    machine.engine.setBreakpoints(new Set([virtAddr(CODE + 4)]));
    assert.equal(run(machine), Exit.Breakpoint);
    assert.equal(machine.state.pc, CODE + 4);
    assert.equal(machine.state.instret, 4);
    assert.equal(run(machine), Exit.Breakpoint);
    assert.equal(machine.state.instret, 4);
    assert.equal(machine.engine.run(1000, Resume.PastBreakpoint), Exit.Breakpoint);
    assert.equal(machine.state.instret, 7);
    assert.equal(machine.state.x(5), 5n);
    machine.engine.setBreakpoints(new Set());
    assert.equal(run(machine, 10), Exit.Budget);
  });

  test('one on a compressed instruction does not hide its neighbour', () => {
    const machine = new BareMachine();
    // c.addi x5, 1; c.addi x5, 2
    machine.program(CODE, 0x0289_0285, ECALL);
    machine.engine.setBreakpoints(new Set([virtAddr(CODE + 2)]));
    assert.equal(run(machine), Exit.Breakpoint);
    assert.equal(machine.state.pc, CODE + 2);
    assert.equal(machine.engine.run(10, Resume.PastBreakpoint), Exit.Ecall);
    assert.equal(machine.state.x(5), 3n);
  });

  test('hold for one address, not for other mappings of its frame', () => {
    const machine = new BareMachine();
    machine.program(CODE, ADDI(5, 5, 1), ECALL);
    const alias = 0x30000;
    machine.map(alias, READ_EXECUTE, machine.mmu.translate(CODE, 0, Access.Execute) as never);
    machine.engine.setBreakpoints(new Set([virtAddr(CODE)]));
    machine.state.pc = virtAddr(alias);
    assert.equal(run(machine), Exit.Ecall);
    assert.equal(machine.state.x(5), 1n);
    machine.state.pc = virtAddr(CODE);
    assert.equal(run(machine), Exit.Breakpoint);
  });
});

describe('instructions across a page boundary', () => {
  test('execute, and fault at the second page', () => {
    const machine = new BareMachine();
    machine.map(CODE, READ_EXECUTE);
    machine.write(CODE + 0xffe, Uint8Array.of(0x93, 0x02));
    machine.state.pc = virtAddr(CODE + 0xffe);
    assert.equal(run(machine), Exit.PageFault);
    assert.equal(machine.state.pc, CODE + 0xffe);
    assert.equal(machine.state.faultVa, CODE + 0x1000);
    machine.frames.allocate(FrameUse.Private);
    machine.map(CODE + 0x1000, READ_EXECUTE);
    machine.write(CODE + 0x1000, Uint8Array.of(0x70, 0x00, 0x73, 0, 0, 0));
    assert.equal(run(machine), Exit.Ecall);
    assert.equal(machine.state.pc, CODE + 0x1002);
    assert.equal(machine.state.x(5), 7n);
  });
});

describe('self-modifying code', () => {
  test('a store is seen by the next instruction, without fence.i', () => {
    const machine = new BareMachine();
    machine.map(CODE, ALL);
    // The store replaces the instruction after it, in the page being executed.
    machine.program(CODE, ADDI(7, 7, 1), STORE(SW, 5, 6, 8), ADDI(7, 7, 100), ECALL);
    run(machine, 4);
    machine.state.pc = virtAddr(CODE);
    machine.state.setX(7, 0n);
    machine.state.setXNumber(6, CODE);
    machine.state.setXNumber(5, ADDI(7, 7, 10));
    assert.equal(run(machine), Exit.Ecall);
    assert.equal(machine.state.x(7), 11n);
  });

  test('a store through another mapping of the frame is seen, again and again', () => {
    const machine = new BareMachine();
    const frame = machine.map(CODE, READ_EXECUTE);
    machine.map(DATA, READ_WRITE, frame);
    machine.program(CODE, STORE(SB, 5, 6, 11), ADDI(0, 0, 0), ADDI(7, 7, 0), ADDI(5, 5, 16), JAL(0, -16));
    machine.state.setXNumber(6, DATA);
    // Each round the immediate's high byte grows by 1: addi x7, x7, 0, then 256, then 512.
    run(machine, 15);
    assert.equal(machine.state.x(7), 768n);
  });

  test('code written from outside is seen, and a recycled frame starts afresh', () => {
    const machine = new BareMachine();
    machine.program(CODE, ADDI(5, 0, 1), ECALL);
    assert.equal(run(machine), Exit.Ecall);
    machine.program(CODE, ADDI(5, 0, 2), ECALL);
    assert.equal(run(machine), Exit.Ecall);
    assert.equal(machine.state.x(5), 2n);
    machine.frames.release(machine.mmu.translate(CODE, 0, Access.Execute) as never);
    machine.map(CODE, READ_EXECUTE);
    machine.state.pc = virtAddr(CODE);
    assert.equal(run(machine), Exit.IllegalInstruction);
  });
});

describe('pc', () => {
  test('jumps carry into and out of the high word', () => {
    const machine = new BareMachine();
    const boundary = 0x1_0000_0000;
    machine.map(boundary - 0x1000, READ_EXECUTE);
    machine.map(boundary, READ_EXECUTE);
    machine.write(boundary - 4, new Uint8Array(Uint32Array.of(JAL(1, 8)).buffer));
    machine.write(boundary + 4, new Uint8Array(Uint32Array.of(JAL(2, -12), ECALL).buffer));
    machine.write(boundary - 8, new Uint8Array(Uint32Array.of(JALR(3, 1, 8)).buffer));
    machine.state.pc = virtAddr(boundary - 4);
    assert.equal(run(machine), Exit.Ecall);
    assert.equal(machine.state.pc, boundary + 8);
    assert.equal(machine.state.x(1), BigInt(boundary));
    assert.equal(machine.state.x(2), BigInt(boundary + 8));
    assert.equal(machine.state.x(3), BigInt(boundary - 4));
    assert.equal(machine.state.instret, 3);
  });

  test('a jump that clears the low bit of its target is taken to the even address', () => {
    const machine = new BareMachine();
    machine.program(CODE, JALR(0, 6, 1), 0, ECALL);
    machine.state.setXNumber(6, CODE + 8);
    assert.equal(run(machine), Exit.Ecall);
    assert.equal(machine.state.pc, CODE + 8);
  });
});
