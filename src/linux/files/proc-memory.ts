import { PAGE_SIZE, type VirtAddr } from '../../memory/address.ts';
import { FrameUse } from '../../memory/frames.ts';
import { Pte } from '../../memory/pte.ts';
import type { PageView } from '../../platform/inspector.ts';
import type { Mapping } from '../../platform/mapping.ts';
import { Errno, fail } from '../abi/errno.ts';
import type { Kernel } from '../kernel.ts';
import type { ThreadGroup } from '../thread-group.ts';
import type { Generate } from './generated-file.ts';

/* What /proc/PID says of the memory of a process (proc_pid_maps(5) and those beside it). */

/** /proc/PID/maps. */
export function mapsText(kernel: Kernel, process: ThreadGroup): string {
  return mappingsOf(kernel, process).map(mapsLine).join('');
}

/** /proc/PID/smaps: the same with sizes. */
export function smapsText(kernel: Kernel, process: ThreadGroup): string {
  const entry = (mapping: Mapping): string => mapsLine(mapping) + sizeLines(sizesIn(kernel, process, mapping));
  return mappingsOf(kernel, process).map(entry).join('');
}

function label(kernel: Kernel, process: ThreadGroup): number | undefined {
  return process.space && kernel.provider.label(process.space);
}

function mappingsOf(kernel: Kernel, process: ThreadGroup): readonly Mapping[] {
  const space = label(kernel, process);
  return space === undefined ? [] : kernel.provider.inspector.mappings(space);
}

function pagesOf(kernel: Kernel, process: ThreadGroup, mapping: Mapping, visit: (page: PageView) => void): void {
  const space = label(kernel, process);
  if (space !== undefined) kernel.provider.inspector.forEachPage(space, mapping, visit);
}

/** A line of /proc/PID/maps, as the kernel's show_map_vma prints it. */
function mapsLine({ start, end, permissions, sharing, offset, object, name }: Mapping): string {
  const bit = (mask: number, letter: string): string => (permissions & mask ? letter : '-');
  const flags = bit(Pte.R, 'r') + bit(Pte.W, 'w') + bit(Pte.X, 'x') + (sharing === 'shared' ? 's' : 'p');
  const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');
  const device = object ? '00:01' : '00:00';
  const line = `${hex(start, 8)}-${hex(end, 8)} ${flags} ${hex(offset, 8)} ${device} ${object?.identity ?? 0}`;
  return name === '' ? `${line} \n` : `${line.padEnd(73)}${name}\n`;
}

function sizeLines(sizes: readonly (readonly [string, number])[]): string {
  return sizes.map(([name, size]) => `${`${name}:`.padEnd(16)}${String(size).padStart(8)} kB\n`).join('');
}

/** Sizes of a mapping in kilobytes, as smaps names them. */
function sizesIn(kernel: Kernel, process: ThreadGroup, mapping: Mapping): readonly (readonly [string, number])[] {
  let [resident, proportional, anonymous] = [0, 0, 0];
  // A page stays dirty when a fork shares it, as on Linux: nobody has written it to a disk.
  const shared = { clean: 0, dirty: 0 };
  const unique = { clean: 0, dirty: 0 };
  pagesOf(kernel, process, mapping, (page) => {
    const mappers = mappersOf(kernel, page);
    resident += 4;
    proportional += 4 / mappers;
    if (!isOfObject(kernel, page)) anonymous += 4;
    (mappers > 1 ? shared : unique)[page.pte & Pte.D ? 'dirty' : 'clean'] += 4;
  });
  return [
    ['Size', (mapping.end - mapping.start) / 1024],
    ['KernelPageSize', 4],
    ['MMUPageSize', 4],
    ['Rss', resident],
    ['Pss', Math.floor(proportional)],
    ['Shared_Clean', shared.clean],
    ['Shared_Dirty', shared.dirty],
    ['Private_Clean', unique.clean],
    ['Private_Dirty', unique.dirty],
    ['Referenced', resident],
    ['Anonymous', anonymous],
    ['Swap', 0],
  ];
}

/** Whether a page is a file's or shared memory's own, and not a process's (Linux: not PageAnon). */
function isOfObject({ frames }: Kernel, { frame }: PageView): boolean {
  return frames.useOf(frame) === FrameUse.Object;
}

/** How many processes have a page (Linux's page_mapcount): neither the page cache nor a pin maps it. */
function mappersOf(kernel: Kernel, page: PageView): number {
  return page.refcount - kernel.frames.pins[page.frame] - (isOfObject(kernel, page) ? 1 : 0);
}

/** /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst): bit 63 present, 61 file or shared, 56 exclusive. */
export function pagemap(kernel: Kernel, process: ThreadGroup): Generate {
  return (offset, into) => {
    const space = label(kernel, process);
    if (space === undefined) return 0;
    if (offset % 8 !== 0 || into.length % 8 !== 0) return fail(Errno.EINVAL);
    const { end } = kernel.provider.range(process.space!);
    const start = (offset / 8) * PAGE_SIZE;
    const count = Math.max(0, Math.min(into.length / 8, (end - start) / PAGE_SIZE));
    const view = new DataView(into.buffer, into.byteOffset, count * 8);
    into.fill(0, 0, count * 8);
    const range = { start: start as VirtAddr, end: (start + count * PAGE_SIZE) as VirtAddr };
    const { inspector } = kernel.provider;
    inspector.forEachPage(space, range, (page) => {
      const ofFile = isOfObject(kernel, page) ? 1n << 61n : 0n;
      const exclusive = mappersOf(kernel, page) === 1 ? 1n << 56n : 0n;
      view.setBigUint64(
        ((page.va - start) / PAGE_SIZE) * 8,
        (1n << 63n) | ofFile | exclusive | BigInt(page.frame),
        true,
      );
    });
    return count * 8;
  };
}

/** /proc/PID/smaps_rollup: the sums of smaps. */
export function rollup(kernel: Kernel, process: ThreadGroup): string {
  const mappings = mappingsOf(kernel, process);
  const [first, last] = [mappings[0], mappings.at(-1)];
  if (!first || !last) return '';
  const sums = new Map<string, number>();
  for (const mapping of mappings)
    for (const [name, size] of sizesIn(kernel, process, mapping)) sums.set(name, (sums.get(name) ?? 0) + size);
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  const head = `${hex(first.start)}-${hex(last.end)} ---p 00000000 00:00 0`.padEnd(73) + '[rollup]\n';
  const skipped = ['Size', 'KernelPageSize', 'MMUPageSize'];
  return head + sizeLines([...sums].filter(([name]) => !skipped.includes(name)));
}

/** How many present pages of a process are those of files or shared memory. */
export function objectPages(kernel: Kernel, process: ThreadGroup): number {
  let count = 0;
  for (const mapping of mappingsOf(kernel, process).filter(({ object }) => object))
    pagesOf(kernel, process, mapping, (page) => isOfObject(kernel, page) && count++);
  return count;
}

export function pagesWhere(kernel: Kernel, process: ThreadGroup, counts: (mapping: Mapping) => boolean): number {
  const mappings = mappingsOf(kernel, process).filter(counts);
  return mappings.reduce((sum, { start, end }) => sum + (end - start) / PAGE_SIZE, 0);
}
