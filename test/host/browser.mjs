// A headless Chromium that shows one workbench page, and the screenshots taken of it.
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { findChromium } from './locate.mjs';

/** A picture counts when the page has looked the same this often in a row, or after the most looks. */
const SAME_LOOKS = 3;
const MOST_LOOKS = 30;
const LOOK_MS = 150;

const VIEWPORT = { width: 1280, height: 800 };

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
 * Serves `GET /rows?view=Title`, the rows of a view of the side bar or the panel that are on screen, as a screen reader gets
 * them (JSON: `label`, `level`, `expanded` of a row that has children, `badge`), and `GET /<name>`, which writes `<folder>/<name>.png`: code in the extension host takes its screenshots with
 * `fetch(process.env.WORKBENCH_SHOT_URL + '/name')`. With `?view=Title` the picture is of one view of the side bar; with
 * `?text=…` it is taken once some frame, a webview's for instance, shows that text.
 * @param {string} folder
 * @param {() => import('playwright-core').Page} page the page to photograph, once there is one
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 */
export async function serveScreenshots(folder, page) {
  await mkdir(folder, { recursive: true });
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
    if (pathname === '/rows') {
      rowsShown(page(), searchParams.get('view')).then(
        (rows) => response.end(JSON.stringify(rows)),
        (error) => response.writeHead(500).end(String(error)),
      );
      return;
    }
    const name = path.basename(decodeURIComponent(pathname)).replace(/[^\w.-]/g, '_');
    textShown(page(), searchParams.get('text'))
      .then(() => stillPicture(page(), searchParams.get('view')))
      .then((picture) => writeFile(path.join(folder, `${name}.png`), picture))
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

/** Waits until a frame of the page shows the text, which may be still to come, like its frame. */
async function textShown(page, text) {
  if (!text) return;
  for (let looks = 1; looks < MOST_LOOKS; looks++) {
    for (const frame of page.frames())
      if (
        await frame
          .getByText(text, { exact: true })
          .first()
          .isVisible()
          .catch(() => false)
      )
        return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`no frame shows "${text}"`);
}

/** A picture once it no longer changes: the workbench fetches and lays out its views bit by bit. */
async function stillPicture(page, view) {
  const look = async () =>
    page.screenshot({ animations: 'disabled', clip: view ? await clipOf(page, view) : undefined });
  let picture = await look();
  for (let looks = 1, same = 1; looks < MOST_LOOKS && same < SAME_LOOKS; looks++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const next = await look();
    same = next.equals(picture) ? same + 1 : 1;
    picture = next;
  }
  return picture;
}

/** Where a view of the side bar is, down to the last row of its tree. */
async function clipOf(page, view) {
  const pane = page.locator('.pane', { has: page.locator(`.pane-header[aria-label^="${view}"]`) });
  const { x, y, width, height } = await pane.boundingBox();
  const bottom = await pane
    .locator('.monaco-list-row')
    .evaluateAll((rows) => Math.max(0, ...rows.map((row) => row.getBoundingClientRect().bottom)));
  return { x, y, width, height: bottom > y ? Math.min(height, bottom - y) : height };
}

/** The rows of a view that are on screen, once they no longer change. */
async function rowsShown(page, view) {
  const pane = page.locator('.pane', { has: page.locator(`.pane-header[aria-label^="${view}"]`) });
  const look = () =>
    pane.locator('.monaco-list-row').evaluateAll((rows) =>
      rows
        .map((row) => ({
          top: row.getBoundingClientRect().top,
          label: row.getAttribute('aria-label'),
          level: Number(row.getAttribute('aria-level')),
          expanded: row.getAttribute('aria-expanded') ?? undefined,
          // A decoration's badge is a style.
          badge: [...row.querySelectorAll('.monaco-icon-label')]
            .map((label) => getComputedStyle(label, '::after').content.replaceAll('"', ''))
            .find((text) => text !== '' && text !== 'none'),
        }))
        .sort((a, b) => a.top - b.top),
    );
  let rows = await look();
  for (let looks = 1, same = 1; looks < MOST_LOOKS && same < SAME_LOOKS; looks++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const next = await look();
    same = JSON.stringify(next) === JSON.stringify(rows) ? same + 1 : 1;
    rows = next;
  }
  return rows;
}
