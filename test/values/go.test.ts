import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Scenario } from '../adapter/scenario.ts';

const skip = spawnSync('go', ['version']).status === 0 ? false : 'there is no Go compiler';

for (const [how, flags] of [
  ['without optimisation', '-N -l'],
  ['optimised', ''],
] as const)
  test(`strings and slices of Go are what the program prints of them, ${how}`, { skip }, async () => {
    mkdirSync('out/guests', { recursive: true });
    const program = path.resolve(`out/guests/values-go-${process.pid}`);
    execFileSync('go', ['build', `-gcflags=${flags}`, '-o', program, path.resolve('test/guests/values-go.go')], {
      env: {
        ...process.env,
        GOARCH: 'riscv64',
        GOOS: 'linux',
        CGO_ENABLED: '0',
        GOCACHE: path.resolve('out/go-cache'),
      },
      stdio: 'pipe',
    });
    using session = new Scenario();
    await session.start({ program }, { functions: ['main.stop'] });
    await session.stopped();
    const [, frame] = await session.stack(1);
    const printed = [...session.client.printed.matchAll(/^(\w\S*) (.+)$/gm)].filter(([, name]) => /^[a-z]/.test(name));
    let compared = 0;
    for (const [, name, wanted] of printed) {
      const expression = name.replaceAll("'", '"');
      const { shown, isGone } = await shownOf(session, expression, frame.id);
      // Optimised code need not keep what it has printed.
      if ((isGone || shown.includes('optimised out')) && flags === '') continue;
      assert.equal(goText(shown), wanted === 'true' ? '1' : wanted, name);
      compared++;
    }
    assert.ok(flags === '' || compared === 13, `${compared} values`);
    await session.disconnect();
  });

async function shownOf(
  session: Scenario,
  expression: string,
  frameId: number,
): Promise<{ shown: string; isGone: boolean }> {
  try {
    return { shown: await session.evaluate(expression, { frameId }), isGone: false };
  } catch (error) {
    return { shown: String(error), isGone: true };
  }
}

/** A value as fmt prints it: `[5] {1, 2}` as `[1 2]`. */
function goText(shown: string): string {
  return shown
    .replaceAll(/\[\d+\] \{/g, '[')
    .replaceAll('}', ']')
    .replaceAll(', ', ' ')
    .replace('"hello world"', '"hello, world"');
}
