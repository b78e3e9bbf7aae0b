import * as vscode from 'vscode';
import { FAULTY_PLATFORM_NAMES, PLATFORM_NAMES } from '../platform/registry.ts';
import type { ConfigurationProvider } from './configuration-provider.ts';

/** The part of package.json that says in the user's language what each platform is. */
interface Manifest {
  readonly contributes: {
    readonly debuggers: readonly {
      readonly configurationAttributes: {
        readonly launch: {
          readonly properties: {
            readonly platform: { readonly enum: readonly string[]; readonly enumDescriptions: readonly string[] };
          };
        };
      };
    }[];
  };
}

interface PlatformItem extends vscode.QuickPickItem {
  readonly platform?: string;
}

/** Asks for platforms, and debugs on them. */
export class PlatformPicker {
  readonly #configurations: ConfigurationProvider;
  readonly #descriptions: ReadonlyMap<string, string>;

  constructor(configurations: ConfigurationProvider, extension: vscode.Extension<unknown>) {
    this.#configurations = configurations;
    const { contributes } = extension.packageJSON as Manifest;
    const { platform } = contributes.debuggers[0].configurationAttributes.launch.properties;
    this.#descriptions = new Map(platform.enum.map((name, index) => [name, platform.enumDescriptions[index] ?? '']));
  }

  /** The `${command:pickPlatform}` of launch.json. @param current is marked */
  async pick(current?: string): Promise<string | undefined> {
    const item = (platform: string): PlatformItem => ({
      label: platform,
      detail: this.#descriptions.get(platform) ?? '',
      ...(platform === current ? { description: vscode.l10n.t('current') } : {}),
      platform,
    });
    const separator = (label: string): PlatformItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
    const items = [
      separator(vscode.l10n.t('Platforms')),
      ...PLATFORM_NAMES.map(item),
      separator(vscode.l10n.t('With a bug each')),
      ...FAULTY_PLATFORM_NAMES.map(item),
    ];
    const placeHolder = vscode.l10n.t('How are address spaces kept?');
    return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDetail: true }))?.platform;
  }

  /**
   * Debugs a program on a platform that is picked: the one that is being debugged, from its start, else one as for F5.
   * On a faulty platform the invariants are checked.
   * @param chosen which one, if that is known
   */
  async debug(chosen?: vscode.DebugConfiguration): Promise<boolean> {
    const session = vscode.debug.activeDebugSession;
    const running = session?.type === 'pagewalk' ? session : undefined;
    const folder = running?.workspaceFolder ?? vscode.workspace.workspaceFolders?.[0];
    const configuration =
      chosen ??
      running?.configuration ??
      (await this.#configurations.choose(folder, vscode.l10n.t('Debug Sample'), (taken) => this.debug(taken)));
    if (!configuration) return false;
    const platform = await this.pick(configuration['platform'] as string | undefined);
    if (platform === undefined) return false;
    if (running) await vscode.debug.stopDebugging(running);
    const check = FAULTY_PLATFORM_NAMES.includes(platform) || configuration['check'] === true;
    return vscode.debug.startDebugging(folder, { ...configuration, platform, check });
  }
}
