// The VS Code workbench that npm's `code-server` ships: real server, web client and Node extension host.
// `runTests` drives a test suite in it with a headless Chromium; `serveWorkbench` serves it to a person.
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { format } from 'node:util';
import { openPage, serveScreenshots } from './browser.mjs';
import { startServer } from './server.mjs';

/** The workbench's own log lines. What is left is what the extension host printed. */
const NOISE =
  /^(\[DefaultAccount\]|\[chat-stt\]|No search provider registered|Ignoring fetching additional|Resolv(ed|ing) connection token|Creating a socket|\[reconnection-grace-time\]|Updating additional builtin|\[AgentHost|\[AccountPolicyGate\]|\[Service Worker\]|getaddrinfo ENOTFOUND|Timed out waiting for authentication provider|Started local extension host|Creation of workbench contribution|DialogService: Dialog requested)/;

/**
 * Serves a workbench with the extensions loaded as a user's would be, for a browser of the caller's choice.
 * @param {object} options
 * @param {string[]} options.extensions folders of the extensions to load
 * @param {string} options.folder the folder to open
 * @param {Record<string, string>} [options.env] added to the environment of the extension host
 * @param {Record<string, unknown>} [options.settings]
 * @param {boolean} [options.verbose]
 * @returns {Promise<{url: string, stop: () => Promise<void>, ended: Promise<void>}>} the address carries the token that it needs
 */
export async function serveWorkbench(options) {
  const token = randomBytes(16).toString('hex');
  const server = await startServer({ ...options, token });
  const address = new URL(`http://127.0.0.1:${server.port}/`);
  address.search = `?tkn=${token}&folder=${encodeURI(path.resolve(options.folder))}`; // readable: slashes stay as they are
  return { url: address.href, stop: server.stop, ended: server.ended };
}

/**
 * The contract of @vscode/test-electron's `runTests`: runs `run()` of the module `extensionTestsPath` in the extension
 * host and resolves to the suite's exit code.
 * @param {object} options
 * @param {string | string[]} options.extensionDevelopmentPath
 * @param {string} options.extensionTestsPath
 * @param {string} [options.folder] the folder to open; an empty window without it
 * @param {Record<string, string>} [options.extensionTestsEnv]
 * @param {string} [options.shotsDir] where screenshots go; without it none are taken
 * @param {Record<string, unknown>} [options.settings]
 * @param {number} [options.timeoutMs] 180 s unless given
 * @param {boolean} [options.verbose]
 * @returns {Promise<number>}
 * @throws when the workbench does not start, its page crashes, or the time is up (with a screenshot `failure.png`)
 */
export async function runTests(options) {
  const { shotsDir, timeoutMs = 180_000, verbose = false } = options;
  endOnSignals();
  const undo = [];
  try {
    let page;
    const env = { ...options.extensionTestsEnv };
    if (shotsDir) {
      const shots = await serveScreenshots(shotsDir, () => page);
      undo.push(shots.close);
      env.WORKBENCH_SHOT_URL = shots.url;
    }
    const server = await startServer({ automation: true, settings: options.settings, env, verbose });
    undo.push(server.stop);
    const browser = await openPage();
    undo.push(browser.close);
    page = browser.page;

    const exitCode = suiteExit(page, timeoutMs, verbose);
    await page.goto(suiteAddress(server.port, options));
    return await exitCode.catch(async (error) => {
      if (shotsDir) await page.screenshot({ path: path.join(shotsDir, 'failure.png') }).catch(() => {});
      throw error;
    });
  } finally {
    for (const step of undo.reverse()) await step().catch(() => {});
  }
}

/** Without these a signal would leave the server's process group and the profile behind. */
function endOnSignals() {
  const signals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 };
  for (const [signal, number] of Object.entries(signals)) process.once(signal, () => process.exit(128 + number));
}

/** The page's address: its payload names what a desktop VS Code is told on its command line. */
function suiteAddress(port, { extensionDevelopmentPath, extensionTestsPath, folder }) {
  const uri = (at) => `vscode-remote://127.0.0.1:${port}${path.resolve(at)}`;
  const payload = [
    ...[extensionDevelopmentPath].flat().map((at) => ['extensionDevelopmentPath', uri(at)]),
    ['extensionTestsPath', uri(extensionTestsPath)],
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ];
  const address = new URL(`http://127.0.0.1:${port}/`);
  if (folder) address.searchParams.set('folder', path.resolve(folder));
  else address.searchParams.set('ew', 'true');
  address.searchParams.set('payload', JSON.stringify(payload));
  return address.href;
}

/** The suite's exit code, which the workbench hands to the page; its console goes to ours. */
function suiteExit(page, timeoutMs, verbose) {
  const exitCode = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the suite did not end within ${timeoutMs / 1000} s`)), timeoutMs);
    const settle = (how) => (value) => {
      clearTimeout(timer);
      how(value);
    };
    page.on('crash', () => settle(reject)(new Error('the page of the workbench crashed')));
    Promise.all([
      page.exposeFunction('codeAutomationExit', settle(resolve)),
      page.exposeFunction('codeAutomationLog', (type, args) => {
        const line = format(...args); // printf-style
        if (verbose || !NOISE.test(line)) (type === 'error' ? console.error : console.log)(line);
      }),
    ]).catch(settle(reject));
  });
  exitCode.catch(() => {}); // reported by whoever awaits it; the page may fail to load before that
  if (verbose) {
    page.on('console', (message) => console.error(`[page ${message.type()}] ${message.text()}`));
    page.on('requestfailed', (request) => console.error(`[page] ${request.url()} ${request.failure()?.errorText}`));
  }
  return exitCode;
}
