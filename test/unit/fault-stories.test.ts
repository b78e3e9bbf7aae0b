import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ImageTable } from '../../src/program/images.ts';
import { SignalStories } from '../../src/program/faults/signal-stories.ts';
import { storyText } from '../../src/program/faults/story.ts';
import { MemoryNames } from '../../src/program/names/memory-names.ts';
import { SourcePlaces } from '../../src/program/source-places.ts';
import { compileGuest } from '../differential/compiled-guests.ts';
import { machineOf } from '../machine-of.ts';

/** What is said of the fault that ends a guest, and where. */
function storyOf(program: Uint8Array, ...args: string[]): string {
  const machine = machineOf(program, { argv: ['program', ...args] });
  const images = new ImageTable(machine, machine.options.host.files, assert.fail, () => undefined);
  const names = new MemoryNames(machine, images);
  const places = new SourcePlaces(machine, images);
  machine.listener = (event) => {
    if (event.kind === 'unmap') names.noticeUnmap(event, places.at(event)?.text);
  };
  machine.stopOn = (event) => event.kind === 'signal';
  const stop = machine.run({ budget: Infinity });
  if (stop.kind !== 'event' || stop.event.kind !== 'signal') return stop.kind;
  const { event, task } = stop;
  const story = new SignalStories(machine, images, names).of(task, event);
  return `${event.name} in ${story.place?.replace(/ .*/, '')}: ${storyText(story)}`;
}

/** By hand: what the source of test/guests/faults.c does. */
const UNOPTIMISED: readonly (readonly [kind: string, text: string | RegExp])[] = [
  ['null', 'SIGSEGV in main: store to *p: p is null'],
  ['null-load', 'SIGSEGV in main: load of *p: p is null'],
  ['null-element', 'SIGSEGV in main: store to p[3]: p is null'],
  ['null-member', 'SIGSEGV in main: store to n->next->value: n->next is null'],
  ['null-far-member', 'SIGSEGV in main: store to n->next->at[2].y: n->next is null'],
  ['null-list', 'SIGSEGV in main: load of list->next->next: list->next is null'],
  ['index', 'SIGSEGV in main: store to array[i]: i is 200000, past the end of array, which has 1024 elements'],
  [
    'index-negative',
    'SIGSEGV in main: store to array[-i]: the index -i is -200000, before the start of array, which has 1024 elements',
  ],
  [
    'index-plus',
    'SIGSEGV in main: store to array[i + 4]: the index i + 4 is 200004, past the end of array, which has 1024 elements',
  ],
  ['index-step', /^SIGSEGV in main: store to array\[i\]: i was \d+, past the end of array, which has 1024 elements$/],
  ['matrix', 'SIGSEGV in main: store to matrix[i][3]: i is 200000, past the end of matrix, which has 4 elements'],
  ['member-index', 'SIGSEGV in main: store to n->at[i].x: i is 200000, past the end of n->at, which has 4 elements'],
  [
    'local-index',
    'SIGSEGV in main: store to local[100 * i]: the index 100 * i is 20000000, past the end of local, which has 10 elements',
  ],
  ['table', 'SIGSEGV in main: store to *table[1]: table[1] is null'],
  ['text', 'SIGSEGV in main: store to "a constant": a text constant cannot be written: "a constant"'],
  ['text-pointer', 'SIGSEGV in main: store to text[3]: a text constant cannot be written: "another constant"[3]'],
  ['constant', 'SIGSEGV in main: store to constants[2]: constants is constant'],
  ['code', /^SIGSEGV in main: store to .*: it is code, of main$/],
  ['wild', 'SIGSEGV in main: store to *p: p is 0xdeadbeef000, where nothing is mapped'],
  ['kernel', 'SIGSEGV in main: store to *p: p is 0xffffffff80000000, which is no address'],
  ['small', 'SIGSEGV in main: store to *p: p is 0x8, almost null'],
  ['unmapped', /^SIGSEGV in main: store to \*p: p points to memory that was unmapped at main \(faults.c:\d+\)$/],
  ['freed-large', /^SIGSEGV in main: store to p\[5\]: p points to memory that was unmapped at main \(faults.c:\d+\)$/],
  ['read-only', 'SIGSEGV in main: store to *p: its mapping does not allow that it is written'],
  ['no-access', 'SIGSEGV in main: load of p[1]: its mapping allows no access (PROT_NONE)'],
  ['past-file', 'SIGBUS in main: load of p[100]: it is past the end of the file that is mapped'],
  [
    'heap-index',
    'SIGSEGV in main: store to p[i]: i is 200000, past the end of the heap block that p points to, which has room for 10 elements',
  ],
  ['call-null', 'SIGSEGV in main: call of callback: callback is null'],
  ['call-member', 'SIGSEGV in main: call of operations.close: operations.close is null'],
  ['call-data', 'SIGSEGV in main: call of callback: its mapping does not allow that it is executed'],
  ['strlen', 'SIGSEGV in length_of: load of 0x0 in strlen(text): text is null'],
  ['strcpy', 'SIGSEGV in main: load of 0x0 in strcpy(name, n->next): n->next is null'],
  ['memcpy', 'SIGSEGV in main: store to 0x0 in memcpy(p, name, 16): p is null'],
  ['find', 'SIGSEGV in main: load of find(…)->value: find(…) is null'],
  [
    'overflow',
    /^SIGSEGV in deep: store to 0x\w+: stack overflow: the stack has reached its limit of 8 MiB; deep calls itself, about 4\d00 calls deep$/,
  ],
  [
    'overflow-mutual',
    /^SIGSEGV in (odd|even): .*: stack overflow: the stack has reached its limit of 8 MiB; (odd and even|even and odd) call each other, about \d+0000 calls deep$/,
  ],
  [
    'overflow-thread',
    /^SIGSEGV in deep: store to 0x\w+: stack overflow: the guard page of the stack of thread 2 \(8 MiB\) was reached; deep calls itself, about 4\d00 calls deep$/,
  ],
  [
    'return',
    'SIGSEGV in undefined: jump to 0x4141414141414140: the return address of the function that has ended was overwritten',
  ],
  [
    'atomic',
    /^SIGBUS in main: store to name\[1\]: an atomic access needs an address that is a multiple of 4, not 0x\w+[159d]$/,
  ],
];

