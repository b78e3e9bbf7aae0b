// VS Code's server as a child process, with a fresh profile that vanishes with it.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { locateServer } from './locate.mjs';

/** The built-in extensions to load: quick to boot, and none with native modules (git) or a network (copilot). */
const BUILTINS = [
  'theme-defaults',
  'theme-modern-icons',
  'theme-seti',
  'configuration-editing',
  'json',
  'json-language-features',
  'markdown-basics',
  'cpp',
  'rust',
];

const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'update.showReleaseNotes': false,
  'workbench.enableExperiments': false,
  'git.enabled': false,
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'debug.toolBarLocation': 'docked',
  'editor.cursorBlinking': 'solid', // pictures are taken once nothing changes
};

const LISTEN_MS = 60_000;
const STOP_MS = 3_000;

/**
 * Starts the server on a free port of 127.0.0.1 and waits until it listens.
 * @param {object} options
 * @param {string[]} [options.extensions] folders of extensions to load as if they were built in
 * @param {boolean} [options.automation] let the page's payload name extensions and test suites, and drive the workbench
 * @param {string} [options.token] what a browser must know to connect; without it anyone on this machine may
 * @param {Record<string, unknown>} [options.settings] user settings
 * @param {Record<string, string>} [options.env] added to the environment of the extension host
 * @param {boolean} [options.verbose] copy the server's log to stderr
 * @returns {Promise<{port: number, stop: () => Promise<void>, ended: Promise<void>}>}
 */
export async function startServer(options) {
  const { vscode, node } = locateServer();
  const profile = await mkdtemp(path.join(tmpdir(), 'pagewalk-workbench-'));
  const removeProfile = () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', removeProfile);
  try {
    const args = await prepare(profile, vscode, options);
    const server = await listen(node, [path.join(vscode, 'out/server-main.js'), ...args], options);
    return {
      port: server.port,
      ended: server.ended,
      stop: async () => {
        await server.stop();
        await rm(profile, { recursive: true, force: true, maxRetries: 5 });
        process.off('exit', removeProfile);
      },
    };
  } catch (error) {
    removeProfile();
    throw error;
  }
}

/** Fills the profile folder; returns the server's arguments. */
async function prepare(profile, vscode, { extensions = [], automation, token, settings }) {
  const user = path.join(profile, 'server/data/User');
  await mkdir(user, { recursive: true });
  await writeFile(path.join(user, 'settings.json'), JSON.stringify({ ...SETTINGS, ...settings }));

  const builtins = path.join(profile, 'builtins');
  await mkdir(builtins);
  const sources = [...BUILTINS.map((name) => path.join(vscode, 'extensions', name)), ...extensions];
  for (const [at, source] of sources.entries())
    await symlink(source, path.join(builtins, `${at}-${path.basename(source)}`), 'junction');

  const tokenFile = path.join(profile, 'token');
  if (token) await writeFile(tokenFile, token, { mode: 0o600 });

  return [
    ...['--host', '127.0.0.1', '--port', '0', '--accept-server-license-terms'],
    ...(token ? ['--connection-token-file', tokenFile] : ['--without-connection-token']),
    ...['--server-data-dir', path.join(profile, 'server'), '--builtin-extensions-dir', builtins],
    ...['--telemetry-level', 'off', '--disable-update-check', '--disable-experiments'],
    ...['--disable-workspace-trust', '--disable-getting-started-override'],
    // A built workbench silently ignores extensionDevelopmentPath and extensionTestsPath without it.
    ...(automation ? ['--enable-smoke-test-driver'] : []),
    // At "warn" the suite's console.log would never arrive.
    ...['--log', process.env.WORKBENCH_LOG ?? 'info'],
  ];
}

/** Runs the server in a process group of its own, so that stopping it takes its extension and terminal hosts along. */
async function listen(node, args, { env, verbose }) {
  const child = spawn(node, args, {
    env: { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const signalGroup = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The whole group has ended.
    }
  };
  const killGroup = () => signalGroup('SIGKILL');
  process.once('exit', killGroup);
  const ended = new Promise((resolve) => child.once('exit', () => resolve()));

  let log = '';
  const port = await new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`the VS Code server ${why}\n${log}`));
    const timer = setTimeout(() => {
      killGroup();
      fail(`did not listen within ${LISTEN_MS / 1000} s`);
    }, LISTEN_MS);
    const read = (chunk) => {
      if (verbose) process.stderr.write(chunk);
      if (log === undefined) return;
      log += chunk;
      const listening = /Extension host agent listening on (\d+)/.exec(log);
      if (!listening) return;
      clearTimeout(timer);
      log = undefined;
      resolve(Number(listening[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      fail(`ended with ${signal ?? code}`);
    });
  });

  const stop = async () => {
    process.off('exit', killGroup);
    signalGroup('SIGTERM');
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())]);
    killGroup();
  };
  return { port, stop, ended };
}
