import { Mode } from '../abi/flags.ts';
import type { OpenFile } from './open-file.ts';

/** What stat(2) tells about a file. */
export interface FileAttributes {
  readonly device: number;
  readonly inode: number;
  /** Type and permission bits, as st_mode. */
  readonly mode: number;
  readonly links: number;
  /** Device number of a device, else 0. */
  readonly rdev: number;
  readonly size: number;
  /** Nanoseconds since the epoch. */
  readonly modified: bigint;
  /** As `modified`, which it is where it is absent. */
  readonly accessed?: bigint;
}

/** st_dev of the host's files, and of what exists in the shim only. */
export const HOST_DEVICE = 1;
export const OWN_DEVICE = 2;

/** Where an inode's number comes from: the host's file, or the shim. */
export interface InodeIdentity {
  readonly device: number;
  readonly inode: number;
}

/** Numbers of the inodes that exist in the shim only: each machine's start at 1, so that a run can be repeated. */
export class OwnInodes {
  #next = 1;

  next(): InodeIdentity {
    return { device: OWN_DEVICE, inode: this.#next++ };
  }
}

/** A file of the tree, whatever its names. */
export abstract class Inode {
  links = 1;
  /** Open file descriptions of it that a path led to. */
  readonly opened = new Set<OpenFile>();
  modified = 0n;
  /** Set by utimensat(2) alone: reading leaves it, as with the mount option noatime. */
  accessed: bigint | undefined;

  /** The host's, and not to be changed even in memory: EROFS. */
  isReadOnly = false;
  readonly #firstMode: number;

  /** @param mode type and permission bits. */
  constructor(
    readonly identity: InodeIdentity,
    public mode: number,
  ) {
    this.#firstMode = mode;
  }

  get modeChanged(): boolean {
    return this.mode !== this.#firstMode;
  }

  abstract readonly size: number;

  /** @param path what it was opened as: absolute and resolved. */
  abstract open(path: string, flags: number): OpenFile;

  attributes(): FileAttributes {
    const { device, inode } = this.identity;
    const { mode, links, size, modified, accessed = modified } = this;
    return { device, inode, mode, links, rdev: 0, size, modified, accessed };
  }

  /** Whether it may be used so (`Permit` bits): there is one user, who owns every file, so that the owner's bits decide. */
  permits(wanted: number): boolean {
    return (wanted & ~(this.mode >>> 6)) === 0;
  }

  get type(): number {
    return this.mode & Mode.TypeMask;
  }

  get isDirectory(): boolean {
    return this.type === (Mode.Directory as number);
  }
}
