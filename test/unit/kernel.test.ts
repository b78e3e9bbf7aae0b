import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Errno } from '../../src/linux/abi/errno.ts';
import { At, Clone, FutexOp, MapFlag, Open, Prot } from '../../src/linux/abi/flags.ts';
import { Signal } from '../../src/linux/abi/signal-number.ts';
import type { KernelEvent } from '../../src/linux/kernel-event.ts';
import { MAX_TASKS } from '../../src/linux/resource-limits.ts';
import { PAGE_SIZE } from '../../src/memory/address.ts';
import { KernelUnderTest } from '../kernel-under-test.ts';
import { SPACE_ADDRESS, smallElf } from '../small-elf.ts';

const SIGCHLD = 17;
const ANY_PROTECTION = Prot.Read | Prot.Write;
const ANONYMOUS = MapFlag.Private | MapFlag.Anonymous;

function fork(kernel: KernelUnderTest): number {
  return kernel.call('clone', SIGCHLD);
}

test('an unknown syscall gets ENOSYS and is reported once', () => {
  const kernel = new KernelUnderTest();
  const events: KernelEvent[] = [];
  kernel.kernel.listener = (event) => events.push(event);
  assert.equal(kernel.call(4000), -Errno.ENOSYS);
  assert.equal(kernel.call(4000), -Errno.ENOSYS);
  assert.equal(kernel.call('io_setup'), -Errno.ENOSYS);
  assert.deepEqual(
    events.map((event) => event.kind === 'unknown-syscall' && event.number),
    [4000, 0],
  );
});

test('a syscall counts as one instruction and moves pc past the ecall', () => {
  const kernel = new KernelUnderTest();
  const { machine } = kernel;
  const before = machine.hart.instret;
  kernel.call('getpid');
  assert.equal(machine.hart.instret, before + 1);
  assert.equal(machine.hart.pc, 0x1_0004);
});

test('the break shrinks, grows back as zeroes, and refuses what is taken', () => {
  const kernel = new KernelUnderTest();
  const start = kernel.call('brk', 0);
  assert.equal(kernel.call('brk', start + 3 * PAGE_SIZE), start + 3 * PAGE_SIZE);
  kernel.put('x', start + 2 * PAGE_SIZE);
  kernel.call('brk', start + PAGE_SIZE);
  assert.equal(kernel.call('write', 1, start + 2 * PAGE_SIZE, 1), -Errno.EFAULT);
  kernel.call('brk', start + 3 * PAGE_SIZE);
  assert.equal(kernel.bytes(start + 2 * PAGE_SIZE, 1)[0], 0);
  const blocker = start + 8 * PAGE_SIZE;
  assert.equal(kernel.call('mmap', blocker, PAGE_SIZE, ANY_PROTECTION, ANONYMOUS | MapFlag.Fixed, -1, 0), blocker);
  assert.equal(kernel.call('brk', start + 9 * PAGE_SIZE), start + 3 * PAGE_SIZE);
});

test('MAP_FIXED replaces, MAP_FIXED_NOREPLACE does not', () => {
  const kernel = new KernelUnderTest();
  kernel.put('old');
  const map = (flag: number): number =>
    kernel.call('mmap', SPACE_ADDRESS, PAGE_SIZE, ANY_PROTECTION, ANONYMOUS | flag, -1, 0);
  assert.equal(map(MapFlag.FixedNoReplace), -Errno.EEXIST);
  assert.equal(kernel.text(SPACE_ADDRESS, 3), 'old');
  assert.equal(map(MapFlag.Fixed), SPACE_ADDRESS);
  assert.equal(kernel.bytes(SPACE_ADDRESS, 1)[0], 0);
});

test('fork without end stops with EAGAIN and the parent goes on', () => {
  const kernel = new KernelUnderTest({ memory: 256 * 2 ** 20 });
  let result: number;
  let children = 0;
  while ((result = fork(kernel)) > 0) children++;
  assert.equal(result, -Errno.EAGAIN);
  assert.equal(children, MAX_TASKS - 1);
  assert.equal(kernel.call('getpid'), 1);
});

