// A headless Chromium that shows one workbench page, and the screenshots taken of it.
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { findChromium } from './locate.mjs';

const VIEWPORT = { width: 1440, height: 900 };

/**
 * Opens an empty page; closing it ends the browser.
 * @param {{viewport?: {width: number, height: number}}} [options]
 * @returns {Promise<{page: import('playwright-core').Page, close: () => Promise<void>}>}
 */
export async function openPage({ viewport = VIEWPORT } = {}) {
  const executablePath = findChromium();
  if (!executablePath)
    throw new Error('no Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM_PATH');
  const { chromium } = createRequire(import.meta.url)('playwright-core');
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1', // offline by construction
    ],
  });
  const context = await browser.newContext({ viewport });
  return { page: await context.newPage(), close: () => browser.close() };
}

/**
 * Serves `GET /<name>`, which writes `<folder>/<name>.png`: code in the extension host takes its screenshots with
 * `fetch(process.env.WORKBENCH_SHOT_URL + '/name')`.
 * @param {string} folder
 * @param {() => import('playwright-core').Page} page the page to photograph, once there is one
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 */
export async function serveScreenshots(folder, page) {
  await mkdir(folder, { recursive: true });
  const server = createServer((request, response) => {
    const name = path.basename(decodeURIComponent(request.url)).replace(/[^\w.-]/g, '_');
    page()
      .screenshot({ path: path.join(folder, `${name}.png`) })
      .then(
        () => response.end('ok'),
        (error) => response.writeHead(500).end(String(error)),
      );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
