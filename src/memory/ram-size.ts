import { err, ok, type Result } from '../result.ts';
import { PAGE_SIZE } from './address.ts';
import { MAX_RAM, MIN_RAM } from './layout.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Bytes of guest RAM named by `512M`, `64K`, `1G` or a plain number, in whole pages. An error is the end of a sentence. */
export function parseRamSize(text: string): Result<number, string> {
  const match = /^(\d+)([KMG]?)$/i.exec(text.trim());
  if (!match) return err('must be a number of bytes, or of K, M or G, such as 512M');
  const bytes = Math.ceil((Number(match[1]) * UNITS[match[2].toUpperCase()]) / PAGE_SIZE) * PAGE_SIZE;
  if (bytes < MIN_RAM || bytes > MAX_RAM) return err(`must be between ${MIN_RAM / 2 ** 10}K and ${MAX_RAM / 2 ** 30}G`);
  return ok(bytes);
}