test('a futex wait ends with 0 when it is woken, though the word is as it was', () => {
  const kernel = new KernelUnderTest();
  const THREAD = Clone.Vm | Clone.Fs | Clone.Files | Clone.Sighand | Clone.Thread;
  const [first] = kernel.kernel.tasks();
  assert.equal(kernel.call('futex', SPACE_ADDRESS, FutexOp.Wait, 1, 0), -Errno.EAGAIN);
  kernel.call('clone', THREAD, SPACE_ADDRESS + 0x1000);
  assert.equal(kernel.enter('futex', SPACE_ADDRESS, FutexOp.Wait, 0, 0), 'blocked');
  kernel.switchTo(kernel.kernel.tasks()[1]);
  assert.equal(kernel.call('futex', SPACE_ADDRESS + 4, FutexOp.Wake, 1), 0);
  assert.equal(kernel.call('futex', SPACE_ADDRESS, FutexOp.Wake, 10), 1);
  kernel.switchTo(first);
  assert.equal(kernel.call('futex', SPACE_ADDRESS, FutexOp.Wait, 0, 0), 0);
});

for (const [where, sharing, woken] of [
  ['shared memory is one futex', MapFlag.Shared, 1],
  ['private memory is two futexes', MapFlag.Private, 0],
] as const)
  test(`a word of ${where} after a fork`, () => {
    const kernel = new KernelUnderTest();
    const word = kernel.call('mmap', 0, PAGE_SIZE, ANY_PROTECTION, sharing | MapFlag.Anonymous, -1, 0);
    fork(kernel);
    assert.equal(kernel.enter('futex', word, FutexOp.Wait, 0, 0), 'blocked');
    kernel.switchTo(kernel.kernel.tasks()[1]);
    assert.equal(kernel.call('futex', word, FutexOp.Wake, 1), woken);
  });

test('munmap beyond the address space is refused', () => {
  const kernel = new KernelUnderTest();
  const { end } = kernel.machine.provider.range(kernel.thread.process.space!);
  assert.equal(kernel.call('munmap', end, PAGE_SIZE), -Errno.EINVAL);
  assert.equal(kernel.call('munmap', end - PAGE_SIZE, PAGE_SIZE), 0);
});

test('a fork that runs out of memory leaves nothing behind', () => {
  const kernel = new KernelUnderTest({ memory: 2 ** 20 });
  while (fork(kernel) > 0);
  const { used } = kernel.machine.frames;
  const processes = kernel.kernel.processes.size;
  assert.equal(fork(kernel), -Errno.ENOMEM);
  assert.equal(kernel.machine.frames.used, used);
  assert.equal(kernel.kernel.processes.size, processes);
});

test('a platform that cannot fork gives the guest ENOSYS', () => {
  const kernel = new KernelUnderTest({ platform: 'single' });
  assert.equal(fork(kernel), -Errno.ENOSYS);
  assert.equal(kernel.kernel.processes.size, 1);
});

test('an exec that does not fit in memory leaves the old program running', () => {
  const segments = [{ flags: 7, offset: 0x1000, address: 0x10000, fileSize: 0x100, memorySize: 0x100 }];
  const huge = smallElf({ segments: [...segments, { flags: 6, address: 2 ** 37, memorySize: 2 ** 37 }] });
  const kernel = new KernelUnderTest({ files: new Map([['/huge', { bytes: huge }]]) });
  kernel.put('/huge');
  const { used } = kernel.machine.frames;
  assert.equal(kernel.call('execve', SPACE_ADDRESS, 0, 0), -Errno.ENOMEM);
  assert.equal(kernel.thread.process.executable, '/program');
  assert.equal(kernel.text(SPACE_ADDRESS, 5), '/huge');
  assert.equal(kernel.machine.frames.used, used);
});

test('an orphan is the child of init, and nobody has to wait for it', () => {
  const kernel = new KernelUnderTest();
  const [first] = kernel.kernel.tasks();
  const child = fork(kernel);
  kernel.switchTo(kernel.kernel.tasks()[1]);
  const grandchild = fork(kernel);
  kernel.switchTo(kernel.kernel.tasks()[2]);
  assert.equal(kernel.call('getppid'), child);
  kernel.switchTo(kernel.kernel.tasks()[1]);
  assert.equal(kernel.enter('exit_group', 4), 'ended');
  kernel.switchTo(kernel.kernel.tasks()[1]);
  assert.equal(kernel.call('getpid'), grandchild);
  assert.equal(kernel.call('getppid'), 1);
  assert.equal(kernel.enter('exit_group', 5), 'ended');
  assert.deepEqual([...kernel.kernel.processes.keys()], [1, child]);
  kernel.switchTo(first);
  assert.equal(kernel.call('wait4', -1, SPACE_ADDRESS, 0, 0), child);
  assert.equal(kernel.bytes(SPACE_ADDRESS, 2)[1], 4);
  assert.equal(kernel.call('wait4', -1, 0, 0, 0), -Errno.ECHILD);
});

