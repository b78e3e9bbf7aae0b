import { Mode } from '../abi/flags.ts';
import { type FileAttributes, Inode, type InodeIdentity } from './inode.ts';
import { OpenFile } from './open-file.ts';
import { seekTarget } from './regular-file.ts';

/** Reads part of a file whose bytes are made when they are asked for. */
export type Generate = (offset: number, into: Uint8Array) => number;

/** A file of /proc. @param open called at each open(2): what a reader sees is of one moment, if it returns a snapshot. */
export class GeneratedFile extends Inode {
  readonly size = 0;
  readonly #open: () => Generate;

  constructor(identity: InodeIdentity, open: () => Generate) {
    super(identity, Mode.Regular | 0o444);
    this.#open = open;
  }

  open(path: string, flags: number): OpenFile {
    return new OpenGeneratedFile(path, flags, this, this.#open());
  }
}

class OpenGeneratedFile extends OpenFile {
  constructor(
    name: string,
    flags: number,
    readonly file: GeneratedFile,
    readonly generate: Generate,
  ) {
    super(name, flags);
  }

  attributes(): FileAttributes {
    return this.file.attributes();
  }

  override read(into: Uint8Array): number {
    const count = this.generate(this.position, into);
    this.position += count;
    return count;
  }

  override readAt(offset: number, into: Uint8Array): number {
    return this.generate(offset, into);
  }

  override seek(offset: number, whence: number): number {
    return (this.position = seekTarget(this.position, 0, offset, whence));
  }
}

/** Bytes that are all there when the file is opened. */
export function snapshot(bytes: Uint8Array): Generate {
  return (offset, into) => {
    const part = bytes.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  };
}
