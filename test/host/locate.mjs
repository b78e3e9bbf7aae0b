// Where the pieces are that make up the workbench: VS Code's server, a Node that runs it, a browser that shows it.
import { existsSync, lstatSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

/** VS Code's server is written for this Node release or a later one. */
const SERVER_NODE_MAJOR = 24;

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * The folder with VS Code's server and web client, and the Node to run it with.
 * `WORKBENCH_VSCODE` and `WORKBENCH_NODE` name others than the installed ones.
 * @returns {{vscode: string, node: string}}
 * @throws when `npm ci --prefix test/host` has not been run
 */
export function locateServer() {
  const vscode = process.env.WORKBENCH_VSCODE ?? path.join(here, 'node_modules/code-server/lib/vscode');
  const runsServer = Number(process.versions.node.split('.')[0]) >= SERVER_NODE_MAJOR;
  const node =
    process.env.WORKBENCH_NODE ??
    (runsServer ? process.execPath : path.join(here, `node_modules/node-${process.platform}-${process.arch}/bin/node`));
  for (const needed of [path.join(vscode, 'out/server-main.js'), node])
    if (!existsSync(needed)) throw new Error(`${needed} is missing: run "npm ci --prefix test/host"`);
  linkModules(vscode);
  return { vscode, node };
}

/** The client asks the server for lib/vscode/node_modules/..., but its modules are installed by this folder's lockfile. */
function linkModules(vscode) {
  const modules = path.join(vscode, 'node_modules');
  if (lstatSync(modules, { throwIfNoEntry: false })) return;
  symlinkSync(path.relative(vscode, path.join(here, 'node_modules')), modules, 'junction');
}

/**
 * The Chromium to use: `CHROMIUM_PATH`, or the first one on PATH.
 * @returns {string | undefined}
 */
export function findChromium() {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return CHROMIUM_NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((at) =>
    existsSync(at),
  );
}
