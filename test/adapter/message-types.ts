import path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import ts from 'typescript';
import type { Recorder } from './dap-client.ts';

/** What a message is to be, and what it is. */
interface Typed {
  readonly type: string;
  readonly body: unknown;
}

/** Collects what the adapter says, to compare it with the types of the protocol itself. */
export class MessageTypes implements Recorder {
  readonly requests = new Set<string>();
  readonly events = new Set<string>();
  readonly #messages: Typed[] = [];

  request(command: string): void {
    this.requests.add(command);
  }

  response({ command, success, body }: Omit<DebugProtocol.Response, 'body'> & { body?: unknown }): void {
    if (command.includes('/') || command === 'noSuchRequest') return;
    const type = success ? `DebugProtocol.${capitalised(command)}Response` : 'DebugProtocol.ErrorResponse';
    this.#messages.push({ type: `${type}['body']`, body });
  }

  event({ event, body }: Omit<DebugProtocol.Event, 'body'> & { body?: unknown }): void {
    this.events.add(event);
    if (!event.includes('/')) this.#messages.push({ type: `DebugProtocol.${capitalised(event)}Event['body']`, body });
  }

  /** What the compiler has against the messages as values of the protocol's types: fields missing, wrong or unknown. */
  problems(): string[] {
    const distinct = [...new Set(this.#messages.map(({ type, body }) => `${type} = ${JSON.stringify(body)}`))];
    const source = [
      "import type { DebugProtocol } from '@vscode/debugprotocol';",
      ...distinct.map((text, at) => `export const m${at}: ${text};`),
    ].join('\n');
    const name = path.resolve('test/adapter/recorded-messages.ts');
    const options: ts.CompilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
    };
    const host = ts.createCompilerHost(options);
    const plain = ts.createCompilerHost(options);
    host.fileExists = (file) => file === name || plain.fileExists(file);
    host.getSourceFile = (file, target, ...rest) =>
      file === name ? ts.createSourceFile(file, source, target) : plain.getSourceFile(file, target, ...rest);
    const program = ts.createProgram([name], options, host);
    const lines = source.split('\n');
    return ts.getPreEmitDiagnostics(program).map(({ messageText, start = 0 }) => {
      const line = lines[source.slice(0, start).split('\n').length - 1];
      return `${ts.flattenDiagnosticMessageText(messageText, ' ')}\n  ${line.slice(0, 300)}`;
    });
  }
}

function capitalised(name: string): string {
  return name[0].toUpperCase() + name.slice(1);
}
