// Speed of the interpreter on three small loops, in millions of instructions a second: `node bench/interpreter.mjs`.
import { build } from 'esbuild';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const INTEGER = [
  0x02b50633, // 1: mul a2,a0,a1
  0x00c6c6b3, // xor a3,a3,a2
  0x00765713, // srli a4,a2,7
  0x00e686b3, // add a3,a3,a4
  0x00c6b7b3, // sltu a5,a3,a2
  0x00d58593, // addi a1,a1,13
  0xfff50513, // addi a0,a0,-1
  0xfe0512e3, // bnez a0,1b
  0x00000073, // ecall
];

const MEMORY = [
  0x0005b603, // 1: ld a2,0(a1)
  0x00160613, // addi a2,a2,1
  0x00c5b023, // sd a2,0(a1)
  0x0085a683, // lw a3,8(a1)
  0x00d58823, // sb a3,16(a1)
  0x01858593, // addi a1,a1,24
  0x00e5f5b3, // and a1,a1,a4
  0x00f5e5b3, // or a1,a1,a5
  0xfff50513, // addi a0,a0,-1
  0xfc051ee3, // bnez a0,1b
  0x00000073, // ecall
];

const FLOAT = [
  0x12b57653, // 1: fmul.d fa2,fa0,fa1
  0x02c6f6d3, // fadd.d fa3,fa3,fa2
  0x72b57543, // fmadd.d fa0,fa0,fa1,fa4
  0x1aa6f7d3, // fdiv.d fa5,fa3,fa0
  0xfff50513, // addi a0,a0,-1
  0xfe0516e3, // bnez a0,1b
  0x00000073, // ecall
];

const CODE = 0x10000;
const DATA = 0x100000;
const DATA_SIZE = 0x10000;

const outfile = path.resolve('out/bench/bare-machine.mjs');
await build({ entryPoints: ['test/bare-machine.ts'], bundle: true, format: 'esm', outfile, logLevel: 'warning' });
const { BareMachine, READ_WRITE } = await import(pathToFileURL(outfile).href);

function millionsPerSecond(words, rounds) {
  const machine = new BareMachine();
  machine.mapRange(DATA, DATA_SIZE + 0x1000, READ_WRITE);
  machine.program(CODE, ...words);
  const { state, engine } = machine;
  state.setXNumber(10, rounds);
  state.setXNumber(11, DATA);
  state.setXNumber(14, (DATA_SIZE - 1) & ~7);
  state.setXNumber(15, DATA);
  state.setF(10, 0x3ff8000000000000n);
  state.setF(11, 0x3fe999999999999an);
  state.setF(14, 0x3fd3333333333333n);
  const start = performance.now();
  engine.run(Number.MAX_SAFE_INTEGER, 0);
  return state.instret / (performance.now() - start) / 1000;
}

for (const [name, words, rounds] of [
  ['integer', INTEGER, 2e7],
  ['memory', MEMORY, 2e7],
  ['float', FLOAT, 1e7],
]) {
  millionsPerSecond(words, rounds / 20);
  console.log(`${name.padEnd(8)} ${millionsPerSecond(words, rounds).toFixed(0).padStart(5)} MIPS`);
}
