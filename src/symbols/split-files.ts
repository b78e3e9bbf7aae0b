import type { SplitFiles } from './dwarf/split-units.ts';
import { parseObject } from './elf-file.ts';
import type { ElfFile } from './elf-file.ts';
import type { ReadBeside } from './separate-debug-file.ts';
import { baseName, joinPath } from './source-path.ts';

/**
 * Opens the `.dwo` files of a program (`-gsplit-dwarf`): where the compiler wrote them, else beside the program; and the
 * package of them, `program.dwp` beside it.
 */
export function splitFilesOf(program: string, read: ReadBeside): SplitFiles {
  const first = (paths: readonly string[]): ElfFile | undefined => {
    for (const path of paths) {
      const bytes = read(path);
      const elf = bytes && parseObject(bytes);
      if (elf) return elf;
    }
    return undefined;
  };
  return {
    open: (name, directory) => first([...new Set([joinPath(directory, name), name, baseName(name)])]),
    openPackage: () => first([`${baseName(program)}.dwp`]),
  };
}
