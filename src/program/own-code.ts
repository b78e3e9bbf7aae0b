import type { CallStack, StackFrame } from './call-stack.ts';
import { sourceFilesOf, type Image, type ImageTable } from './images.ts';

/*
 * Whose code is it? A person's is what has source lines and belongs neither to the system (the C library, the dynamic
 * loader, the runtimes of languages) nor to the runtime of the bundled samples. Modules are told by their guest paths, what
 * is linked statically or inlined by the paths in the debug information.
 */

/** Folders of a system's libraries. The program itself may lie there, too. */
const SYSTEM_FOLDERS = /^\/(usr\/)?lib(32|64|exec)?\//;
/** Libraries that languages and systems bring along, wherever they lie. */
const SYSTEM_LIBRARIES =
  /(^|\/)(ld(64)?[-.].*|lib(c|m|dl|rt|pthread|util|resolv|anl|nsl|nss_\w+|crypt|thread_db|gcc_s|stdc\+\+|c\+\+|c\+\+abi|unwind|atomic|gomp|quadmath|[atlu]b?san|std-[0-9a-f]+|go))([-.]\d[\w.]*)?\.so(\.[\d.]+)?$/;
const LOADERS = /(^|\/)ld(64)?[-.][^/]*\.so(\.[\d.]+)?$/;

/** Packages of Go's standard library that have code of their own in most programs. */
const GO_PACKAGES =
  '(archive|bufio|bytes|cmp|compress|container|context|crypto|database|debug|embed|encoding|errors|expvar|flag|fmt|go|hash|html|image|internal|io|iter|log|maps|math|mime|net|os|path|plugin|reflect|regexp|runtime|slices|sort|strconv|strings|sync|syscall|testing|text|time|unicode|unique|unsafe|vendor)';
/** Folders of glibc's sources: distributions leave the rest of the path out. */
const GLIBC_FOLDERS =
  '(argp|assert|csu|ctype|debug|dirent|dlfcn|elf|gmon|htl|iconv|iconvdata|inet|intl|io|libio|locale|login|malloc|math|misc|nptl|nptl_db|nss|posix|resolv|resource|rt|setjmp|shadow|signal|socket|soft-fp|stdio-common|stdlib|string|sunrpc|support|sysdeps|sysvipc|termios|time|timezone|wcsmbs|wctype)';

const SYSTEM_SOURCES: readonly RegExp[] = [
  /^\/usr\/(src|include|lib(32|64|exec)?|share|[\w.]+-linux-[\w.]+)\//,
  /\/include\/c\+\+\/(v?\d)/,
  /\/(lib|lib64|libexec)\/(gcc|gcc-cross|clang|rustlib|zig)\//,
  /\/sysroot\/(usr|lib)\//,
  /(^|\/)(e?glibc|gcc|musl|newlib|uclibc(-ng)?|compiler-rt|libcxx(abi)?|libunwind)-[\d.]+[^/]*\//i,
  /\/llvm-project\/(compiler-rt|libcxx|libcxxabi|libunwind)\//,
  new RegExp(`^(\\.\\.?/)*${GLIBC_FOLDERS}/`),
  /(^|\/)rustc\/[0-9a-f]{7,}\//,
  /(^|\/)rust\/(deps|library)\//,
  /\/\.cargo\/(registry|git)\//,
  /\/library\/(alloc|core|std|panic_unwind|panic_abort|backtrace|unwind|proc_macro|test)\/src\//,
  new RegExp(
    `(^|/(go|golang|toolchain@)[^/]*/src/|/\\d[\\d.]*/x64/src/|/libexec/src/)${GO_PACKAGES}(/[^/]+)*/[^/]+\\.(go|s)$`,
  ),
  /\/pkg\/mod\//,
  /\/pagewalk\/samples\/runtime\//,
];

/** Functions that programs begin in. */
const MAINS = ['main', 'main.main'];
const MOST_REMEMBERED = 10_000;

/** Whether a source file is the system's, by its path in the debug information. */
function isSystemSource(file: string): boolean {
  return SYSTEM_SOURCES.some((pattern) => pattern.test(file));
}

/** Whether a program or library is the system's, by its guest path. */
function isSystemLibrary(path: string): boolean {
  return SYSTEM_FOLDERS.test(path) || SYSTEM_LIBRARIES.test(path);
}

/** Tells a person's code from that of the system. */
export class OwnCode {
  readonly images: ImageTable;
  /** Answers for source files, by the folder that counts as the person's. */
  readonly #known = new Map<string, boolean>();
  readonly #homes = new WeakMap<Image, string>();
  #hasSeenAny = false;

  constructor(images: ImageTable) {
    this.images = images;
  }

  /** Whether a frame is that of a person's function. */
  isOwn({ image, line, task }: Pick<StackFrame, 'image' | 'line' | 'task'>): boolean {
    return image !== undefined && line !== undefined && this.isOwnFile(image, line.file, task.process.executable);
  }

  /** Whether a source file of an image is a person's. @param program the one that runs, which may lie anywhere */
  isOwnFile(image: Image, file: string, program: string): boolean {
    if (image.path !== program && isSystemLibrary(image.path)) return false;
    const home = this.#home(image);
    const key = `${home}\0${file}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size === MOST_REMEMBERED) this.#known.clear();
    const isOwn = (home !== '' && file.startsWith(home)) || !isSystemSource(file);
    this.#known.set(key, isOwn);
    return isOwn;
  }

  /** The innermost frame of a person's function, how many calls deep it may be. */
  innermost(stack: CallStack, from = 0): StackFrame | undefined {
    for (let level = from; level < from + MOST_FRAMES; level++) {
      const frame = stack.at(level);
      if (!frame) return undefined;
      if (this.isOwn(frame)) return frame;
    }
    return undefined;
  }

  /**
   * The person's frame that what happens on top of a stack is for: none where nobody's function is being executed, and none
   * for what the dynamic loader does unasked, when it looks up a function at its first call.
   */
  responsible(stack: CallStack): StackFrame | undefined {
    const frame = this.innermost(stack);
    if (!frame) return undefined;
    for (let level = 0; level < frame.level; level++) {
      const { image } = stack.at(level)!;
      if (!image || !LOADERS.test(image.path)) return frame;
    }
    return frame.level === 0 ? frame : undefined;
  }

  /** Whether any program so far has had code of a person: where none has lines, all code is alike. */
  get exists(): boolean {
    this.#hasSeenAny ||= this.images
      .all()
      .some((image) => sourceFilesOf(image).some((file) => this.isOwnFile(image, file, image.path)));
    return this.#hasSeenAny;
  }

  /** The folder with the source of `main`, with a slash: what lies there is a person's wherever it is. '' without one. */
  #home(image: Image): string {
    let home = this.#homes.get(image);
    if (home === undefined) {
      const { symbols } = image;
      const at = MAINS.map((name) => symbols?.functionNamed(name)).find((address) => address !== undefined);
      const file = (at !== undefined && symbols?.lineAt(at)?.file) || '';
      const folder = file.slice(0, file.lastIndexOf('/') + 1);
      // The samples' runtime has its own main, the root folder has everything.
      home = folder.length > 1 && folder.startsWith('/') ? folder : '';
      this.#homes.set(image, home);
    }
    return home;
  }
}

/** A runaway recursion in a library has no person's frame within reach. */
const MOST_FRAMES = 200;
