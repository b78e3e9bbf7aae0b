import { Debuggee, summary, timed, type Figure } from './debug-session.ts';

const CROWD = 'bench/guests/crowd.c';
/** What the trees of the side bar fetch at once. */
const GROUP = 256;

interface Crowd {
  readonly pages: number;
  readonly children: number;
  readonly platform: string;
}

interface Place {
  readonly start: string;
  readonly end: string;
  readonly present: number;
}

/** How long the requests of the views take where much is to be looked at. */
export async function viewFigures(program: string, rounds: number, isQuick: boolean): Promise<Figure[]> {
  const crowds: readonly Crowd[] = isQuick
    ? [{ pages: 1000, children: 10, platform: 'independent' }]
    : [
        { pages: 16_000, children: 100, platform: 'independent' },
        { pages: 16_000, children: 100, platform: 'on-demand' },
        { pages: 50, children: 999, platform: 'independent' },
        { pages: 200_000, children: 1, platform: 'independent' },
      ];
  const figures: Figure[] = [];
  for (const crowd of crowds) figures.push(...(await crowdFigures(program, crowd, rounds)));
  return figures;
}

async function crowdFigures(program: string, { pages, children, platform }: Crowd, rounds: number): Promise<Figure[]> {
  const more = { memory: '1G', platform };
  const debuggee = await Debuggee.start(program, [String(pages), String(children)], CROWD, 'stop here', more);
  try {
    const { mappings } = await debuggee.request<{ mappings: Place[] }>('pagewalk/mappings', { pid: 1 });
    const largest = mappings.reduce((one, other) => (other.present > one.present ? other : one));
    const [parent, child] = [1, children + 1];
    const requests: readonly (readonly [string, object])[] = [
      ['processes', {}],
      ['mappings', { pid: parent }],
      ['pages', { pid: child, start: largest.start, end: largest.end, skip: pages / 2, count: GROUP }],
      ['pageTable', { pid: parent }],
      ['platform', {}],
      ['ledger', {}],
      ['ledgerPages', { fork: 1, state: 'shared', skip: pages / 2, count: GROUP }],
      ['ledgerPages', { fork: children, state: 'elsewhere', count: GROUP }],
      ['ledgerPages', { fork: 1, state: 'broken', count: GROUP }],
      ['liveForks', {}],
      ['forkDiff', { parent, child }],
      ['forkDiffPages', { parent, child, kind: 'same', skip: pages / 2, count: GROUP }],
      ['explain', { expression: largest.start }],
    ];
    const what = `${children + 1} processes that share ${pages} pages, ${platform}`;
    const figures: Figure[] = [];
    for (const [name, args] of requests) {
      const times: number[] = [];
      for (let round = 0; round < rounds; round++)
        times.push(await timed(async () => void (await debuggee.request(`pagewalk/${name}`, args))));
      const state = 'state' in args ? ` ${String(args.state)}` : '';
      figures.push({ what: `${name}${state}: ${what}`, ...summary(times), meant: name === 'ledger' ? 50 : 100 });
    }
    for (const scope of ['Address Space', 'Page Table']) {
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) times.push(await timed(() => expandScope(debuggee, scope)));
      figures.push({ what: `${scope}, first level and the largest of it: ${what}`, ...summary(times), meant: 100 });
    }
    return figures;
  } finally {
    debuggee.end();
  }
}

interface Expandable {
  readonly name: string;
  readonly variablesReference: number;
  readonly indexedVariables?: number;
}

/** Expands a scope and the largest of its rows, as a client does that knows nothing of paging. */
async function expandScope(debuggee: Debuggee, name: string): Promise<void> {
  const frameId = await debuggee.frame();
  const { scopes } = await debuggee.request<{ scopes: Expandable[] }>('scopes', { frameId });
  let { variablesReference } = scopes.find((scope) => scope.name === name)!;
  for (let depth = 0; depth < 2; depth++) {
    const { variables } = await debuggee.request<{ variables: Expandable[] }>('variables', { variablesReference });
    const largest = variables.reduce((one, other) =>
      (other.indexedVariables ?? 0) > (one.indexedVariables ?? 0) ? other : one,
    );
    ({ variablesReference } = largest);
    if (variablesReference === 0) return;
  }
}