test('a parent that ignores SIGCHLD has no zombies', () => {
  const kernel = new KernelUnderTest();
  const [first] = kernel.kernel.tasks();
  const SIG_IGN = 1;
  kernel.put(new Uint8Array(new BigUint64Array([BigInt(SIG_IGN), 0n, 0n]).buffer));
  assert.equal(kernel.call('rt_sigaction', Signal.SIGCHLD, SPACE_ADDRESS, 0, 8), 0);
  fork(kernel);
  assert.equal(kernel.enter('wait4', -1, 0, 0, 0), 'blocked');
  kernel.switchTo(kernel.kernel.tasks()[1]);
  kernel.enter('exit_group', 0);
  assert.equal(first.state, 'runnable');
  kernel.switchTo(first);
  assert.equal(kernel.call('wait4', -1, 0, 0, 0), -Errno.ECHILD);
});

test('a blocked syscall keeps its arguments and says what it waits for', () => {
  const kernel = new KernelUnderTest();
  kernel.call('pipe2', SPACE_ADDRESS, 0);
  const [reader, writer] = new Int32Array(kernel.bytes(SPACE_ADDRESS, 8).buffer);
  assert.equal(kernel.enter('read', reader, SPACE_ADDRESS, 10), 'blocked');
  assert.equal(kernel.thread.state, 'blocked');
  assert.match(kernel.thread.wait!.reason, /^reads an empty pipe/);
  assert.equal(kernel.machine.hart.pc, 0x1_0000);
  assert.equal(kernel.machine.hart.x(10), BigInt(reader));
  assert.equal(kernel.thread.process.files.get(writer).write(new Uint8Array(3)), 3);
  assert.equal(kernel.thread.state, 'runnable');
  assert.equal(kernel.call('read', reader, SPACE_ADDRESS, 10), 3);
});

test('a thread whose sleep ended while its process was stopped wakes when it goes on', () => {
  const THREAD = Clone.Vm | Clone.Fs | Clone.Files | Clone.Sighand | Clone.Thread;
  const kernel = new KernelUnderTest();
  const { clock } = kernel.machine;
  kernel.put(new Uint8Array(new BigInt64Array([0n, 1000n]).buffer));
  kernel.call('clone', THREAD, SPACE_ADDRESS + 0x1000);
  const [first, sleeper] = kernel.kernel.tasks();
  kernel.switchTo(sleeper);
  assert.equal(kernel.enter('nanosleep', SPACE_ADDRESS, 0), 'blocked');
  const end = sleeper.wait!.deadline!;
  kernel.switchTo(first);
  kernel.kernel.signals.sendToThread(first, { signal: Signal.SIGSTOP, code: 0 });
  assert.equal(kernel.kernel.deliverSignals(), false);
  clock.skipTo(end + 500);
  kernel.kernel.deadlines.wake(clock.monotonic());
  assert.equal(clock.nextEvent, Infinity);
  kernel.kernel.signals.continue(first.process);
  assert.equal(clock.nextEvent, end);
  assert.equal(sleeper.state, 'blocked');
  kernel.kernel.deadlines.wake(clock.monotonic());
  assert.equal(sleeper.state, 'runnable');
});

test('a sleep ends at its virtual time', () => {
  const kernel = new KernelUnderTest();
  kernel.put(new Uint8Array(new BigInt64Array([2n, 500n]).buffer));
  const before = kernel.machine.clock.monotonic();
  assert.equal(kernel.enter('nanosleep', SPACE_ADDRESS, 0), 'blocked');
  assert.equal(kernel.kernel.deadlines.earliest(), before + 2_000_000_500);
  kernel.kernel.deadlines.wake(before + 2_000_000_499);
  assert.equal(kernel.thread.state, 'blocked');
  kernel.machine.clock.skipTo(before + 2_000_000_500);
  kernel.kernel.deadlines.wake(kernel.machine.clock.monotonic());
  assert.equal(kernel.call('nanosleep', SPACE_ADDRESS, 0), 0);
  assert.equal(kernel.kernel.deadlines.earliest(), undefined);
});

