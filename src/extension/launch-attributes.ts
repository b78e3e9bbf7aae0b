/** What is wrong with an attribute of a launch configuration. */
export interface AttributeProblem {
  readonly attribute: string;
  readonly expected: Expectation;
}

/** What an attribute takes. */
export type Expectation =
  | { readonly kind: 'text' | 'texts' | 'text-map' | 'yes-no' | 'size' }
  | { readonly kind: 'one-of'; readonly values: readonly string[] };

const TEXT: Expectation = { kind: 'text' };

/** The attributes of the design's launch configuration. `null` in `env` is not allowed: nothing of the host is inherited. */
const ATTRIBUTES: Readonly<Record<string, Expectation>> = {
  program: TEXT,
  args: { kind: 'texts' },
  env: { kind: 'text-map' },
  cwd: TEXT,
  stdin: TEXT,
  sysroot: TEXT,
  root: TEXT,
  platform: { kind: 'one-of', values: ['independent', 'single'] },
  memory: { kind: 'size' },
  engine: { kind: 'one-of', values: ['auto', 'interpreter'] },
  stopOnEntry: { kind: 'yes-no' },
  followFork: { kind: 'one-of', values: ['both', 'parent', 'child'] },
  check: { kind: 'yes-no' },
  sourceMap: { kind: 'text-map' },
};

/** The first attribute whose value the debugger cannot take; attributes that it does not know are VS Code's own. */
export function firstProblem(configuration: Readonly<Record<string, unknown>>): AttributeProblem | undefined {
  for (const [attribute, expected] of Object.entries(ATTRIBUTES)) {
    const value = configuration[attribute];
    if (value !== undefined && !meets(value, expected)) return { attribute, expected };
  }
  return undefined;
}

function meets(value: unknown, expected: Expectation): boolean {
  switch (expected.kind) {
    case 'text':
      return isText(value);
    case 'texts':
      return Array.isArray(value) && value.every(isText);
    case 'text-map':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isText);
    case 'yes-no':
      return typeof value === 'boolean';
    case 'size':
      return isText(value) && /^[0-9]+[KMG]$/.test(value);
    case 'one-of':
      return isText(value) && expected.values.includes(value);
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