const RAISED: readonly (readonly [kind: string, text: string | RegExp])[] = [
  ['trap', 'SIGTRAP in main: ebreak, as of __builtin_trap() or a breakpoint of the program'],
  ['unimp', 'SIGILL in main: 0xc0001073 is unimp, which compilers put where execution must not come'],
  ['vector', 'SIGILL in main: 0x0c05f557 is an instruction of the V (vectors) extension'],
  ['abort', 'SIGABRT in main: abort() was called'],
  ['assert', /^SIGABRT in main: .*faults\.c:\d+: main: Assertion `argc > 5' failed\.$/],
  ['double-free', 'SIGABRT in main: free(): double free detected in tcache 2'],
  ['kill', 'SIGTERM in main: '],
];

/** By hand: what the source of test/guests/faults.cpp does. */
const OBJECTS: readonly (readonly [kind: string, text: string | RegExp])[] = [
  ['virtual', 'SIGSEGV in main: call of a virtual function of shape: shape is null'],
  ['method', 'SIGSEGV in Square::grow: load of this->side: this is null'],
  ['base-member', 'SIGSEGV in main: load of square->sides: square is null'],
  ['static-member', 'SIGSEGV in main: store to drawing::Canvas::current->shapes[2]: drawing::Canvas::current is null'],
  [
    'array-of-pointers',
    'SIGSEGV in main: store to drawing::canvas.shapes[3]->sides: drawing::canvas.shapes[3] is null',
  ],
  ['reference', 'SIGSEGV in twice: load of value: value is null'],
  ['plain', 'SIGSEGV in main: call of handler.plain: handler.plain is null'],
  ['vector', /^SIGSEGV in fill: store to values\[index\]: /],
  ['lambda', 'SIGSEGV in operator(): store to *missing: missing is null'],
  ['unique', 'SIGSEGV in main: store to drawing::canvas.best->side: drawing::canvas.best is null'],
  ['shared', 'SIGSEGV in main: load of none->side: none is null'],
];

describe('what is said of a fault', () => {
  for (const [source, cases] of [
    ['faults.c', UNOPTIMISED],
    ['faults.c', RAISED],
    ['faults.cpp', OBJECTS],
  ] as const) {
    const guest = compileGuest(source, ['-g', '-static', '-fno-stack-protector', '-w']);
    for (const [kind, text] of cases)
      it(`${source}: ${kind}`, () => {
        const said = storyOf(guest.bytes, kind);
        if (typeof text === 'string') assert.equal(said, text);
        else assert.match(said, text);
      });
  }
});
/** What an optimiser leaves: the address, and what is there. */
const BARE =
  /: (store to|load of|jump to) 0x[0-9a-f]+( in \w+)?: (a null (function )?pointer was (used|called)|nothing is mapped there|that is no address of a process|its mapping does not allow that it is \w+|it is code, of main)$/;

/** Other names for the same: `n` is `&one`, constants are folded. */
const EQUAL: readonly RegExp[] = [
  /: store to one\.next->(value|at\[2\]\.y): one\.next is null$/,
  /: load of 0x0 in strcpy\(name, one\.next\): one\.next is null$/,
  /: store to "another constant"\[3\]: a text constant cannot be written: "another constant"\[3\]$/,
  /: store to array\[-?20000[04]\]: (that is before the start|past the end) of array, which has 1024 elements$/,
  /: store to matrix\[200000\]\[3\]: past the end of matrix, which has 4 elements$/,
  /: stack overflow: the (stack has reached its limit of 8 MiB|guard page of the stack of thread 2 \(8 MiB\) was reached); .* deep$/,
];

describe('what is said of a fault in optimised code is certain', () => {
  for (const [compiler, level] of [
    ['gcc', '-O1'],
    ['gcc', '-Og'],
    ['gcc', '-O2'],
    ['clang', '-O0'],
    ['clang', '-O2'],
  ] as const)
    it(`of ${compiler} ${level}`, () => {
      const flags = ['-g', '-static', '-fno-stack-protector', '-w', level];
      const guest = compileGuest('faults.c', flags, compiler);
      for (const [kind, text] of UNOPTIMISED) {
        const said = storyOf(guest.bytes, kind);
        const isSame = typeof text === 'string' ? said === text : text.test(said);
        const isTrue = isSame || said === 'exited' || BARE.test(said) || EQUAL.some((one) => one.test(said));
        assert.ok(isTrue, `${kind}: ${said}`);
      }
    });
});
