import type { AddressSpace } from '../platform/address-space.ts';
import { CpuAlarms, NO_ALARM } from './cpu-alarms.ts';
import type { Directory } from './files/directory.ts';
import type { FaultFile } from './files/fault-file.ts';
import type { FileDescriptors } from './files/file-descriptors.ts';
import type { OpenFile } from './files/open-file.ts';
import type { RegularFile } from './files/regular-file.ts';
import type { ExitStatus, Process, ProcessState } from './process.ts';
import { ForkAdvice } from './fork-advice.ts';
import { PageRanges } from './page-ranges.ts';
import type { ResourceLimits } from './resource-limits.ts';
import { ResourceUsage } from './resource-usage.ts';
import type { SignalActions } from './signal-actions.ts';
import { SignalQueue } from './signal-queue.ts';
import type { Terminal } from './terminals/terminal.ts';
import type { Thread } from './thread.ts';
import type { UserMemory } from './user-memory.ts';
import { WaitQueue } from './wait-queue.ts';

/** What CLONE_FS shares. */
export interface FileSystemContext {
  directory: Directory;
  umask: number;
}

/** What exec decides about an image. */
export interface Image {
  /** Absolute guest path. */
  readonly path: string;
  /** First address of the heap; the break starts there. */
  readonly heapStart: number;
  /** Where a signal handler returns to. */
  readonly signalReturn: number;
}

/** Something that waitid(2) can report besides an end. */
export type StopReport = { readonly kind: 'stopped'; readonly signal: number } | { readonly kind: 'continued' };

/** What the child of a fork takes over, or shares where clone(2) was asked to. */
export interface Inheritance {
  readonly files: FileDescriptors;
  readonly fileSystem: FileSystemContext;
  readonly actions: SignalActions;
  readonly limits: ResourceLimits;
}

/** A process with what the shim keeps about it. */
export class ThreadGroup implements Process {
  readonly tasks: Thread[] = [];
  space: AddressSpace | undefined;
  executable = '';
  /** The file that it executes. */
  program: RegularFile | undefined;
  argv: readonly string[] = [];
  /** The environment that the image was started with: each string with its NUL. */
  environment: Uint8Array = new Uint8Array();
  state: ProcessState = 'running';
  exitStatus: ExitStatus | undefined;
  image: Image = { path: '', heapStart: 0, signalReturn: 0 };
  /** The program break: end of the heap in bytes, not page aligned. */
  programBreak = 0;
  files: FileDescriptors;
  fileSystem: FileSystemContext;
  actions: SignalActions;
  readonly limits: ResourceLimits;
  /** Signals to the process as a whole: any of its threads may take them. */
  readonly pending = new SignalQueue();
  processGroup: number;
  session: number;
  /** Its controlling terminal (credentials(7)). */
  terminal: Terminal | undefined;
  /** A session leader's: the group in the foreground of the terminal that it had when that was hung up. */
  hungUpGroup = 0;
  /** Sent to the parent at the end; 0 for none. */
  exitSignal = 17;
  /** The thread that made it, or adopted it; absent for orphans. */
  parentThread: Thread | undefined;
  /** prctl(PR_SET_CHILD_SUBREAPER): orphans among its descendants become its children. */
  isSubreaper = false;
  /** prctl(PR_SET_DUMPABLE). */
  isDumpable = true;
  /** personality(2). */
  personality = 0;
  /** prctl(PR_SET_PDEATHSIG): the signal that it gets when its parent ends; 0 for none. */
  parentDeathSignal = 0;
  /** Threads of this process that wait for a child. */
  readonly childEvents = new WaitQueue();
  /** Set when its parent ended before it: nobody waits for it, so it is reaped at once. */
  orphaned = false;
  stopped = false;
  /** What a parent with WUNTRACED or WCONTINUED has not been told yet. */
  stopReport: StopReport | undefined;
  /** Lets the parent of a vfork run on. */
  releaseParent: (() => void) | undefined;
  /** What its threads have used that are gone. */
  readonly pastUsage = new ResourceUsage();
  /** What children that were waited for have used, and theirs. */
  readonly childUsage = new ResourceUsage();
  /** The most pages that one of the images had which it has left, and one of those children. */
  pastPeak = 0;
  childPeak = 0;
  /** Virtual time of the next SIGALRM of setitimer(ITIMER_REAL), and its period; 0 for none. */
  alarm = NO_ALARM;
  /** What rings by the time that it has run. */
  readonly cpuAlarms = new CpuAlarms();
  /** clone(2) gave it another process's memory: what it writes at its end is seen there. */
  sharesMemory = false;
  /** madvise(2): what a child does not get. */
  forkAdvice = new ForkAdvice();
  /** mlock(2), and whether what is mapped later is locked too. */
  lockedMemory = new PageRanges<true>();
  locksFuture = false;
  /** userfaultfd(2): whom the faults on missing pages are told. */
  readonly faultFiles = new PageRanges<FaultFile>();
  /** Woken when it ends. */
  readonly ended = new WaitQueue();
  /** Has executed a program since it was forked: setpgid(2) is refused then. */
  executed = false;

  constructor(
    readonly pid: number,
    public parentPid: number,
    readonly forkedFrom: number | undefined,
    readonly memory: UserMemory,
    inherited: Inheritance,
    parent: ThreadGroup | undefined,
  ) {
    this.files = inherited.files;
    this.fileSystem = inherited.fileSystem;
    this.actions = inherited.actions;
    this.limits = inherited.limits;
    this.space = memory.space;
    this.processGroup = parent?.processGroup ?? pid;
    this.session = parent?.session ?? pid;
    this.terminal = parent?.terminal;
    if (parent) {
      this.executable = parent.executable;
      this.program = parent.program;
      this.argv = parent.argv;
      this.environment = parent.environment;
      this.image = parent.image;
      this.programBreak = parent.programBreak;
      this.isDumpable = parent.isDumpable;
      this.personality = parent.personality;
    }
  }

  /**
   * Takes over the caller's reference.
   * @returns the lowest free descriptor not below `from`; EMFILE where RLIMIT_NOFILE allows none.
   */
  addFile(file: OpenFile, closeOnExec: boolean, from = 0): number {
    return this.files.add(file, closeOnExec, this.limits.openFiles, from);
  }

  /** Threads that have not ended. */
  liveTasks(): Thread[] {
    return this.tasks.filter((task) => task.state !== 'dead');
  }

  instructions(): number {
    return this.tasks.reduce((sum, { usage }) => sum + usage.instructions, this.pastUsage.instructions);
  }

  /** What all its threads have used. */
  usage(): ResourceUsage {
    return this.tasks.reduce((sum, { usage }) => sum.add(usage), new ResourceUsage().add(this.pastUsage));
  }

  /** The most pages that it had at a time, whatever it executed. */
  get peakPages(): number {
    return this.space ? Math.max(this.pastPeak, this.memory.sizes.peakPresent) : this.pastPeak;
  }

  /** To be called when it leaves its image. */
  keepPeak(): void {
    this.pastPeak = this.peakPages;
  }
}
