// What one fork of the provider costs, without a guest, by the number of present pages: `node bench/fork-call.mjs [PLATFORM]`.
// Medians, in milliseconds; one fork and exit went before, as on a server that forks again and again.
import { build } from 'esbuild';
import { createRequire } from 'node:module';

const RUNS = 15;
const A = 0x10_0000;

/** The rooms that the measurement needs, bundled as in the product, so that const enums are inlined. */
async function load() {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export { GuestMemory } from './src/memory/guest-memory.ts';
        export { FrameTable } from './src/memory/frames.ts';
        export { PageTables, SV39 } from './src/memory/page-table.ts';
        export { Mmu } from './src/memory/mmu.ts';
        export { createProvider } from './src/platform/registry.ts';`,
      resolveDir: new URL('..', import.meta.url).pathname,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0].text)(
    module,
    module.exports,
    createRequire(import.meta.url),
  );
  return module.exports;
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

function value(result) {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const { GuestMemory, FrameTable, PageTables, SV39, Mmu, createProvider } = await load();

for (const pages of [100, 1_000, 10_000, 100_000]) {
  const frames = new FrameTable(new GuestMemory(2 ** 30));
  const tables = new PageTables(frames, SV39);
  const mmu = new Mmu(frames, tables);
  const provider = value(createProvider(process.argv[2] ?? 'independent', { frames, tables }));
  const parent = value(provider.create());
  provider.activate(mmu, parent);
  provider.with(parent, (access) => {
    const placement = { kind: 'replace', start: A };
    value(access.map({ placement, length: pages * 4096, permissions: 6, sharing: 'private' }));
    for (let page = 0; page < pages; page++) value(access.write(A + page * 4096, new Uint8Array([1])));
  });

  value(provider.destroy(value(provider.fork(parent, 'copy-memory')).child));
  const forks = [];
  const destroys = [];
  const breaks = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const { child } = value(provider.fork(parent, 'copy-memory'));
    const forked = performance.now();
    for (let page = 0; page < 100; page++) provider.resolveFault(child, A + page * 4096, 2);
    const broken = performance.now();
    value(provider.destroy(child));
    forks.push(forked - start);
    breaks.push((broken - forked) / 100);
    destroys.push(performance.now() - broken);
  }
  console.log(
    `${String(pages).padStart(6)} pages: fork ${median(forks).toFixed(3)} ms, ` +
      `copy-on-write fault ${(median(breaks) * 1000).toFixed(2)} us, destroy ${median(destroys).toFixed(3)} ms`,
  );
}
