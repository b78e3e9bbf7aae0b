import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Exit, Resume } from '../../src/cpu/engine.ts';
import { TranslatorEngine } from '../../src/cpu/translator/translator-engine.ts';
import { PAGE_SIZE, virtAddr } from '../../src/memory/address.ts';
import { ALL, BareMachine } from '../bare-machine.ts';
import { EAGER } from './lockstep.ts';

/** Code that executes once, and leaves for the interpreter often: all of it is to be translated, but not many times. */
const PIECEWISE = { ...EAGER, limits: { ...EAGER.limits, instructions: 24 } };

/*
 * Programs that are one flat image: code, and memory that they write to stdout at the end. Each runs on qemu-riscv64 as
 * an ELF of one segment, and on the interpreter up to the write.
 */

/** Where an image is loaded. Its first page is left to the ELF headers. */
export const BASE = 0x10000;
export const ENTRY: number = BASE + PAGE_SIZE;

export const encodeI = (major: number, funct3: number, rd: number, rs1: number, imm: number): number =>
  major | (rd << 7) | (funct3 << 12) | (rs1 << 15) | (imm << 20);
export const encodeS = (major: number, funct3: number, rs1: number, rs2: number, imm: number): number =>
  major | ((imm & 31) << 7) | (funct3 << 12) | (rs1 << 15) | (rs2 << 20) | ((imm >> 5) << 25);

/** auipc and addi that put `target` into `rd`, at address `at`. */
export function loadAddress(rd: number, target: number, at: number): number[] {
  const low = ((target - at) << 20) >> 20;
  return [0x17 | (rd << 7) | (target - at - low), encodeI(0x13, 0, rd, rd, low)];
}

/** write(1, start, length) and exit(0), at address `at`. */
export function writeAndExit(start: number, length: number, at: number): number[] {
  return [
    encodeI(0x13, 0, 10, 0, 1),
    ...loadAddress(11, start, at + 4),
    // The length as the difference of two addresses: it may not fit an immediate.
    ...loadAddress(12, start + length, at + 12),
    0x4000_0033 | (12 << 7) | (12 << 15) | (11 << 20),
    encodeI(0x13, 0, 17, 0, 64),
    0x73,
    encodeI(0x13, 0, 10, 0, 0),
    encodeI(0x13, 0, 17, 0, 93),
    0x73,
  ];
}

/** A static ELF with one segment that holds everything, readable, writable and executable. */
function elf(image: Uint8Array): Uint8Array {
  const file = new Uint8Array(image);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 243, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(ENTRY), true);
  view.setBigUint64(32, 64n, true);
  view.setUint32(48, 5, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 7, true);
  view.setBigUint64(80, BigInt(BASE), true);
  view.setBigUint64(88, BigInt(BASE), true);
  view.setBigUint64(96, BigInt(file.length), true);
  view.setBigUint64(104, BigInt(file.length), true);
  view.setBigUint64(112, 0x1000n, true);
  return file;
}

/** What the program writes on qemu-riscv64. */
export function runOnQemu(image: Uint8Array): Uint8Array {
  const folder = mkdtempSync(path.join(tmpdir(), 'pagewalk-sequences-'));
  try {
    const file = path.join(folder, 'program');
    writeFileSync(file, elf(image));
    chmodSync(file, 0o755);
    return new Uint8Array(execFileSync('qemu-riscv64', [file], { maxBuffer: 1 << 28 }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the program is about to write when it stops at its first ecall here. */
export function runHere(image: Uint8Array, translated = false): Uint8Array {
  const machine = new BareMachine(0x400_0000);
  const engine = translated ? new TranslatorEngine(machine.state, machine.mmu, PIECEWISE) : machine.engine;
  // From the end, so that neighbouring pages are not neighbouring frames.
  for (let page = Math.ceil(image.length / PAGE_SIZE) - 1; page >= 0; page--) machine.map(BASE + page * PAGE_SIZE, ALL);
  machine.write(BASE, image);
  machine.state.pc = virtAddr(ENTRY);
  const exit = engine.run(1e9, Resume.Normal);
  assert.equal(exit, Exit.Ecall, `left with ${exit} at 0x${machine.state.pc.toString(16)}`);
  const start = machine.state.xNumber(11);
  const length = machine.state.xNumber(12);
  const output = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const bytes = machine.bytes(start + done).subarray(0, length - done);
    output.set(bytes, done);
    done += bytes.length;
  }
  return output;
}
