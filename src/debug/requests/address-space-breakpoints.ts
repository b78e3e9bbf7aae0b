import { pageFloor } from '../../memory/address.ts';
import type { Arguments } from '../arguments.ts';
import type { WatchSpec } from '../custom-requests.ts';
import type { FilterRequest } from '../exception-filters.ts';
import { Refusal } from '../refusal.ts';
import { pageTarget } from '../watch-target.ts';
import type { WatchRequest } from '../watches.ts';
import type { RequestTable } from './request-table.ts';

/** What DAP has no request for: watches on pages, entries and frames, and who runs. */
export const ADDRESS_SPACE_BREAKPOINTS: RequestTable = {
  'pagewalk/setWatches'(state, args) {
    const wanted = args.list('watches').map((one) => watchRequest(one));
    const breakpoints = state.watches.set('address-space', wanted);
    state.debuggee?.run.watchesChanged();
    return { body: { breakpoints } };
  },

  'pagewalk/setEventBreakpoints'(state, args) {
    const wanted = args.list('breakpoints').map((one): FilterRequest => {
      const condition = one.optionalText('condition');
      return { id: one.text('filter'), isOff: one.flag('isOff'), ...(condition ? { condition } : {}) };
    });
    const breakpoints = state.filters.set('events', wanted);
    state.debuggee?.filtersChanged();
    return { body: { breakpoints } };
  },

  'pagewalk/setRunScope'(state, args) {
    const scope = args.text('scope');
    if (scope !== 'all' && scope !== 'process')
      throw new Refusal(`There is no run scope "${scope}": it is all or process.`);
    state.runScope = scope;
    return {};
  },
};

const KINDS: readonly string[] = ['page', 'pte', 'refcount'] satisfies WatchSpec['kind'][];
const ACCESS = { any: 'access', read: 'load', write: 'store' } as const;

function watchRequest(one: Arguments): WatchRequest {
  const kind = one.text('kind');
  if (!KINDS.includes(kind)) throw new Refusal(`There is no watch of "${kind}": it is page, pte or refcount.`);
  const pid = one.count('pid');
  const va = one.text('va');
  if (!/^0x[0-9a-f]{1,12}$/i.test(va)) throw new Refusal('"va" must be an address such as 0x10000.');
  const condition = one.optionalText('condition');
  const hitCondition = one.optionalText('hitCondition');
  const common = {
    mode: one.flag('onlyThisProcess') ? ('this' as const) : ('any' as const),
    ...(condition ? { condition } : {}),
    ...(hitCondition ? { hitCondition } : {}),
    isOff: one.flag('isOff'),
  };
  const address = Number(va);
  switch (kind as WatchSpec['kind']) {
    case 'page': {
      const access = one.optionalText('access') ?? 'any';
      if (!Object.hasOwn(ACCESS, access))
        throw new Refusal(`"${access}" is no access to a page: it is any, read or write.`);
      return { ...common, target: pageTarget(pid, pageFloor(address)), on: ACCESS[access as keyof typeof ACCESS] };
    }
    case 'pte': {
      const level = one.optionalInteger('level') ?? 0;
      if (level < 0 || level > 3) throw new Refusal(`There is no level ${level}.`);
      return { ...common, target: { kind: 'pte', pid, address, level }, on: 'change' };
    }
    case 'refcount':
      return {
        ...common,
        target: { kind: 'refcount', pid, address: pageFloor(address) },
        on: 'change',
        onlyToOne: one.optionalText('when') === 'one',
      };
  }
}
