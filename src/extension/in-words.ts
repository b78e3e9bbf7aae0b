import * as vscode from 'vscode';

const access = (text: string, [read, write, execute]: string): string[] => {
  const words = [
    ...(text.includes(read) ? [vscode.l10n.t('readable')] : []),
    ...(text.includes(write) ? [vscode.l10n.t('writable')] : []),
    ...(text.includes(execute) ? [vscode.l10n.t('executable')] : []),
  ];
  return words.length > 0 ? words : [vscode.l10n.t('no access')];
};

/** Permissions as /proc/PID/maps has them, `rw-p`: `readable, writable, private`. */
export function permissionsInWords(perms: string): string {
  return [...access(perms, 'rwx'), perms.endsWith('s') ? vscode.l10n.t('shared') : vscode.l10n.t('private')].join(', ');
}

/** The bits of a valid entry that vary, `VR--U-AD`: `readable, accessed, dirty`. */
export function bitsInWords(flags: string): string {
  return [
    ...access(flags, 'RWX'),
    ...(flags.includes('U') ? [] : [vscode.l10n.t('kernel only')]),
    ...(flags.includes('G') ? [vscode.l10n.t('global')] : []),
    ...(flags.includes('A') ? [vscode.l10n.t('accessed')] : []),
    ...(flags.includes('D') ? [vscode.l10n.t('dirty')] : []),
  ].join(', ');
}
