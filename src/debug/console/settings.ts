import { err, ok } from '../../result.ts';
import type { FollowFork } from '../launch.ts';
import type { Answer, ConsoleCommand, ConsoleScope } from './command.ts';

interface Setting {
  /** The words that it takes. */
  readonly values: readonly string[];
  get(scope: ConsoleScope): string;
  set(scope: ConsoleScope, value: string): void;
}

/** Which sides of a fork stay under the debugger, as gdb's two settings have it. */
const FORK_MODES: Record<FollowFork, { readonly mode: string; readonly detach: string }> = {
  both: { mode: 'parent', detach: 'off' },
  parent: { mode: 'parent', detach: 'on' },
  child: { mode: 'child', detach: 'on' },
};

/** The settings of gdb that are some of ours as well. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  'follow-fork-mode': {
    values: ['parent', 'child'],
    get: ({ debuggee }) => FORK_MODES[debuggee.run.followFork].mode,
    set({ debuggee }, value) {
      debuggee.run.followFork = value as 'parent' | 'child';
    },
  },
  'detach-on-fork': {
    values: ['on', 'off'],
    get: ({ debuggee }) => FORK_MODES[debuggee.run.followFork].detach,
    set({ debuggee }, value) {
      if (value === 'off') debuggee.run.followFork = 'both';
      else if (debuggee.run.followFork === 'both') debuggee.run.followFork = 'parent';
    },
  },
  'scheduler-locking': {
    values: ['on', 'off'],
    get: ({ state }) => (state.runScope === 'process' ? 'on' : 'off'),
    set({ state }, value) {
      state.runScope = value === 'on' ? 'process' : 'all';
    },
  },
};

/** Where that is set which is a setting of gdb's. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  args: '"args" in launch.json are the arguments of the program',
  environment: '"env" in launch.json is the environment of the program',
  cwd: '"cwd" in launch.json is the working directory of the program',
  sysroot: '"sysroot" in launch.json is where the libraries are',
  'substitute-path': '"sourceMap" in launch.json leads from the paths in the debug information to folders',
  'disable-randomization': '"aslr" in launch.json is the seed of random places; without one there are none',
  'stop-on-solib-events': 'check Map among the events to stop at',
  'disassemble-next-line': 'the Disassembly view shows the next instruction',
};

/** What makes no difference here, so that scripts and habits meet no error. */
const WITHOUT_EFFECT =
  /^(print|pagination|confirm|height|width|history|style|verbose|non-stop|schedule-multiple|logging|breakpoint|listsize|disassembly-flavor|language|architecture|debuginfod)\b/;

export const SETTING_COMMANDS: readonly ConsoleCommand[] = [
  {
    name: 'set',
    aliases: [],
    about: 'assign to a variable; set follow-fork-mode, detach-on-fork and scheduler-locking as in gdb',
    usage: 'set [var] NAME = VALUE, or set SETTING VALUE',
    run(scope: ConsoleScope, rest: string): Answer {
      const [, name = '', value = ''] = /^([\w-]+)\s*(.*)$/s.exec(rest) ?? [];
      if (Object.hasOwn(SETTINGS, name)) return changed(scope, name, value);
      if (name !== 'var' && name !== 'variable' && !/^\s*[-+*/%&|^]?=/.test(value)) {
        const elsewhere = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined;
        if (elsewhere !== undefined) return err(`${elsewhere[0].toUpperCase()}${elsewhere.slice(1)}.`);
        if (WITHOUT_EFFECT.test(rest)) return ok({ text: `${name} is no setting here: it would change nothing.` });
      }
      const { evaluator, circumstances } = scope.debuggee;
      const text = rest.replace(/^var(?:iable)?\s+/, '');
      return evaluator.evaluate(scope.at, text, { mayAssign: true, circumstances });
    },
  },
  {
    name: 'show',
    aliases: [],
    about: 'show a setting: follow-fork-mode, detach-on-fork or scheduler-locking',
    usage: 'show SETTING',
    run(scope: ConsoleScope, rest: string): Answer {
      if (!Object.hasOwn(SETTINGS, rest)) return err(`Write show and one of ${Object.keys(SETTINGS).join(', ')}.`);
      return ok({ text: `${rest} is ${SETTINGS[rest].get(scope)}` });
    },
  },
];

function changed(scope: ConsoleScope, name: string, value: string): Answer {
  const setting = SETTINGS[name];
  const { values } = setting;
  if (!values.includes(value)) return err(`${name} is ${values.join(' or ')}, not "${value}".`);
  setting.set(scope, value);
  const { mode, detach } = FORK_MODES[scope.debuggee.run.followFork];
  const note =
    name === 'follow-fork-mode' && value === 'parent' && detach === 'on'
      ? '; the child runs freely: set detach-on-fork off keeps both'
      : '';
  return ok({ text: `${name} is ${name === 'follow-fork-mode' ? mode : value}${note}` });
}