test('reading standard input waits for the outside', () => {
  const kernel = new KernelUnderTest();
  assert.equal(kernel.enter('read', 0, SPACE_ADDRESS, 10), 'blocked');
  assert.ok(kernel.thread.wait!.forInput);
  kernel.kernel.wakeInput();
  assert.equal(kernel.thread.state, 'runnable');
});

test('SIGKILL from outside ends a process that waits for its vfork child', () => {
  const kernel = new KernelUnderTest();
  const VFORK = 0x4100;
  assert.equal(kernel.enter('clone', VFORK | SIGCHLD), 'blocked');
  assert.match(kernel.thread.wait!.reason, /vfork child 2/);
  kernel.kernel.kill(1, Signal.SIGKILL);
  assert.equal(kernel.thread.state, 'dead');
  assert.deepEqual(kernel.kernel.exitOfInit, { kind: 'signaled', signal: 9 });
  kernel.switchTo(kernel.kernel.tasks()[0]);
  assert.equal(kernel.enter('exit_group', 0), 'ended');
  assert.equal(kernel.machine.frames.used, 0);
});

test('descriptors run out with EMFILE, and a failed pipe2 keeps none', () => {
  const kernel = new KernelUnderTest();
  kernel.put('/dev/null');
  let fd: number;
  while ((fd = kernel.call('openat', At.CurrentDirectory, SPACE_ADDRESS, 0, 0)) >= 0);
  assert.equal(fd, -Errno.EMFILE);
  assert.equal(kernel.call('close', 100), 0);
  assert.equal(kernel.call('pipe2', SPACE_ADDRESS, 0), -Errno.EMFILE);
  assert.equal(kernel.thread.process.files.find(100), undefined);
  assert.equal(kernel.call('close', 101), 0);
  assert.equal(kernel.call('pipe2', 8, 0), -Errno.EFAULT);
  assert.equal(kernel.thread.process.files.find(101), undefined);
});

test('/proc/self/maps and status tell of the process', () => {
  const kernel = new KernelUnderTest();
  const read = (path: string): string => {
    kernel.put(path);
    const fd = kernel.call('openat', At.CurrentDirectory, SPACE_ADDRESS, 0, 0);
    assert.ok(fd >= 0);
    const length = kernel.call('read', fd, SPACE_ADDRESS, 4000);
    return kernel.text(SPACE_ADDRESS, length);
  };
  const maps = read('/proc/self/maps');
  assert.match(maps, /^00010000-00011000 r-xp 00001000 00:01 \d+ +\/program$/m);
  assert.match(maps, /^00020000-00024000 rw-p 00000000 00:00 0 $/m);
  assert.match(maps, /rw-p .* \[stack\]$/m);
  assert.match(maps, /r-xp .* \[sigreturn\]$/m);
  assert.match(read('/proc/self/status'), /^Pid:\t1\nPPid:\t0$/m);
  assert.equal(read('/proc/1/cmdline'), 'program\0');
  kernel.put('/proc/self/exe');
  const length = kernel.call('readlinkat', At.CurrentDirectory, SPACE_ADDRESS, SPACE_ADDRESS + 100, 50);
  assert.equal(kernel.text(SPACE_ADDRESS + 100, length), '/program');
});

test('opening /dev/stdout writes where standard output goes', () => {
  const kernel = new KernelUnderTest();
  kernel.put('/dev/stdout');
  const fd = kernel.call('openat', At.CurrentDirectory, SPACE_ADDRESS, Open.WriteOnly, 0);
  kernel.put('hello');
  assert.equal(kernel.call('write', fd, SPACE_ADDRESS, 5), 5);
  assert.equal(kernel.output[1], 'hello');
});

test('a stop signal stops, and SIGCONT lets go on', () => {
  const kernel = new KernelUnderTest();
  kernel.kernel.kill(1, Signal.SIGSTOP);
  assert.equal(kernel.kernel.deliverSignals(), false);
  assert.equal(kernel.thread.state, 'blocked');
  assert.equal(kernel.thread.wait!.reason, 'stopped by a signal');
  kernel.kernel.kill(1, Signal.SIGCONT);
  assert.equal(kernel.thread.state, 'runnable');
});

