import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, test } from 'node:test';
import type { Machine } from '../../src/machine/machine.ts';
import type { MachineEvent } from '../../src/machine/machine-event.ts';
import type { Stop } from '../../src/machine/stop.ts';
import { stopText } from '../../src/machine/stop-text.ts';
import { UnimplementedError } from '../../src/platform/address-space.ts';
import { virtAddr } from '../../src/memory/address.ts';
import { compileGuest, machineOf, sample } from '../machine-of.ts';

const ENOUGH = { budget: 10_000_000 };

/** Registers, memory and instruction count in one number. */
function stateOf(machine: Machine): string {
  const { memory, hart } = machine;
  const hash = createHash('sha256').update(hart.save()).update(String(hart.instret));
  return hash.update(memory.u8.subarray(memory.layout.ram)).digest('hex');
}

/** Runs until an event of one kind is offered. */
function runTo(machine: Machine, matches: (event: MachineEvent) => boolean): Extract<Stop, { kind: 'event' }> {
  machine.stopOn = matches;
  const stop = machine.run(ENOUGH);
  assert.equal(stop.kind, 'event');
  return stop;
}

/** Where `fork-tree` is after some of its instructions. */
function hotAddresses(): ReturnType<typeof virtAddr>[] {
  const machine = machineOf(sample('fork-tree'));
  const found = new Set<number>();
  while (machine.run({ budget: 301 }).kind === 'budget') found.add(machine.hart.pc);
  return [...found].map(virtAddr);
}

const isCow = (event: MachineEvent): boolean => event.kind === 'fault' && event.cause === 'cow';

