import { Errno, fail } from '../abi/errno.ts';
import { Mode } from '../abi/flags.ts';
import { type FileAttributes, Inode, type InodeIdentity } from './inode.ts';
import { type DirectoryEntry, OpenFile } from './open-file.ts';
import { seekTarget } from './regular-file.ts';

/** Where the entries of a directory come from besides those made by the guest. */
export interface DirectorySource {
  lookup(name: string): Inode | undefined;
  names(): readonly string[];
}

const NOTHING: DirectorySource = { lookup: () => undefined, names: () => [] };

/** A directory: its source's entries, with what the guest made and removed on top. */
export class Directory extends Inode {
  readonly #source: DirectorySource;
  readonly #entries = new Map<string, Inode>();
  readonly #removed = new Set<string>();
  /** Names that the guest made. */
  readonly #made = new Set<string>();
  /** The shim's own, over what the host has there. */
  isMount = false;
  /** Where it hangs in the tree; the root is its own parent. */
  parent: Directory;
  name = '';

  constructor(
    identity: InodeIdentity,
    permissions: number,
    parent: Directory | undefined,
    name: string,
    source: DirectorySource = NOTHING,
  ) {
    super(identity, Mode.Directory | permissions);
    this.parent = parent ?? this;
    this.name = name;
    this.#source = source;
  }

  readonly size = 4096;

  /** Absolute path. */
  get path(): string {
    if (this.parent === this) return '/';
    const above = this.parent.path;
    return above === '/' ? `/${this.name}` : `${above}/${this.name}`;
  }

  lookup(name: string): Inode | undefined {
    const entry = this.#entries.get(name);
    if (entry) return entry;
    if (this.#removed.has(name)) return undefined;
    const found = this.#source.lookup(name);
    if (!found) return undefined;
    if (found instanceof Directory) {
      found.parent = this;
      found.name = name;
    }
    this.#entries.set(name, found);
    return found;
  }

  names(): string[] {
    const names = new Set(this.#source.names());
    for (const name of this.#removed) names.delete(name);
    for (const name of this.#entries.keys()) names.add(name);
    return [...names].sort();
  }

  add(name: string, inode: Inode): void {
    this.#entries.set(name, inode);
    this.#made.add(name);
    if (inode instanceof Directory) {
      inode.parent = this;
      inode.name = name;
    }
  }

  remove(name: string): void {
    this.#entries.delete(name);
    this.#made.delete(name);
    this.#removed.add(name);
  }

  /** Names of the source that are gone. */
  removed(): string[] {
    return [...this.#removed].filter((name) => !this.#entries.has(name));
  }

  /** Whether the guest made this name. */
  isMade(name: string): boolean {
    return this.#made.has(name);
  }

  /** The entries that were made or looked up: the others are as in the source. */
  known(): [string, Inode][] {
    return [...this.#entries];
  }

  /** Taken out of the tree: nothing is in it, and nothing can be made there. */
  get isRemoved(): boolean {
    return this.links === 0;
  }

  /** Whether it may be changed: not so in /proc. */
  get isWritable(): boolean {
    return true;
  }

  open(path: string, flags: number): OpenFile {
    return new OpenDirectory(path, flags, this);
  }
}

/** /proc directories: what is in them is found anew at each look-up, and nothing can be made there. */
export class GeneratedDirectory extends Directory {
  readonly #generated: DirectorySource;

  constructor(identity: InodeIdentity, parent: Directory, name: string, source: DirectorySource) {
    super(identity, 0o555, parent, name);
    this.#generated = source;
  }

  override lookup(name: string): Inode | undefined {
    const found = this.#generated.lookup(name);
    if (found instanceof Directory) {
      found.parent = this;
      found.name = name;
    }
    return found;
  }

  override names(): string[] {
    return [...this.#generated.names()];
  }

  override get isWritable(): boolean {
    return false;
  }
}

/** An open directory; positions count entries, `.` and `..` first. */
export class OpenDirectory extends OpenFile {
  #listing: readonly DirectoryEntry[] | undefined;

  constructor(
    name: string,
    flags: number,
    readonly directory: Directory,
  ) {
    super(name, flags);
  }

  attributes(): FileAttributes {
    return this.directory.attributes();
  }

  override read(): number {
    return fail(Errno.EISDIR);
  }

  override readAt(): number {
    return fail(Errno.EISDIR);
  }

  override seek(offset: number, whence: number): number {
    this.position = seekTarget(this.position, Number.MAX_SAFE_INTEGER, offset, whence);
    if (this.position === 0) this.#listing = undefined;
    return this.position;
  }

  override entries(from: number): readonly DirectoryEntry[] {
    this.#listing ??= this.#list();
    return this.#listing.slice(from);
  }

  #list(): readonly DirectoryEntry[] {
    const { directory } = this;
    if (directory.isRemoved) return [];
    const entry = (name: string, inode: Inode): DirectoryEntry => {
      return { name, inode: inode.identity.inode, mode: inode.mode };
    };
    const listing = [entry('.', directory), entry('..', directory.parent)];
    for (const name of directory.names()) {
      const inode = directory.lookup(name);
      if (inode) listing.push(entry(name, inode));
    }
    return listing;
  }
}
