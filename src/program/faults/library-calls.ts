/** How many arguments functions of the C library take that are given pointers. */
const ARGUMENTS: Readonly<Record<string, number>> = {
  ...{ strlen: 1, strnlen: 2, strcpy: 2, strncpy: 3, strcat: 2, strncat: 3, strcmp: 2, strncmp: 3, strcasecmp: 2 },
  ...{
    strchr: 2,
    strrchr: 2,
    strstr: 2,
    strdup: 1,
    strndup: 2,
    strtok: 2,
    strtol: 3,
    strtoul: 3,
    strtod: 2,
    stpcpy: 2,
  },
  ...{ memcpy: 3, memmove: 3, memset: 3, memcmp: 3, memchr: 3, bcopy: 3, bzero: 2, atoi: 1, atol: 1, atof: 1 },
  ...{ puts: 1, fputs: 2, fopen: 2, fclose: 1, fread: 4, fwrite: 4, fgets: 3, fflush: 1, perror: 1, getenv: 1 },
  ...{ free: 1, realloc: 2, qsort: 4, system: 1, opendir: 1, readdir: 1, closedir: 1, wcslen: 1, setenv: 3 },
};

/** What a library calls one of its functions for those who use it: `memcpy` of `__memcpy_noalignment`. */
export function publicName(name: string): string {
  const plain = name.replace(/^(?:_IO_|__(?:GI_|libc_)?|_)+(?=[a-z])/, '').replace(/@.*$/, '');
  return plain.replace(/^((?:mem|str|wcs|stp)[a-z]+?)_(?:noalignment|unaligned|generic|vector|rvv|riscv\w*)$/, '$1');
}

/** A call as the source writes it: what is not known of it is `…`. */
export function callText(name: string, given: readonly (string | undefined)[], upTo: number): string {
  const count = ARGUMENTS[name];
  const shown = Array.from({ length: Math.max(count ?? 0, upTo + 1) }, (_, index) => given[index] ?? '…');
  return `${name}(${[...shown, ...(count === undefined ? ['…'] : [])].join(', ')})`;
}
