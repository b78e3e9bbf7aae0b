import type { Debuggee } from '../debuggee.ts';
import { parseLaunch, type LaunchConfig } from '../launch.ts';
import { Refusal } from '../refusal.ts';
import type { RequestTable, SessionState } from './request-table.ts';

/** Launch, restart and the ways to end. */
export const LIFECYCLE: RequestTable = {
  launch(state, args) {
    if (state.debuggee) throw new Refusal('A program has been launched already.', 'shown');
    const config = checked(args.all);
    state.debuggee = state.load(config);
    return {
      after: () => {
        state.client.event('process', { name: config.program, startMethod: 'launch', isLocalProcess: false });
        state.client.event('initialized');
        if (state.isConfigured) state.debuggee?.begin();
      },
    };
  },

  attach() {
    throw new Refusal('Pagewalk cannot attach to a program: launch it.', 'shown');
  },

  configurationDone(state) {
    if (state.isConfigured) throw new Refusal('The configuration is done already.');
    state.isConfigured = true;
    return { after: () => state.debuggee?.begin() };
  },

  restart(state, args) {
    const old = state.debuggee;
    if (!old) throw new Refusal('Nothing has been launched yet.');
    const given = args.object('arguments').all;
    const config = Object.keys(given).length > 0 ? checked(given) : old.config;
    state.check(config);
    const wasHalted = old.halt !== undefined;
    // The new run finds what the old one has left.
    old.finish();
    const fresh = loadAfterwards(state, config);
    state.debuggee = fresh;
    return {
      after: () => {
        old.endThreads();
        if (wasHalted) state.client.event('continued', { threadId: fresh.focus.tid, allThreadsContinued: true });
        fresh.begin();
      },
    };
  },

  terminate(state) {
    return { after: () => end(state) };
  },

  disconnect(state) {
    state.debuggee?.finish();
    return { after: () => state.shutdown() };
  },
};

function checked(attributes: unknown): LaunchConfig {
  const config = parseLaunch(attributes);
  if (!config.ok) throw new Refusal(config.error, 'shown');
  return config.value;
}

/** Loads a program when the old run is over: where what that has left is in the way, nothing runs any more. */
function loadAfterwards(state: SessionState, config: LaunchConfig): Debuggee {
  try {
    return state.load(config);
  } catch (error) {
    state.client.event('terminated');
    throw error;
  }
}

function end(state: SessionState): void {
  const { debuggee, client } = state;
  if (debuggee?.hasEnded) return;
  debuggee?.finish();
  client.event('terminated');
}
