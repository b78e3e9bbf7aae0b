const UNITS: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Bytes named by `512M`, `64K`, `1G` or a plain number, rounded up to whole pages; `undefined` when it is none of these. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+)([KMG]?)i?B?$/i.exec(text.trim());
  if (!match) return undefined;
  const bytes = Number(match[1]) * UNITS[match[2].toUpperCase()];
  return Math.ceil(bytes / 4096) * 4096;
}
