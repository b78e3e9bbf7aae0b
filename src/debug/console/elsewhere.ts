/** What commands of gdb are called here, where they are not typed. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  tbreak: 'write advance LOCATION, which runs there once, or set a breakpoint beside the line',
  condition: 'edit the condition of a breakpoint in the Breakpoints view',
  display: 'add the expression to the Watch view',
  run: 'press Restart, or F5',
  call: 'functions of the program are not executed by the debugger',
  return: 'functions of the program are not left by the debugger: step out of them',
  signal: 'signals come from the program alone',
  jump: 'the program goes on where it is: a register can be set, as in $pc = ADDRESS',
  file: '"program" in launch.json is what is debugged',
  detach: 'stop the session, or let one process run freely with "followFork" in launch.json',
  commands: 'a log message of a breakpoint prints values: "turn {i}"',
  dump: "the memory view and DAP's readMemory copy memory; dump is a command of gdb",
  record: 'the program runs forward only',
  tui: 'the editor shows the source',
  monitor: 'there is no remote target',
  python: 'there are no scripts here',
};

const SAME_AS: Readonly<Record<string, keyof typeof ELSEWHERE>> = {
  tb: 'tbreak',
  hbreak: 'tbreak',
  ignore: 'condition',
  enable: 'condition',
  disable: 'condition',
  undisplay: 'display',
  start: 'run',
  r: 'run',
  starti: 'run',
  symbol: 'file',
  attach: 'file',
  target: 'file',
  quit: 'detach',
  q: 'detach',
  printf: 'commands',
  dprintf: 'commands',
  echo: 'commands',
  restore: 'dump',
  find: 'dump',
  generate: 'dump',
  gcore: 'dump',
  reverse: 'record',
  rc: 'record',
  layout: 'tui',
  source: 'python',
  define: 'python',
  shell: 'python',
};

/** What gdb's users type, and what lldb's do, in the words of the commands that are here. */
const SPELLINGS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/^frame\s+variable\b\s*$/, 'info locals'],
  [/^frame\s+variable\s+/, 'print '],
  [/^(?:frame|f)\s+(?:select|level)\s+/, 'frame '],
  [/^thread\s+backtrace\b/, 'bt'],
  [/^thread\s+list\b/, 'info threads'],
  [/^thread\s+select\b/, 'thread'],
  [/^register\s+read\b/, 'info registers'],
  [/^memory\s+read\s+/, 'x/8xg '],
  [/^image\s+list\b/, 'info sharedlibrary'],
  [/^image\s+lookup\s+(?:-a|--address)\s+/, 'info symbol '],
  [/^breakpoint\s+list\b/, 'info breakpoints'],
  [/^po\s+/, 'print '],
];

/** A command in the words that it has here. */
export function respelt(text: string): string {
  for (const [pattern, replacement] of SPELLINGS) if (pattern.test(text)) return text.replace(pattern, replacement);
  return text;
}

/** Where that is done which a command of gdb does; undefined for words that are none. */
export function elsewhere(word: string): string | undefined {
  const known = Object.hasOwn(SAME_AS, word) ? SAME_AS[word] : word;
  return Object.hasOwn(ELSEWHERE, known)
    ? `There is no variable ${word} here, and no such command: ${ELSEWHERE[known]}.`
    : undefined;
}
