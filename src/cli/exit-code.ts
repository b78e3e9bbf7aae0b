/**
 * Exit statuses of our own, beside the guest's. The names are those of sysexits.h where one fits; docs/command-line.md
 * explains each to users.
 */
export const enum ExitCode {
  /** A file cannot be read (EX_NOINPUT). */
  NoInput = 66,
  /** The program is not one that Pagewalk can run: not an ELF, another machine, corrupt. */
  NotRunnable = 67,
  /** A bad option or argument. */
  BadOption = 68,
  /** The guest cannot go on: out of memory, deadlock, instruction limit, or a stop that never came. */
  Unavailable = 69,
  /** A broken invariant, or a defect of Pagewalk (EX_SOFTWARE). */
  Software = 70,
}

/** Something to tell the user in one line before leaving with a status. */
export class CliError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
    this.name = 'CliError';
  }
}

/** Also of one that another bundle of the command line threw, whose class is another one. */
export function isCliError(error: unknown): error is CliError {
  return error instanceof Error && error.name === 'CliError' && 'exitCode' in error;
}
