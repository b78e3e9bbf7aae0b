import * as vscode from 'vscode';
import { placeLine, type AddressExplanation } from '../inspect/explain.ts';
import { hex, joined } from './words.ts';

/** An explanation as a document: a heading, what it comes to, and its parts. */
export function explanationText(explanation: AddressExplanation): string {
  const { mapping, names = [], walk, physical, page, history, accesses } = explanation;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
  return [
    placeLine(explanation),
    page?.explanation ?? vscode.l10n.t('no page is present'),
    ...section(vscode.l10n.t('Mapping'), [
      mapping
        ? joined(
            `${mapping.range} ${mapping.perms} ${mapping.name}`,
            mapping.name.includes(mapping.kind) ? undefined : mapping.kind,
            mapping.offset && vscode.l10n.t('offset {0}', mapping.offset),
          )
        : vscode.l10n.t('nothing is mapped here'),
    ]),
    ...section(vscode.l10n.t('In This Page'), names),
    ...section(vscode.l10n.t('Page-Table Walk'), walk),
    ...(page && physical
      ? section(vscode.l10n.t('Frame {0}', hex(page.frame)), [
          vscode.l10n.t('physical address {0}', physical),
          ...page.owners,
        ])
      : []),
    ...section(vscode.l10n.t('Sharing'), history),
    ...section(
      vscode.l10n.t('Accesses'),
      accesses.map(({ verdict }) => verdict),
    ),
    '',
  ].join('\n');
}

/** What can be clicked in that document: the memory, the page of every owner, and the source lines of the history. */
export function explanationLinks(
  document: vscode.TextDocument,
  { va, pid, page, history, historyAt }: AddressExplanation,
): vscode.DocumentLink[] {
  const text = document.getText();
  const link = (start: number, length: number, target: vscode.Uri, tooltip: string): vscode.DocumentLink => {
    const range = new vscode.Range(document.positionAt(start), document.positionAt(start + length));
    return Object.assign(new vscode.DocumentLink(range, target), { tooltip });
  };
  const links = [
    link(text.indexOf(va), va.length, command('openMemory', { expression: `p${pid}:${va}` }), OPEN_MEMORY),
  ];
  for (const owner of page?.owners ?? []) {
    const [, other, address] = /^pid (\d+) at (0x[0-9a-f]+)$/.exec(owner) ?? [];
    const start = text.indexOf(`\n  ${owner}\n`) + '\n  '.length;
    if (address === undefined || start < 3) continue;
    links.push(link(start, owner.length, command('explainAddress', { expression: `p${other}:${address}` }), EXPLAIN));
  }
  history.forEach((line, index) => {
    const { file, line: number, place } = historyAt[index] ?? {};
    const [, name] = /\(([^()]+:\d+)\)$/.exec(place ?? '') ?? [];
    const start = name === undefined ? -1 : text.indexOf(name, text.indexOf(line));
    if (file === undefined || number === undefined || name === undefined || start < 0) return;
    links.push(link(start, name.length, command('openSource', { source: { file, line: number } }), file));
  });
  return links;
}

const OPEN_MEMORY = vscode.l10n.t('Open memory');
const EXPLAIN = vscode.l10n.t('Explain');

const command = (name: string, argument: object): vscode.Uri =>
  vscode.Uri.parse(`command:pagewalk.${name}?${encodeURIComponent(JSON.stringify([argument]))}`);
