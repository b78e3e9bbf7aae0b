import { ROOT_MODES, type RootMode } from '../linux/host.ts';
import { parseRamSize } from '../memory/ram-size.ts';
import { FAULTY_PLATFORM_NAMES, PLATFORM_NAMES } from '../platform/registry.ts';
import { err, ok, type Result } from '../result.ts';

/** Which side of a fork the debugger stops in afterwards; the other runs freely. */
export type FollowFork = 'both' | 'parent' | 'child';

/** The attributes of a launch request, checked and completed. */
export interface LaunchConfig {
  /** A file of the host. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A guest path. */
  readonly cwd: string;
  /** A file of the host; without it the debug console is the standard input. */
  readonly stdin: string | undefined;
  readonly sysroot: string | undefined;
  /** The folder of the host that the guest sees as `/`. */
  readonly root: string | undefined;
  /** What becomes of the guest's changes below `root`. */
  readonly rootMode: RootMode;
  readonly platform: string;
  /** Bytes of guest RAM. */
  readonly memory: number;
  readonly engine: 'auto' | 'interpreter';
  readonly stopOnEntry: boolean;
  readonly followFork: FollowFork;
  /** Stop at events, and step, in the code of persons only: not in the C library, the dynamic loader and the runtimes of languages. */
  readonly justMyCode: boolean;
  /** Say in the console at each stop what has changed since the last one. */
  readonly tellChanges: boolean;
  /** Stop before the last process is torn down, so that its last state can be looked at. */
  readonly stopAtExit: boolean;
  /** From prefixes of the paths in the debug information to folders of the host. */
  readonly sourceMap: Readonly<Record<string, string>>;
  /** Check the invariants of address spaces after every transition, and stop where one is broken. */
  readonly check: boolean;
  /** Seed of address-space layout randomisation, which is off without one. */
  readonly aslr: number | undefined;
  /** Seed of turns of random lengths; without one all are alike. */
  readonly schedule: number | undefined;
  /** Run without stopping anywhere. */
  readonly noDebug: boolean;
}

type Attributes = Readonly<Record<string, unknown>>;

const FOLLOW: readonly FollowFork[] = ['both', 'parent', 'child'];
const ENGINES = ['auto', 'interpreter'];
const FILES = ['program', 'cwd', 'stdin', 'sysroot', 'root'];
const TEXTS = [...FILES, 'rootMode', 'memory', 'platform', 'engine', 'followFork'];

/** Checks the arguments of a launch request. An error is a sentence that names the attribute and what it takes. */
export function parseLaunch(attributes: unknown): Result<LaunchConfig, string> {
  if (typeof attributes !== 'object' || attributes === null || Array.isArray(attributes))
    return err('The launch request has no arguments.');
  const problem = firstProblem(attributes as Attributes);
  if (problem) return err(problem);
  const given = attributes as Partial<LaunchConfig> & { memory?: string };
  const memory = parseMemory(given.memory ?? '512M');
  if (!memory.ok) return memory;
  return ok({
    program: given.program!,
    args: given.args ?? [],
    env: given.env ?? {},
    cwd: given.cwd ?? '/',
    stdin: given.stdin || undefined,
    sysroot: given.sysroot || undefined,
    root: given.root || undefined,
    rootMode: given.rootMode ?? ROOT_MODES[0],
    platform: given.platform ?? PLATFORM_NAMES[0],
    memory: memory.value,
    engine: given.engine ?? 'auto',
    stopOnEntry: given.stopOnEntry ?? false,
    followFork: given.followFork ?? 'both',
    justMyCode: given.justMyCode ?? true,
    tellChanges: given.tellChanges ?? true,
    stopAtExit: given.stopAtExit ?? false,
    sourceMap: given.sourceMap ?? {},
    check: given.check ?? false,
    aslr: given.aslr,
    schedule: given.schedule,
    noDebug: given.noDebug ?? false,
  });
}

function firstProblem(attributes: Attributes): string | undefined {
  const { program, root, rootMode, platform, followFork, engine } = attributes;
  if (program === undefined || program === '') return '"program" is missing: name the RISC-V program to run.';
  for (const name of TEXTS) if (!isAbsentOr(isText, attributes[name])) return `"${name}" must be a string.`;
  for (const name of ['stopOnEntry', 'noDebug', 'check', 'justMyCode', 'tellChanges', 'stopAtExit'])
    if (!isAbsentOr(isBoolean, attributes[name])) return `"${name}" must be true or false.`;
  for (const name of ['aslr', 'schedule'])
    if (!isAbsentOr(isSeed, attributes[name])) return `"${name}" must be a whole number that is not negative.`;
  for (const name of ['env', 'sourceMap'])
    if (!isAbsentOr(isTextMap, attributes[name])) return `"${name}" must be an object whose values are strings.`;
  if (!isAbsentOr(isTextList, attributes['args'])) return '"args" must be an array of strings.';
  if (rootMode === 'save' && !root) return '"rootMode" is "save", but "root" is missing: name the folder to save in.';
  return (
    notOneOf('rootMode', rootMode as string | undefined, ROOT_MODES) ??
    notOneOf('platform', platform as string | undefined, [...PLATFORM_NAMES, ...FAULTY_PLATFORM_NAMES]) ??
    notOneOf('followFork', followFork as string | undefined, FOLLOW) ??
    notOneOf('engine', engine as string | undefined, ENGINES)
  );
}

/** Bytes of a size such as `512M`. */
function parseMemory(text: string): Result<number, string> {
  const bytes = parseRamSize(text);
  return bytes.ok ? bytes : err(`"memory" ${bytes.error}, not "${text}".`);
}

function notOneOf(name: string, value: string | undefined, known: readonly string[]): string | undefined {
  if (value === undefined || known.includes(value)) return undefined;
  return `"${name}" must be ${known.map((one) => `"${one}"`).join(' or ')}, not "${value}".`;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isSeed = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isTextMap = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isText);
const isAbsentOr = (is: (value: unknown) => boolean, value: unknown): boolean => value === undefined || is(value);
