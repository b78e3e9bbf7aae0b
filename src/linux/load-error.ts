/** Why a program could not be started, in words that name the file; `exitCode` after sysexits.h, `errno` for execve(2). */
export interface LoadError {
  readonly message: string;
  /** 66: cannot be read. 67: not a program that can run. 68: a bad request. 69: no memory, or something is lacking. */
  readonly exitCode: 66 | 67 | 68 | 69;
  readonly errno: number;
}
