import type { MemoryObject } from '../../platform/memory-object.ts';
import { Errno, fail } from '../abi/errno.ts';
import { Mode } from '../abi/flags.ts';
import type { RandomSource } from '../random.ts';
import { type FileAttributes, Inode, type InodeIdentity, type OwnInodes } from './inode.ts';
import { OpenFile } from './open-file.ts';

/** What a character device does when it is read or written; `rdev` as devices.txt of the kernel numbers it. */
interface Behaviour {
  readonly rdev: number;
  read(into: Uint8Array): number;
  write?(bytes: Uint8Array): number;
  /** mmap gives zeroes. */
  readonly mapsZeroes?: boolean;
}

/** Opens the current process's controlling terminal. */
export type OpenTerminal = (flags: number, device: () => FileAttributes) => OpenFile;

class Device extends Inode {
  readonly size = 0;

  constructor(
    identity: InodeIdentity,
    readonly rdev: number,
    readonly opener: (path: string, flags: number, device: Device) => OpenFile,
  ) {
    super(identity, Mode.Character | 0o666);
  }

  open(path: string, flags: number): OpenFile {
    return this.opener(path, flags, this);
  }

  override attributes(): FileAttributes {
    return { ...super.attributes(), rdev: this.rdev };
  }
}

class OpenDevice extends OpenFile {
  constructor(
    name: string,
    flags: number,
    readonly device: Device,
    readonly behaviour: Behaviour,
  ) {
    super(name, flags);
  }

  attributes(): FileAttributes {
    return this.device.attributes();
  }

  override read(into: Uint8Array): number {
    return this.behaviour.read(into);
  }

  override write(bytes: Uint8Array): number {
    return this.behaviour.write?.(bytes) ?? bytes.length;
  }

  override readAt(_offset: number, into: Uint8Array): number {
    return this.read(into);
  }

  override writeAt(_offset: number, bytes: Uint8Array): number {
    return this.write(bytes);
  }

  override seek(): number {
    return 0;
  }

  override memoryObject(): MemoryObject | undefined {
    return this.behaviour.mapsZeroes ? undefined : super.memoryObject();
  }
}

/** The devices of /dev, by name. @param openTerminal what /dev/tty does. */
export function devices(
  numbers: OwnInodes,
  random: RandomSource,
  openTerminal: OpenTerminal,
): ReadonlyMap<string, Inode> {
  const zeroes = (into: Uint8Array): number => {
    into.fill(0);
    return into.length;
  };
  const randomBytes = (into: Uint8Array): number => {
    random.fill(into);
    return into.length;
  };
  const behaviours: Record<string, Behaviour> = {
    null: { rdev: 0x103, read: () => 0 },
    zero: { rdev: 0x105, read: zeroes, mapsZeroes: true },
    full: { rdev: 0x107, read: zeroes, write: () => fail(Errno.ENOSPC) },
    random: { rdev: 0x108, read: randomBytes },
    urandom: { rdev: 0x109, read: randomBytes },
  };
  const found = new Map<string, Inode>();
  for (const [name, behaviour] of Object.entries(behaviours))
    found.set(
      name,
      new Device(
        numbers.next(),
        behaviour.rdev,
        (path, flags, device) => new OpenDevice(path, flags, device, behaviour),
      ),
    );
  found.set(
    'tty',
    new Device(numbers.next(), 0x500, (_path, flags, device) => openTerminal(flags, () => device.attributes())),
  );
  return found;
}
