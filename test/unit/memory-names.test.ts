import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Process } from '../../src/linux/process.ts';
import { virtAddr } from '../../src/memory/address.ts';
import { ImageTable } from '../../src/program/images.ts';
import { MemoryNames } from '../../src/program/names/memory-names.ts';
import { compileGuest } from '../differential/compiled-guests.ts';
import { machineOf, type Printed } from '../machine-of.ts';
import type { Machine } from '../../src/machine/machine.ts';

interface Stopped {
  readonly machine: Machine & { readonly printed: Printed };
  readonly process: Process;
  readonly images: ImageTable;
  readonly names: MemoryNames;
}

/** The guest where it calls a function. */
function stoppedIn(bytes: Uint8Array, name: string): Stopped {
  const machine = machineOf(bytes);
  const images = new ImageTable(machine, machine.options.host.files, assert.fail, () => undefined);
  const process = machine.process(1)!;
  const address = images.program(process)!.symbols!.functionNamed(name)!;
  machine.setBreakpoints([virtAddr(address)]);
  assert.equal(machine.run({ budget: Infinity }).kind, 'breakpoint');
  return { machine, process, images, names: new MemoryNames(machine, images) };
}

/** What the guest printed: addresses, and what C calls them. */
function printed({ machine }: Stopped): readonly { readonly address: number; readonly said: string }[] {
  return machine.printed.stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [address, ...said] = line.split(' ');
      return { address: Number(address), said: said.join(' ') };
    });
}

const guest = compileGuest('names.c', ['-g', '-static']);

describe('what lies at an address', () => {
  const stopped = stoppedIn(guest.bytes, 'here');
  const { names, process } = stopped;
  const said = new Map(printed(stopped).map((one) => [one.said, one.address]));
  const nameOf = (what: string, plus = 0): string | undefined => {
    const address = said.get(what);
    assert.ok(address, `the guest did not print ${what}`);
    return names.at(process, address + plus)?.text;
  };

  for (const variable of ['shared_counter', 'config.u', 'config.tag', 'table[17].next', 'table[31].name[11]'])
    it(`is called ${variable}`, () => assert.equal(nameOf(variable), variable));
  for (const variable of ['matrix[2][4]', 'big[40000]', 'message', 'list'])
    it(`is called ${variable}`, () => assert.equal(nameOf(variable), variable));
  it('is the first member of a structure', () => assert.equal(nameOf('config'), 'config.ratio'));
  it('is a bit field', () => assert.equal(nameOf('config', 8), 'config.low'));
  it('is a static variable of a function', () => {
    assert.equal(nameOf('count'), 'calls::count');
    assert.equal(nameOf('past[1].u'), 'calls::past[1].u');
  });

  for (const variable of ['local', 'nodes[2].next', 'buffer[99]'])
    it(`is ${variable} of a frame`, () =>
      assert.match(
        nameOf(`${variable} in main`)!,
        new RegExp(`^${escape(variable)} in main \\(names.c:\\d+, thread 1\\)$`),
      ));
  for (const variable of ['in_thread', 'own.next'])
    it(`is ${variable} of a frame of another thread`, () =>
      assert.match(
        nameOf(`${variable} in thread`)!,
        new RegExp(`^${escape(variable)} in thread \\(names.c:\\d+, thread 2\\)$`),
      ));

  it('is a thread-local variable', () => {
    assert.equal(nameOf('per_thread'), 'per_thread of thread 1');
    assert.equal(nameOf('outside'), 'outside of thread 1');
    assert.equal(nameOf('per_thread of another'), 'per_thread of thread 2');
  });
  it('is the guard page of a stack', () => assert.equal(nameOf('guard'), 'guard page of the stack of thread 2'));

  for (const element of ['list->value', 'list->next', 'list->next->name[3]', 'numbers[99999]', 'text[7]'])
    it(`is ${element} on the heap`, () =>
      assert.match(nameOf(element)!, new RegExp(`^${escape(element)} \\(heap block of \\d+ bytes\\)$`)));
  it('is on the heap, where only a local variable leads', () =>
    assert.match(nameOf('only_here[4].next in main')!, /^only_here\[4\].next in main \(heap block of \d+ bytes\)$/));
  it('is far down a list', () => {
    const address = said.get('list->next->next->next->next->value')!;
    assert.equal(names.textAt(process, address), 'list->next×4->value (heap block of 24 bytes)');
    assert.ok(names.page(process, address).includes('*list->next×4'));
  });
  it('is a block of no type', () => assert.match(nameOf('raw', 5)!, /^raw, byte 5 \(heap block of 200 bytes\)$/));
  it('is a block that is freed', () =>
    assert.equal(nameOf('freed', 16), 'freed heap block of 24 bytes, freed still points to it'));
  it('is a block that nothing points to', () => assert.equal(nameOf('lost'), 'heap block of 72 bytes'));

  it('is a function', () => {
    assert.equal(nameOf('function main'), 'main');
    assert.equal(nameOf('function main', 2), 'main+2');
  });
  it('is a text', () => {
    assert.equal(nameOf('constant'), '"a text that is a constant"');
    assert.equal(nameOf('constant', 7), '"a text that is a constant"[7]');
  });
  it('is what the kernel gave the program', () => {
    assert.equal(nameOf('argv0'), 'string of argv[0]');
    assert.equal(nameOf('argv'), 'argv of the program');
  });
  it('is shared memory', () => assert.equal(nameOf('shared'), 'shared anonymous memory'));
  it('is nothing', () => assert.equal(names.at(process, 8), undefined));

  it('of a page is its variables, and the elements of arrays', () => {
    const counter = names.page(process, said.get('shared_counter')!);
    assert.ok(counter.includes('shared_counter'), counter.join());
    const [elements] = names.page(process, said.get('big[40000]')!);
    const [, first, last] = /^big\[(\d+)\.\.(\d+)\]$/.exec(elements)!;
    assert.equal(Number(last) - Number(first), 4095);
    assert.ok(Number(first) <= 40000 && 40000 <= Number(last));
  });
  it('of a page of a stack is its locals by function', () => {
    const stack = names.page(process, said.get('local in main')!);
    assert.ok(
      stack.some((name) => / in main$/.test(name) && /\blocal\b/.test(name)),
      stack.join('; '),
    );
  });
});

function escape(text: string): string {
  return text.replace(/[[\].]/g, '\\$&');
}
