import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ROOT_MODES } from '../../src/linux/host.ts';
import { FAULTY_PLATFORM_NAMES, PLATFORM_NAMES } from '../../src/platform/registry.ts';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly enablement?: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly debuggers: readonly {
      readonly configurationAttributes: {
        readonly launch: {
          readonly properties: Readonly<
            Record<string, { readonly enum?: readonly string[]; readonly enumDescriptions?: readonly string[] }>
          >;
        };
      };
    }[];
  };
}

const text = readFileSync('package.json', 'utf8');
const manifest = JSON.parse(text) as Manifest;
const strings = JSON.parse(readFileSync('package.nls.json', 'utf8')) as Record<string, string>;

describe('the extension’s manifest', () => {
  it('has every text that it names, and no other', () => {
    const named = [...text.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key);
    assert.deepEqual([...new Set(named)].sort(), Object.keys(strings).sort());
  });

  it('offers the platforms and root modes that there are', () => {
    const { properties } = manifest.contributes.debuggers[0].configurationAttributes.launch;
    assert.deepEqual(properties.platform.enum, [...PLATFORM_NAMES, ...FAULTY_PLATFORM_NAMES]);
    assert.deepEqual(properties.rootMode.enum, ROOT_MODES);
    for (const { enum: choices, enumDescriptions } of Object.values(properties))
      assert.equal(choices?.length, enumDescriptions?.length);
  });

  it('declares every command of its menus', () => {
    const { commands, menus } = manifest.contributes;
    const declared = new Set(commands.map(({ command }) => command));
    for (const items of Object.values(menus))
      for (const { command } of items) assert.ok(declared.has(command), command);
  });

  // VS Code draws the rows of a tree again when a key changes that their menus ask for. Those of the debugger change at a
  // stop, while the trees are fetched anew: it then fails on the rows that go away, with "Data tree node not found".
  it('asks in the menus of rows for nothing but the row', () => {
    const { commands, menus } = manifest.contributes;
    const rows = menus['view/item/context'];
    const asked = rows.flatMap(({ command, when }) =>
      [when, commands.find((one) => one.command === command)?.enablement]
        .flatMap((condition) => condition?.split('&&') ?? [])
        .map((clause) => /[\w.]+/.exec(clause)?.[0]),
    );
    assert.deepEqual([...new Set(asked)].sort(), ['view', 'viewItem']);
  });
});
