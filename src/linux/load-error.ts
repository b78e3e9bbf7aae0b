/** Why a program could not be started, in words that name the file; `exitCode` after sysexits.h, `errno` for execve(2). */
export interface LoadError {
  readonly message: string;
  /** 66 EX_NOINPUT, 65 → 67..70: see docs/command-line.md. */
  readonly exitCode: 66 | 67 | 68 | 69 | 70;
  readonly errno: number;
}
