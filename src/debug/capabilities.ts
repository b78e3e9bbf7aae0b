import type { DebugProtocol } from '@vscode/debugprotocol';
import { declaredFilters } from './exception-filters.ts';

/** What the adapter can do; nothing that does not work. */
export const CAPABILITIES: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsInstructionBreakpoints: true,
  supportsDataBreakpoints: true,
  supportsDataBreakpointBytes: true,
  breakpointModes: [
    {
      mode: 'any',
      label: 'Any process',
      description: 'Stops whichever process comes here.',
      appliesTo: ['source', 'data', 'instruction'],
    },
    {
      mode: 'this',
      label: 'This process',
      description: 'Stops only the process that you look at when you set the breakpoint.',
      appliesTo: ['source', 'data', 'instruction'],
    },
  ],
  supportsBreakpointLocationsRequest: true,
  exceptionBreakpointFilters: declaredFilters(),
  supportsExceptionFilterOptions: true,
  supportsExceptionInfoRequest: true,
  supportsEvaluateForHovers: true,
  supportsSetVariable: true,
  supportsSetExpression: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.', '>', '$', ':'],
  supportsValueFormattingOptions: true,
  supportsRestartRequest: true,
  supportsTerminateRequest: true,
  supportsTerminateThreadsRequest: true,
  supportsSingleThreadExecutionRequests: true,
  supportsCancelRequest: true,
  supportsReadMemoryRequest: true,
  supportsWriteMemoryRequest: true,
  supportsDisassembleRequest: true,
  supportsSteppingGranularity: true,
  supportsDelayedStackTraceLoading: true,
  supportsLoadedSourcesRequest: true,
};