test('a signal handler that cannot get a stack ends the process with SIGSEGV', () => {
  const kernel = new KernelUnderTest();
  kernel.put(new Uint8Array(new BigUint64Array([0x1_0000n, 0n, 0n]).buffer));
  kernel.call('rt_sigaction', Signal.SIGUSR1, SPACE_ADDRESS, 0, 8);
  kernel.machine.hart.setX(2, 8n);
  kernel.kernel.kill(1, Signal.SIGUSR1);
  assert.equal(kernel.kernel.deliverSignals(), false);
  assert.deepEqual(kernel.kernel.exitOfInit, { kind: 'signaled', signal: Signal.SIGSEGV });
});

test('a forged signal frame cannot set bits that user mode may not', () => {
  const kernel = new KernelUnderTest();
  const frame = new Uint8Array(1088).fill(0xff);
  kernel.put(frame);
  kernel.machine.hart.setX(2, BigInt(SPACE_ADDRESS));
  kernel.enter('rt_sigreturn');
  assert.equal(kernel.thread.mask & (1n << 8n), 0n, 'SIGKILL stays unblocked');
  assert.equal(kernel.machine.hart.fcsr, 0xff);
  assert.equal(kernel.machine.hart.pc % 2, 0);
});

test('an eventfd takes eight bytes of a write, however long it is', () => {
  const kernel = new KernelUnderTest();
  const fd = kernel.call('eventfd2', 0, 0);
  const at = kernel.put(new Uint8Array(new BigUint64Array([5n, 7n, 9n]).buffer));
  assert.equal(kernel.call('write', fd, at, 24), 8);
  assert.equal(kernel.call('read', fd, at, 24), 8);
  assert.equal(kernel.bytes(at, 1)[0], 5);
});

test('/proc/PID has the environment, the limits, the threads and the memory of a process', () => {
  const kernel = new KernelUnderTest();
  const read = (path: string): string => {
    const fd = kernel.call('openat', -100, kernel.put(path), 0);
    assert.ok(fd >= 0, path);
    const length = kernel.call('read', fd, SPACE_ADDRESS + 4096, 4096);
    kernel.call('close', fd);
    return kernel.text(SPACE_ADDRESS + 4096, Math.max(0, length));
  };
  assert.equal(read('/proc/self/environ'), '');
  assert.match(read('/proc/self/limits'), /^Limit +Soft Limit.*\nMax cpu time +unlimited +unlimited +seconds/);
  assert.match(read('/proc/self/smaps_rollup'), /\[rollup\]\nRss: +\d+ kB\n/);
  assert.match(read('/proc/1/task/1/status'), /^Name:\tprogram\n[^]*Pid:\t1\n/);
  assert.match(read('/proc/thread-self/comm'), /^program\n$/);
  assert.match(read('/proc/stat'), /^cpu /);
  const memory = kernel.call('openat', -100, kernel.put('/proc/self/mem'), 0);
  kernel.put('seen through mem');
  assert.equal(kernel.call('pread64', memory, SPACE_ADDRESS + 4096, 16, SPACE_ADDRESS), 16);
  assert.equal(kernel.text(SPACE_ADDRESS + 4096, 16), 'seen through mem');
});

test('a terminal has a foreground process group that a shell can set', () => {
  const [getGroup, setGroup, getSession, bytesAvailable] = [0x540f, 0x5410, 0x5429, 0x541b];
  const kernel = new KernelUnderTest({ terminal: { columns: 80, rows: 25 } });
  const word = (request: number): number => {
    assert.equal(kernel.call('ioctl', 0, request, SPACE_ADDRESS), 0);
    return new DataView(kernel.bytes(SPACE_ADDRESS, 4).slice().buffer).getInt32(0, true);
  };
  assert.equal(word(getGroup), 1);
  assert.equal(word(getSession), 1);
  kernel.put(new Uint8Array(4).fill(255));
  assert.equal(kernel.call('ioctl', 0, setGroup, SPACE_ADDRESS), -Errno.EINVAL);
  kernel.put(new Uint8Array([7, 0, 0, 0]));
  assert.equal(kernel.call('ioctl', 0, setGroup, SPACE_ADDRESS), -Errno.ESRCH);
  kernel.put(new Uint8Array([1, 0, 0, 0]));
  assert.equal(kernel.call('ioctl', 0, setGroup, SPACE_ADDRESS), 0);
  assert.equal(word(getGroup), 1);
  assert.equal(word(bytesAvailable), 0);
});

