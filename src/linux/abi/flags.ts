/** Flag words of the syscalls, as include/uapi/linux and asm-generic give them for riscv64. */

export const enum Open {
  AccessMode = 3,
  WriteOnly = 1,
  ReadWrite = 2,
  Create = 0o100,
  Exclusive = 0o200,
  NoControllingTty = 0o400,
  Truncate = 0o1000,
  Append = 0o2000,
  NonBlock = 0o4000,
  /** Of a pipe: packets. */
  Direct = 0o40000,
  Directory = 0o200000,
  NoFollow = 0o400000,
  CloseOnExec = 0o2000000,
  Path = 0o10000000,
  /** O_TMPFILE without the O_DIRECTORY bit that it includes. */
  Temporary = 0o20000000,
}

export const enum At {
  /** dirfd: the current directory. */
  CurrentDirectory = -100,
  SymlinkNoFollow = 0x100,
  /** unlinkat; the same bit is AT_EACCESS for faccessat. */
  RemoveDirectory = 0x200,
  SymlinkFollow = 0x400,
  NoAutomount = 0x800,
  EmptyPath = 0x1000,
}

/** What access(2) asks for, and what a permission bit of an owner allows. */
export const enum Permit {
  Execute = 1,
  Write = 2,
  Read = 4,
}

/** File type bits of st_mode (inode(7)). */
export const enum Mode {
  TypeMask = 0o170000,
  Socket = 0o140000,
  Fifo = 0o010000,
  Character = 0o020000,
  Directory = 0o040000,
  Regular = 0o100000,
  Symlink = 0o120000,
}

export const enum Prot {
  Read = 1,
  Write = 2,
  Execute = 4,
  GrowsDown = 0x0100_0000,
}

export const enum MapFlag {
  Shared = 1,
  Private = 2,
  SharedValidate = 3,
  TypeMask = 0xf,
  Fixed = 0x10,
  Anonymous = 0x20,
  GrowsDown = 0x100,
  Locked = 0x2000,
  NoReserve = 0x4000,
  Populate = 0x8000,
  HugeTlb = 0x4_0000,
  FixedNoReplace = 0x10_0000,
}

export const enum Remap {
  MayMove = 1,
  Fixed = 2,
  DontUnmap = 4,
}

export const enum Clone {
  ExitSignal = 0xff,
  Vm = 0x100,
  Fs = 0x200,
  Files = 0x400,
  Sighand = 0x800,
  Pidfd = 0x1000,
  Vfork = 0x4000,
  Parent = 0x8000,
  Thread = 0x1_0000,
  SysvSem = 0x4_0000,
  SetTls = 0x8_0000,
  ParentSetTid = 0x10_0000,
  ChildClearTid = 0x20_0000,
  Detached = 0x40_0000,
  ChildSetTid = 0x100_0000,
}

/** CLONE_NEW*: namespaces are for superusers. */
export const NEW_NAMESPACES = 0x7e02_0000;

export const enum WaitFlag {
  NoHang = 1,
  Untraced = 2,
  Exited = 4,
  Continued = 8,
  NoWait = 0x100_0000,
}

export const enum SignalFlag {
  NoChildStop = 1,
  NoChildWait = 2,
  OnStack = 0x0800_0000,
  Restart = 0x1000_0000,
  NoDefer = 0x4000_0000,
  ResetHandler = 0x8000_0000,
}

export const enum AltStack {
  OnStack = 1,
  Disable = 2,
  AutoDisarm = 0x8000_0000,
  /** MINSIGSTKSZ of riscv. */
  MinSize = 2048,
}

export const enum PollEvent {
  In = 1,
  Priority = 2,
  Out = 4,
  Error = 8,
  HangUp = 16,
  Invalid = 32,
  ReadNormal = 0x40,
  WriteNormal = 0x100,
  /** The peer has shut its writing side down. */
  ReadHangUp = 0x2000,
}

export const enum FutexOp {
  Wait = 0,
  Wake = 1,
  Requeue = 3,
  CmpRequeue = 4,
  WakeOp = 5,
  WaitBitset = 9,
  WakeBitset = 10,
  PrivateFlag = 128,
  ClockRealtime = 256,
}

export const enum ClockId {
  Realtime = 0,
  Monotonic = 1,
  ProcessCpu = 2,
  ThreadCpu = 3,
  MonotonicRaw = 4,
  RealtimeCoarse = 5,
  MonotonicCoarse = 6,
  Boottime = 7,
  RealtimeAlarm = 8,
  BoottimeAlarm = 9,
  Tai = 11,
}

export const enum MessageFlag {
  Peek = 2,
  ControlTruncated = 8,
  Truncated = 0x20,
  DontWait = 0x40,
  WaitAll = 0x100,
  NoSignal = 0x4000,
  WaitForOne = 0x1_0000,
  CloseOnExec = 0x4000_0000,
}

/** ioctl(2): bytes that can be read. */
export const FIONREAD = 0x541b;