describe('Machine.run', () => {
  it('stops after exactly the budget, and many small runs end where one does', () => {
    const whole = machineOf(sample('fork-tree'));
    assert.equal(whole.run(ENOUGH).kind, 'exited');
    const parts = machineOf(sample('fork-tree'));
    for (let at = 0, budget = 1; ; budget = (budget * 7) % 1009) {
      const stop = parts.run({ budget });
      if (stop.kind === 'exited') break;
      assert.equal(stop.kind, 'budget');
      at += budget;
      assert.equal(parts.hart.instret, at);
    }
    assert.equal(stateOf(parts), stateOf(whole));
    assert.equal(parts.printed.stdout, whole.printed.stdout);
  });

  it('ends the same when the debugger stops at every event', () => {
    const free = machineOf(sample('fork-tree'));
    free.run(ENOUGH);
    const watched = machineOf(sample('fork-tree'));
    watched.stopOn = () => true;
    let stops = 0;
    for (; watched.run(ENOUGH).kind !== 'exited'; stops++) assert.ok(stops < 10_000);
    assert.ok(stops > 50, `only ${stops} stops`);
    assert.equal(watched.hart.instret, free.hart.instret);
    assert.equal(stateOf(watched), stateOf(free));
  });

  it('goes on at breakpoints that are passed without returning, and ends the same', () => {
    const free = machineOf(sample('fork-tree'));
    free.run(ENOUGH);
    const passing = machineOf(sample('fork-tree'));
    const addresses = hotAddresses();
    passing.setBreakpoints(addresses);
    const passed: number[] = [];
    passing.passes = (stop) => stop.kind === 'breakpoint' && passed.push(stop.address) > 0;
    assert.equal(passing.run(ENOUGH).kind, 'exited');
    const returning = machineOf(sample('fork-tree'));
    returning.setBreakpoints(addresses);
    const stopped: number[] = [];
    for (let stop = returning.run(ENOUGH); stop.kind !== 'exited'; stop = returning.run(ENOUGH))
      if (stop.kind === 'breakpoint') stopped.push(stop.address);
    assert.ok(passed.length > 100, `only ${passed.length} breakpoints`);
    assert.deepEqual(passed, stopped);
    assert.equal(stateOf(passing), stateOf(free));
  });

  it('offers a CoW fault before the page is split, once, and the next run splits it', () => {
    const machine = machineOf(sample('fork-cow'));
    runTo(machine, (event) => event.kind === 'fork');
    const { task, event } = runTo(machine, isCow);
    assert.equal(event.kind, 'fault');
    if (event.kind !== 'fault') return;
    const frame = (): number => {
      let found = 0;
      const space = machine.provider.label(task.process.space!);
      const page = virtAddr(event.va - (event.va % 4096));
      machine.inspector.forEachPage(space, { start: page, end: virtAddr(page + 4096) }, (view) => (found = view.frame));
      return found;
    };
    const before = frame();
    const pc = machine.registers(task).pc;
    assert.equal(machine.frames.refcounts[before], 2);
    assert.equal(machine.run({ budget: 1, focus: task, steps: 1 }).kind, 'step');
    assert.notEqual(machine.registers(task).pc, pc);
    assert.notEqual(frame(), before);
    assert.equal(machine.frames.refcounts[before], 1);
  });

  it('offers a fault at an instruction that it stopped at for a breakpoint or a step', () => {
    const found = machineOf(sample('fork-cow'));
    const { event } = runTo(found, isCow);
    const machine = machineOf(sample('fork-cow'));
    machine.setBreakpoints([event.pc]);
    assert.equal(machine.run(ENOUGH).kind, 'breakpoint');
    machine.stopOn = isCow;
    const stop = machine.run(ENOUGH);
    assert.ok(stop.kind === 'event' && stop.event.pc === event.pc);
    assert.equal(machine.run({ budget: 1 }).kind, 'budget');
  });

  it('stops at a breakpoint each time round a loop, and never twice without moving', () => {
    const machine = machineOf(
      compileGuest(
        'void _start(void) { register long i asm("s1") = 5; asm volatile("loop: addi %0, %0, -1; .globl spot; spot: bnez %0, loop" : "+r"(i)); for (;;); }',
        '-nostdlib',
        '-O1',
      ),
    );
    const task = machine.tasks()[0];
    const branch = findBranch(machine);
    machine.setBreakpoints([branch]);
    const seen = [];
    for (let hit = 0; hit < 5; hit++) {
      assert.deepEqual(machine.run(ENOUGH), { kind: 'breakpoint', task, address: branch });
      seen.push(Number(machine.registers(task).x(9)));
    }
    assert.deepEqual(seen, [4, 3, 2, 1, 0]);
    assert.equal(machine.run({ budget: 1000 }).kind, 'budget');
  });

  it('runs only the focused task while it can run', () => {
    const machine = machineOf(sample('fork-cow'));
    runTo(machine, (event) => event.kind === 'fork');
    machine.stopOn = undefined;
    const [parent, child] = machine.tasks() as [
      Machine['kernel']['current'] & object,
      Machine['kernel']['current'] & object,
    ];
    const before = machine.registers(parent).pc;
    for (let step = 0; step < 20; step++)
      assert.deepEqual(machine.run({ budget: 1, focus: child, steps: 1 }), { kind: 'step', task: child });
    assert.equal(machine.registers(parent).pc, before);
  });

  it('lets the others run while the focused task is blocked', () => {
    const machine = machineOf(sample('fork-cow'));
    const [parent] = machine.tasks();
    const stop = machine.run({ budget: 10_000_000, focus: parent, steps: 10_000 });
    assert.equal(stop.kind, 'exited', 'the wait for the child does not hang');
    assert.match(machine.printed.stdout, /parent: counter 3/);
  });

  it('offers a fatal signal and an exit while the process is still there', () => {
    const crash = machineOf(compileGuest('void _start(void) { *(volatile int *)8 = 1; }', '-nostdlib'));
    const { event, task } = runTo(crash, ({ kind }) => kind === 'signal');
    assert.ok(
      event.kind === 'signal' && event.name === 'SIGSEGV' && event.address === 8n && event.action === 'terminate',
    );
    assert.equal(task.process.state, 'running');
    assert.deepEqual(crash.run(ENOUGH), { kind: 'exited', code: 139, signal: 11 });

    const leaves = machineOf(sample('fork-cow'));
    const exit = runTo(leaves, ({ kind, pid }) => kind === 'exit' && pid === 2);
    assert.ok(exit.event.kind === 'exit' && exit.event.status.kind === 'exited' && exit.event.status.code === 3);
    assert.equal(exit.task.process.state, 'running');
  });

  it('leaves no frame in use when every process has ended', () => {
    for (const name of ['fork-cow', 'page-faults', 'fork-tree']) {
      const machine = machineOf(sample(name), { check: true });
      assert.equal(machine.run(ENOUGH).kind, 'exited');
      let private_ = 0;
      for (const use of machine.frames.uses) if (use === 1 || use === 2) private_++;
      assert.equal(private_, 0, `${name}: frames of spaces are left`);
    }
  });

  it('counts the same, and makes no events of memory, while nobody listens', () => {
    const heard = machineOf(sample('fork-tree'));
    const events = new Map<string, number>();
    heard.listener = ({ kind }) => events.set(kind, (events.get(kind) ?? 0) + 1);
    const whileLoading = sum(heard.stats.faults);
    heard.run(ENOUGH);
    const alone = machineOf(sample('fork-tree'));
    assert.equal(alone.provider.listener, undefined);
    alone.run(ENOUGH);
    assert.deepEqual(alone.stats.faults, heard.stats.faults);
    assert.deepEqual(alone.stats.syscalls, heard.stats.syscalls);
    assert.equal(alone.stats.forks, heard.stats.forks);
    assert.equal(sum(heard.stats.faults) - whileLoading, events.get('fault'));
    assert.equal(sum(heard.stats.syscalls), events.get('syscall'));
    assert.equal(heard.stats.forks, events.get('fork'));
    heard.listener = undefined;
    assert.equal(heard.provider.listener, undefined);
  });

  it('tells who waits for whom when nothing can ever run', () => {
    const machine = machineOf(
      compileGuest('#include <unistd.h>\nint main(void) { int p[2]; char c; pipe(p); return read(p[0], &c, 1); }'),
    );
    const stop = machine.run(ENOUGH);
    assert.equal(stop.kind, 'deadlock');
    if (stop.kind === 'deadlock') assert.match(stop.waits[0].reason, /pipe/);
  });

  it('kills the process for which there is no frame left, and says so', () => {
    const events: string[] = [];
    const machine = machineOf(
      compileGuest(
        'static char big[64 << 20]; int main(void) { for (long i = 0; i < sizeof big; i += 4096) big[i] = 1; return 0; }',
      ),
      { memory: 8 * 2 ** 20 },
    );
    machine.listener = ({ kind }) => events.push(kind);
    assert.deepEqual(machine.run(ENOUGH), { kind: 'exited', code: 137, signal: 9 });
    assert.ok(events.includes('out-of-memory'));
  });
});

