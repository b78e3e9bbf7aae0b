import type { Container, Found, Row, Slice, ValueFormat } from '../variable-store.ts';

/** Children that a client gets at once that asks for all; if there are more, it gets ranges. */
const MOST_CHILDREN = 250;
/** The same of one that asks for so many. */
const MOST_ASKED = 1000;
/** As VS Code has it: ranges of a hundred, or of a hundred such ranges, … */
const RANGE = 100;

/** The children of a container that are asked for; where they are too many for one answer, ranges that expand to them. */
export function childrenOf(container: Container, slice: Slice, format: ValueFormat): readonly Row[] {
  const total = container.indexed ?? container.named;
  const { start } = slice;
  const count = total === undefined ? undefined : Math.min(slice.count ?? total, total - start);
  const most = slice.count === undefined ? MOST_CHILDREN : MOST_ASKED;
  if (count === undefined || count <= most) return container.children(slice, format);
  let size = RANGE;
  while (count > size * RANGE) size *= RANGE;
  const ranges: Row[] = [];
  for (let at = start; at < start + count; at += size)
    ranges.push(rangeRow(container, at, Math.min(size, start + count - at)));
  return ranges;
}

function rangeRow(container: Container, start: number, count: number): Row {
  const first = (container.first ?? 0) + start;
  return {
    name: `[${first}..${first + count - 1}]`,
    value: `${count} ${container.indexed === undefined ? 'variables' : 'elements'}`,
    presentationHint: { kind: 'virtual', attributes: ['readOnly'] },
    ...container.range?.(start, count),
    parts: part(container, start, count),
    partsIn: (now) => part(now, start, count),
  };
}

function part(container: Container, start: number, count: number): Container {
  const { indexed, first = 0 } = container;
  return {
    ...(indexed === undefined ? { named: count } : { indexed: count }),
    first: first + start,
    children: (slice, format) =>
      container.children(
        { start: start + slice.start, count: Math.min(slice.count ?? count, Math.max(0, count - slice.start)) },
        format,
      ),
    ...(container.range && { range: (from, length) => container.range!(start + from, length) }),
    ...(container.find && { find: (name, format) => inRange(container.find!(name, format), start) }),
    ...(container.set && { set: (name, text) => container.set!(name, text) }),
    ...(container.watched && { watched: (name) => container.watched!(name) }),
  };
}

function inRange(found: Found | undefined, start: number): Found | undefined {
  return found?.position === undefined ? found : { ...found, position: found.position - start };
}
