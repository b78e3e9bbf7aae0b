/** A terminal as job control sees it. */
export interface Terminal {
  /** The session that it controls; 0 for none. */
  session: number;
  /** The process group in the foreground; 0 for none. */
  foreground: number;
  /** TOSTOP: whoever writes from the background is stopped, too. */
  readonly stopsWriters: boolean;
}

/** ioctl_tty(2) requests. */
export const enum TerminalRequest {
  GetAttributes = 0x5401,
  SetAttributes = 0x5402,
  SetAttributesDrain = 0x5403,
  SetAttributesFlush = 0x5404,
  SendBreak = 0x5409,
  FlowControl = 0x540a,
  Flush = 0x540b,
  SetExclusive = 0x540c,
  ClearExclusive = 0x540d,
  SetControlling = 0x540e,
  GetProcessGroup = 0x540f,
  SetProcessGroup = 0x5410,
  BytesUnsent = 0x5411,
  GetWindowSize = 0x5413,
  SetWindowSize = 0x5414,
  BytesAvailable = 0x541b,
  SetPacketMode = 0x5420,
  GiveUpControlling = 0x5422,
  GetDiscipline = 0x5424,
  SendBreakPosix = 0x5425,
  GetSession = 0x5429,
  OpenPeer = 0x5441,
  GetNumber = 0x8004_5430,
  SetLock = 0x4004_5431,
  GetPacketMode = 0x8004_5438,
  GetLock = 0x8004_5439,
}

/** What changes a terminal, which is for the foreground. */
export const CHANGES: readonly number[] = [
  TerminalRequest.SetAttributes,
  TerminalRequest.SetAttributesDrain,
  TerminalRequest.SetAttributesFlush,
  TerminalRequest.SetProcessGroup,
  TerminalRequest.SendBreak,
  TerminalRequest.SendBreakPosix,
  TerminalRequest.FlowControl,
  TerminalRequest.Flush,
];