function sum(counts: Partial<Record<string, number>>): number {
  return Object.values(counts).reduce((total: number, count) => total + (count ?? 0), 0);
}

/** The backward branch of the loop: the program's first conditional branch. */
function findBranch(machine: Machine): ReturnType<typeof virtAddr> {
  const [task] = machine.tasks();
  const { pc } = machine.registers(task);
  const text = machine.read(task.process, pc, 64);
  for (let at = 0; at < text.length - 4; at += 2) {
    const half = text[at] | (text[at + 1] << 8);
    if ((half & 3) === 3) {
      if ((half & 0x7f) === 0x63) return virtAddr(pc + at);
      at += 2;
    } else if ((half & 0xe003) === 0xe001) return virtAddr(pc + at);
  }
  throw new Error('no branch');
}

test('a hole in a platform is a stop that names platform and method', () => {
  const machine = machineOf(sample('fork-cow'));
  machine.provider.fork = () => {
    throw new UnimplementedError('independent', 'fork');
  };
  const stop = machine.run({ budget: 1e6 });
  assert(stop.kind === 'platform-failure' && stop.error instanceof UnimplementedError);
  assert.equal(stopText(stop), 'independent does not implement fork');
});

test('a platform that fails while a signal is delivered is a stop as well', () => {
  const machine = machineOf(
    compileGuest(
      '#include <signal.h>\nvoid on(int n) {}\nint main(void) { signal(SIGUSR1, on); return raise(SIGUSR1); }',
    ),
  );
  runTo(machine, ({ kind }) => kind === 'signal');
  machine.provider.with = () => {
    throw new UnimplementedError('independent', 'with');
  };
  const stop = machine.run(ENOUGH);
  assert(stop.kind === 'platform-failure' && stop.error instanceof UnimplementedError);
  assert.equal(stop.task.process.pid, 1);
});