test('futimens and fchmod change the file that is open', () => {
  const kernel = new KernelUnderTest();
  const fd = kernel.call('openat', -100, kernel.put('/tmp/f'), Open.Create | Open.ReadWrite, 0o644);
  const times = kernel.put(new Uint8Array(new BigUint64Array([5n, 0n, 7n, 0n]).buffer));
  assert.equal(kernel.call('utimensat', fd, 0, times, 0), 0);
  assert.equal(kernel.call('fchmod', fd, 0o600), 0);
  assert.equal(kernel.call('fstat', fd, SPACE_ADDRESS), 0);
  const stat = new DataView(kernel.bytes(SPACE_ADDRESS, 128).slice().buffer);
  assert.equal(stat.getBigInt64(88, true), 7n);
  assert.equal(stat.getUint32(16, true) & 0o777, 0o600);
});

test('pages of files that nobody maps give way when memory is short, and what was written to them is kept', () => {
  const MIB = 2 ** 20;
  const bytes = new Uint8Array(3 * MIB).map((_, i) => i >>> 12);
  const under = new KernelUnderTest({ memory: 4 * MIB, files: new Map([['/big', { bytes }]]) });
  const POPULATE = 0x8000;
  const fd = under.call('openat', -100, under.put('/big'), 2, 0);
  const file = under.call('mmap', 0, 3 * MIB, 3, 1 | POPULATE, fd, 0);
  under.put(new Uint8Array([77]), file + 5 * 4096);
  assert.equal(under.call('munmap', file, 3 * MIB), 0);
  assert.ok(under.machine.frames.available < 300, 'the page cache keeps what was read');
  const own = under.call('mmap', 0, 3 * MIB, 3, 0x22 | POPULATE, -1, 0);
  const resident = new Uint8Array(768);
  assert.equal(under.call('mincore', own, 3 * MIB, under.put(resident)), 0);
  assert.ok(under.bytes(under.put('x', own + 3 * MIB - 2), 1)[0] === 'x'.charCodeAt(0));
  assert.equal(under.call('munmap', own, 3 * MIB), 0);
  assert.equal(under.call('pread64', fd, under.put(new Uint8Array(2)), 1, 5 * 4096), 1);
  assert.equal(under.bytes(SPACE_ADDRESS, 1)[0], 77, 'stored through a shared mapping');
  assert.equal(under.call('pread64', fd, SPACE_ADDRESS, 1, 700 * 4096), 1);
  assert.equal(under.bytes(SPACE_ADDRESS, 1)[0], 700 & 0xff);
});

test('RLIMIT_CPU warns each second beyond the soft limit and kills at the hard one', () => {
  const under = new KernelUnderTest();
  const { kernel, machine } = under;
  const RLIMIT_CPU = 0;
  const SIGXCPU = 24;
  under.call('rt_sigaction', SIGXCPU, under.put(new Uint8Array(new BigUint64Array([0x5000n, 0n, 0n]).buffer)), 0, 8);
  const limits = new Uint8Array(new BigUint64Array([1n, 3n]).buffer);
  assert.equal(under.call('prlimit64', 0, RLIMIT_CPU, under.put(limits), 0), 0);
  const warned: number[] = [];
  for (let tenths = 0; tenths < 40 && kernel.tasks().length > 0; tenths++) {
    machine.hart.instret += 1e8;
    kernel.deadlines.wake(machine.clock.monotonic());
    if (kernel.tasks().length > 0 && under.thread.process.pending.take(1n << 23n)) warned.push(tenths);
  }
  assert.deepEqual(warned, [9, 19]);
  assert.deepEqual(kernel.exitOfInit, { kind: 'signaled', signal: 9 });
});

