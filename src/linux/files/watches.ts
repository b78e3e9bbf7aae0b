import type { Directory } from './directory.ts';
import type { Inode } from './inode.ts';
import type { Inotify, Watch } from './inotify.ts';
import type { OpenFile } from './open-file.ts';

/** What is told of files (inotify(7)). */
export const enum FileEvent {
  Access = 1,
  Modify = 2,
  Attributes = 4,
  CloseWritten = 8,
  CloseUnwritten = 0x10,
  Open = 0x20,
  MovedFrom = 0x40,
  MovedTo = 0x80,
  Create = 0x100,
  Delete = 0x200,
  DeleteSelf = 0x400,
  MoveSelf = 0x800,
  /** All of the above. */
  Any = 0xfff,
  Overflow = 0x4000,
  Ignored = 0x8000,
  IsDirectory = 0x4000_0000,
}

/** Where in the tree a file was found. */
export interface Place {
  readonly directory: Directory;
  readonly name: string;
  readonly inode: Inode;
}

/** Who is told what about which file. */
export class FileWatches {
  readonly #watches = new Map<Inode, Watch[]>();
  #cookie = 0;

  of(inode: Inode, inotify: Inotify): Watch | undefined {
    return this.#watches.get(inode)?.find((watch) => watch.inotify === inotify);
  }

  add(watch: Watch): void {
    const { inode } = watch;
    this.#watches.set(inode, [...(this.#watches.get(inode) ?? []), watch]);
  }

  remove(watch: Watch): void {
    const rest = this.#watches.get(watch.inode)?.filter((other) => other !== watch) ?? [];
    if (rest.length > 0) this.#watches.set(watch.inode, rest);
    else this.#watches.delete(watch.inode);
  }

  /** A file was opened: what is done to it from now on happened at this place. */
  opened(file: OpenFile, place: Place): void {
    file.place = place;
    place.inode.opened.add(file);
    file.whenClosed(() => {
      const { inode } = place;
      inode.opened.delete(file);
      this.happened(file.place, file.isWritable ? FileEvent.CloseWritten : FileEvent.CloseUnwritten);
      this.#forgotten(inode);
    });
    this.happened(place, FileEvent.Open);
  }

  /** Something was done to a file: who watches its directory, or itself, is told. */
  happened(place: Place | undefined, event: FileEvent): void {
    if (!place || this.#watches.size === 0) return;
    if (place.name !== '') this.#tellChild(place, event);
    this.tell(place.inode, event);
  }

  /** Something happened to the file itself, wherever it is. */
  tell(inode: Inode, event: FileEvent): void {
    for (const watch of this.#watches.get(inode) ?? []) watch.tell(event | directoryBit(inode), '', 0);
  }

  /** A name was made. */
  created(place: Place): void {
    this.#tellChild(place, FileEvent.Create);
  }

  /** A name was removed; `inode.links` counts those that are left. */
  removed({ directory, name, inode }: Place): void {
    if (!directoryBit(inode)) this.tell(inode, FileEvent.Attributes);
    this.#forgotten(inode);
    this.#tellChild({ directory, name, inode }, FileEvent.Delete);
  }

  /** @param replaced what had the new name before, and is gone. */
  renamed(from: Place, to: Place, replaced: Inode | undefined): void {
    for (const file of from.inode.opened)
      if (file.place?.directory === from.directory && file.place.name === from.name) file.place = to;
    if (this.#watches.size === 0) return;
    const cookie = ++this.#cookie;
    this.#tellChild(from, FileEvent.MovedFrom, cookie);
    this.#tellChild(to, FileEvent.MovedTo, cookie);
    if (replaced) {
      this.tell(replaced, FileEvent.Attributes);
      this.#forgotten(replaced);
    }
    this.tell(from.inode, FileEvent.MoveSelf);
  }

  #tellChild({ directory, name, inode }: Place, event: FileEvent, cookie = 0): void {
    for (const watch of this.#watches.get(directory) ?? []) watch.tell(event | directoryBit(inode), name, cookie);
  }

  /** A file without a name that nobody has open is gone. */
  #forgotten(inode: Inode): void {
    if (inode.links > 0 || inode.opened.size > 0) return;
    this.tell(inode, FileEvent.DeleteSelf);
    for (const watch of this.#watches.get(inode) ?? []) watch.inotify.forget(watch);
  }
}

function directoryBit(inode: Inode): number {
  return inode.isDirectory ? FileEvent.IsDirectory : 0;
}
