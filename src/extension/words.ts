import * as vscode from 'vscode';
import { namesText } from '../program/names/memory-name.ts';

/**
 * `pid 2`, `pid 2 and pid 3`, `pid 2, pid 3 and 4 more`.
 * @param count how many there are, where not all are known
 */
export function pids(all: readonly number[], count = all.length): string {
  const MOST = 3;
  const named = all.slice(0, MOST).map((pid) => vscode.l10n.t('pid {0}', pid));
  const more = count - named.length;
  if (more > 0) return vscode.l10n.t('{0} and {1} more', named.join(', '), more);
  const last = named.pop() ?? '';
  return named.length > 0 ? vscode.l10n.t('{0} and {1}', named.join(', '), last) : last;
}

/** `1 page`, `2 pages`. */
export function pages(count: number): string {
  return count === 1 ? vscode.l10n.t('1 page') : vscode.l10n.t('{0} pages', count);
}

/** A frame or an address: hex with `0x`. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** The parts that are not empty, as one description. */
export function joined(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part).join(' · ');
}

/** What is told after the names must still be seen in a narrow side bar. */
const MOST_NAME_CHARACTERS = 30;

/** The first of the names, and how many more there are: `counter, config and 12 more`; empty without any. */
export function namesInRow(names: readonly string[]): string {
  let count = 1;
  while (count < names.length && names.slice(0, count + 1).join(', ').length <= MOST_NAME_CHARACTERS) count++;
  return namesText(names, count);
}
