import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PseudoTerminal } from '../../src/linux/terminals/pseudo-terminal.ts';

const nothing = (): void => undefined;
const pair = (): PseudoTerminal => new PseudoTerminal(0, { signal: nothing, hangUp: nothing, forget: nothing });

/** All that the master can read by now. */
function output(terminal: PseudoTerminal): string {
  const into = new Uint8Array(1000);
  let text = '';
  for (let count; (count = terminal.takeOutput(into)) !== undefined;)
    text += new TextDecoder().decode(into.subarray(0, count));
  return text;
}

test('echoes that nobody reads are kept up to a limit, the last ones', () => {
  const terminal = pair();
  const line = new Uint8Array(100);
  for (let number = 0; number < 20_000; number++) {
    terminal.type(new TextEncoder().encode(`${number}\n`));
    terminal.discipline.read(line, 'none');
  }
  const echoes = output(terminal);
  assert(echoes.startsWith('0\r\n1\r\n2\r\n'));
  assert(echoes.endsWith('19998\r\n19999\r\n'));
  assert.equal(echoes.length, 8192 + 4096, 'what a terminal holds, and what waits for room in it');
});

test('what a program prints comes after the echoes that waited for room', () => {
  const terminal = pair();
  while (terminal.room > 0) terminal.discipline.write(Uint8Array.of(0x2e));
  terminal.type(new TextEncoder().encode('typed'));
  assert.equal(terminal.discipline.write(Uint8Array.of(0x21)), 0);
  assert.equal(terminal.takeOutput(new Uint8Array(8192)), 8192);
  assert.equal(terminal.discipline.write(Uint8Array.of(0x21)), 1);
  assert.equal(output(terminal), 'typed!');
});