test('a process in the background is stopped when it reads the terminal, and when it changes it', () => {
  const [SIGCHLD, SIGCONT, SIGTTIN, SIGTTOU] = [17, 18, 21, 22];
  const [WUNTRACED, setGroup] = [2, 0x5410];
  const under = new KernelUnderTest({ terminal: { columns: 80, rows: 25 } });
  const shell = under.thread;
  const child = under.call('clone', SIGCHLD, 0, 0, 0, 0);
  const job = under.kernel.lifeCycle.thread(child)!;
  under.switchTo(job);
  assert.equal(under.call('setpgid', 0, 0), 0);
  const stoppedBy = (signal: number): void => {
    assert.equal(under.kernel.deliverSignals(), false);
    assert.equal(job.process.stopped, true);
    under.switchTo(shell);
    assert.equal(under.call('wait4', child, SPACE_ADDRESS, WUNTRACED, 0), child);
    assert.deepEqual([...under.bytes(SPACE_ADDRESS, 2)], [0x7f, signal]);
  };
  under.enter('read', 0, SPACE_ADDRESS, 10);
  stoppedBy(SIGTTIN);
  assert.equal(under.call('kill', child, SIGCONT), 0);
  under.switchTo(job);
  under.put(new Uint8Array([child, 0, 0, 0]));
  under.enter('ioctl', 0, setGroup, SPACE_ADDRESS);
  stoppedBy(SIGTTOU);
  assert.equal(under.call('ioctl', 0, setGroup, under.put(new Uint8Array([child, 0, 0, 0]))), 0);
  assert.equal(under.call('kill', child, SIGCONT), 0);
  under.switchTo(job);
  assert.equal(under.enter('read', 0, SPACE_ADDRESS, 10), 'blocked', 'in the foreground it waits for input');
  under.switchTo(shell);
  const ignore = under.put(new Uint8Array(new BigUint64Array([1n, 0n, 0n]).buffer));
  under.call('rt_sigaction', SIGTTIN, ignore, 0, 8);
  assert.equal(under.call('read', 0, SPACE_ADDRESS, 10), -Errno.EIO);
});

test('a stopped job whose shell ends is hung up, and an orphaned group is not stopped by the keyboard', () => {
  const [SIGCHLD, SIGHUP, SIGSTOP, SIGTSTP] = [17, 1, 19, 20];
  const under = new KernelUnderTest();
  const shell = under.kernel.lifeCycle.thread(under.call('clone', SIGCHLD, 0, 0, 0, 0))!;
  under.switchTo(shell);
  assert.equal(under.call('setpgid', 0, 0), 0);
  const job = under.kernel.lifeCycle.thread(under.call('clone', SIGCHLD, 0, 0, 0, 0))!;
  under.switchTo(job);
  assert.equal(under.call('setpgid', 0, 0), 0);
  under.call('rt_sigprocmask', 0, under.put(new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0])), 0, 8);
  under.enter('kill', 0, SIGSTOP);
  under.kernel.deliverSignals();
  assert.equal(job.process.stopped, true);
  under.switchTo(shell);
  under.enter('exit_group', 0);
  assert.equal(job.process.stopped, false);
  assert.equal(job.process.pending.peek(1n)?.signal, SIGHUP);
  under.switchTo(job);
  under.enter('kill', 0, SIGTSTP);
  assert.equal(under.kernel.deliverSignals(), true);
  assert.equal(job.process.stopped, false);
});

test('/proc tells of locks, settings, signals and locked memory', () => {
  const under = new KernelUnderTest();
  const read = (path: string): string => {
    const fd = under.call('openat', -100, under.put(path), 0, 0);
    assert.ok(fd >= 0, path);
    const length = under.call('read', fd, SPACE_ADDRESS, 4096);
    under.call('close', fd);
    return under.text(SPACE_ADDRESS, length);
  };
  assert.equal(read('/proc/sys/kernel/pid_max'), '4194304\n');
  assert.equal(read('/proc/sys/kernel/randomize_va_space'), '0\n');
  assert.equal(under.call('openat', -100, under.put('/proc/sys/kernel/toString'), 0, 0), -Errno.ENOENT);
  const [SIGUSR1, SIGUSR2] = [10, 12];
  for (const [signal, handler] of [
    [SIGUSR1, 0x5000n],
    [SIGUSR2, 1n],
  ] as const)
    under.call('rt_sigaction', signal, under.put(new Uint8Array(new BigUint64Array([handler, 0n, 0n]).buffer)), 0, 8);
  under.call('mlock', SPACE_ADDRESS, 4096);
  const status = read('/proc/self/status');
  assert.match(status, /^SigCgt:\t0000000000000200$/m);
  assert.match(status, /^SigIgn:\t0000000000000800$/m);
  assert.match(status, /^VmLck:\t +4 kB$/m);
  assert.equal(read('/proc/self/stat').split(' ').length, 52);
  const fd = under.call('openat', -100, under.put('/tmp/f'), Open.Create | Open.ReadWrite, 0o644);
  const F_SETLK = 6;
  under.call('fcntl', fd, F_SETLK, under.put(new Uint8Array(new BigInt64Array([1n, 5n, 10n, 0n]).buffer)));
  assert.match(read('/proc/locks'), /^1: POSIX {2}ADVISORY {2}WRITE 1 00:02:\d+ 5 14\n$/);
});
