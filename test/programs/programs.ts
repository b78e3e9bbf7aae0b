/** A real program with what it is given. */
export interface RealProgram {
  /** Name of the test; the command line by default. */
  readonly title?: string;
  /** A name in the sysroot's /usr/bin, or an absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  /** What it writes to standard error is not compared: it complains of a system call that Pagewalk does not have. */
  readonly errorsDiffer?: true;
  /** Takes so little that it is part of every `npm test`. */
  readonly quick?: true;
}

const busybox = (applet: string, ...args: string[]): RealProgram => ({ program: 'busybox', args: [applet, ...args] });
const coreutil = (program: string, ...args: string[]): RealProgram => ({ program, args });
const script = (shell: 'dash' | 'bash', title: string, ...lines: string[]): RealProgram => ({
  title: `${shell}: ${title}`,
  program: shell,
  args: ['-c', lines.join('\n')],
});
const quick = (...programs: RealProgram[]): RealProgram[] => programs.map((program) => ({ ...program, quick: true }));

/** Programs whose output and exit status must be those under qemu-riscv64. They run where `fixture.ts` says. */
export const PROGRAMS: readonly RealProgram[] = [
  ...quick(
    busybox('sh', '-c', 'for i in 1 2 3; do echo $i; done | wc -l; exit 7'),
    busybox('sort', '-u', 'words'),
    busybox('tr', 'a-y', 'b-z'),
    coreutil('sort', '-n', 'numbers'),
    coreutil('ls', '-R', 'tree'),
    coreutil('sha256sum', 'words', 'numbers'),
    { program: 'grep', args: ['-c', 'a.*e', 'words'] },
    { program: 'sed', args: ['-n', 's/\\(.\\)\\(.\\)/\\2\\1/p', 'words'] },
    { program: 'gawk', args: ['{ s += $1 } END { print s, NR }', 'numbers'] },
    { program: 'gzip', args: ['-c', '-n', 'words'] },
    script('dash', 'a pipeline with a here-document', 'cat <<END | tr a-z A-Z', 'one', 'two', 'END', 'exit 3'),
    script('bash', 'process substitution', 'cat <(echo one) <(echo two); echo "${PIPESTATUS[@]}"'),
    script('bash', 'jobs', 'sleep 0.1 & wait $!; echo $?; false & wait $!; echo $?'),
    { program: 'lua5.4', args: ['-e', 'for i = 1, 3 do print(i, i / 3, ("x"):rep(i)) end os.exit(4)'] },
    { program: 'make', args: ['-s', 'all'] },
    { title: 'ripgrep (Rust)', program: 'rg', args: ['-c', 'a.*e', 'words'] },
    { title: 'pup (Go, static)', program: 'pup', args: ['a attr{href}'], stdin: '<p><a href="x">y</a><a href=z>w</a>' },
  ),
  busybox('ash', '-c', 'f() { echo "$1"; }; f "$(echo nested | tr a-y b-z)"'),
  busybox('awk', 'NR % 2 { print $1 * 2 }', 'numbers'),
  busybox('base64', 'words'),
  busybox('basename', '/a/b/c.txt', '.txt'),
  busybox('cat', '-n', 'text'),
  busybox('cksum', 'words'),
  busybox('cmp', 'words', 'numbers'),
  busybox('comm', 'sorted-one', 'sorted-two'),
  busybox('cut', '-d,', '-f2', 'table'),
  busybox('dd', 'if=words', 'bs=7', 'count=3', 'status=none'),
  busybox('diff', '-u', 'sorted-one', 'sorted-two'),
  busybox('dirname', '/a/b/c.txt'),
  busybox('echo', '-e', 'a\\tb'),
  busybox('env', '-i', 'A=1'),
  busybox('expand', 'text'),
  busybox('expr', '6', '*', '7'),
  busybox('factor', '1234567890'),
  busybox('false'),
  busybox('find', 'tree', '-name', '*.txt'),
  busybox('fold', '-w', '20', 'text'),
  busybox('grep', '-n', 'the', 'text'),
  busybox('head', '-n', '5', 'words'),
  busybox('hexdump', '-C', 'text'),
  busybox('md5sum', 'words'),
  busybox('nl', 'text'),
  busybox('od', '-c', 'text'),
  busybox('paste', 'sorted-one', 'sorted-two'),
  busybox('printf', '%s-%d\\n', 'a', '42'),
  busybox('realpath', 'tree/leaf'),
  busybox('rev', 'text'),
  busybox('sed', 's/o/0/g', 'text'),
  busybox('seq', '1', '3', '20'),
  busybox('sha1sum', 'words'),
  busybox('sh', '-c', 'mkdir made && cd made && echo x > y && mv y z && cat z && ls && rm z && cd .. && rmdir made'),
  busybox('strings', 'words'),
  busybox('tac', 'text'),
  busybox('tail', '-n', '3', 'words'),
  busybox('tee', 'copy'),
  busybox('test', '-d', 'tree'),
  busybox('tr', 'a', 'b'),
  busybox('true'),
  busybox('uniq', '-c', 'sorted-one'),
  busybox('unexpand', '-a', 'text'),
  busybox('wc', 'words', 'text'),
  busybox('which', 'no-such-program'),
  busybox('xargs', 'echo'),
  busybox('yes', '--help'),
  busybox('zcat', 'nowhere.gz'),
  { ...busybox('bc'), stdin: '2^100\nscale=10\n22/7\n' },
  { ...busybox('dc', '-e', '2 64 ^ p') },

  coreutil('arch'),
  coreutil('b2sum', 'words'),
  coreutil('base32', 'text'),
  coreutil('cat', 'no-such-file'),
  coreutil('chmod', '--verbose', '700', 'text'),
  coreutil('cp', '-rv', 'tree', 'tree-copy'),
  coreutil('csplit', 'numbers', '5', '{2}'),
  coreutil('cut', '-c', '1-3', 'words'),
  coreutil('date', '-u', '-d', '@1000000000'),
  coreutil('dd', 'if=/dev/zero', 'bs=1k', 'count=4', 'of=zeroes', 'status=none'),
  coreutil('du', '--apparent-size', '-b', 'tree/leaf'),
  coreutil('env', '-i', 'B=2'),
  coreutil('expr', 'abc', ':', 'a\\(.\\)c'),
  coreutil('factor', '18446744073709551615'),
  coreutil('fmt', '-w', '30', 'text'),
  coreutil('head', '-c', '100', 'words'),
  coreutil('join', 'sorted-one', 'sorted-two'),
  coreutil('ln', '-sv', 'text', 'link'),
  coreutil('ls', '-1p', 'tree'),
  coreutil('mkdir', '-pv', 'new/deep/tree'),
  coreutil('mktemp', '-u', 'XXXXXX', '--suffix=/bad'),
  coreutil('mv', '-v', 'text', 'moved'),
  coreutil('nproc', '--ignore=1000'),
  coreutil('numfmt', '--to=iec', '123456789'),
  coreutil('od', '-A', 'x', '-t', 'x1z', 'text'),
  coreutil('pr', '-t', '-2', 'words'),
  coreutil('printenv', 'HOME'),
  coreutil('pwd', '-P'),
  coreutil('readlink', '-f', 'tree/../text'),
  coreutil('rm', '-rv', 'tree/branch'),
  coreutil('seq', '-f', '%05.1f', '1', '0.5', '4'),
  coreutil('shuf', '--random-source=words', 'sorted-one'),
  coreutil('sort', '-t,', '-k2', 'table'),
  coreutil('sort', '-R', '--random-source=words', 'words'),
  coreutil('split', '-l', '100', '--verbose', 'words', 'part-'),
  coreutil('stat', '-c', '%n %s %F', 'text', 'tree'),
  coreutil('sum', 'words'),
  coreutil('tail', '-n', '+990', 'words'),
  coreutil('test', 'a', '<', 'b'),
  coreutil('timeout', '0.1', 'sleep', '5'),
  coreutil('touch', '-d', '@5', 'touched'),
  coreutil('truncate', '-s', '1M', 'big'),
  coreutil('tsort', 'sorted-one'),
  coreutil('wc', '-L', 'text'),
  script('bash', 'a long sort', 'seq 200000 -1 1 | sort | md5sum'),
  { program: 'tee', args: ['one', 'two'], stdin: 'to both\n' },
  { program: 'tr', args: ['-cs', 'a-z', '\\n'], stdin: 'some Words here\n' },

  { program: 'grep', args: ['-rnE', 'root', 'tree'] },
  { program: 'grep', args: ['-P', '^(?=.*a)(?=.*b)', 'words'] },
  { program: 'grep', args: ['-q', 'nothing like it', 'words'] },
  { program: 'sed', args: ['-e', '1!G;h;$!d', 'text'] },
  { program: 'sed', args: ['-i', '-e', 's/the/THE/w out', 'text'] },
  {
    program: 'mawk',
    args: [
      '{ n[substr($0, 1, 1)]++ } END { for (c = 97; c < 123; c++) { k = sprintf("%c", c); print k, n[k] + 0 } }',
      'words',
    ],
  },
  {
    program: 'gawk',
    args: ['BEGIN { print length("h\\303\\251"); "echo piped" | getline x; print x; printf "%.17g\\n", atan2(0, -1) }'],
  },
  { title: 'gzip round trip', program: 'bash', args: ['-c', 'gzip -c words | gzip -dc | cmp - words && echo same'] },
  { program: 'bzip2', args: ['-c', 'words'] },
  { program: 'xz', args: ['-T1', '-c', 'words'] },
  {
    program: 'tar',
    args: ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=644', '-cf', '-', 'tree'],
  },
  { program: 'find', args: ['tree', '-type', 'f', '-size', '-2', '-name', 'd*', '-printf', '%f %s\\n'] },
  { program: 'diff', args: ['-r', 'tree', 'tree/branch'] },
  { program: 'bc', args: ['-q'], stdin: 'scale=50\n4*a(1)\n2^200\n' },
  {
    program: 'perl',
    args: [
      '-e',
      'my %h; $h{$_}++ for map { chomp; length } <>; print "$_ $h{$_}\\n" for sort { $a <=> $b } keys %h',
      'words',
    ],
  },
  { title: 'perl: fork, pipe and signals', program: 'perl', args: ['-e', perlFork()] },
  { title: 'sqlite3: a table and a query', program: 'sqlite3', args: ['base.db', sqlQueries()] },
  { title: 'lua: a sieve', program: 'lua5.4', args: ['-e', luaSieve()] },
  { program: 'make', args: ['-j3', 'parallel'] },

  script(
    'dash',
    'arithmetic and functions',
    'fib() { [ $1 -lt 2 ] && echo $1 || echo $(($(fib $(($1-1)))+$(fib $(($1-2))))); }',
    'fib 8',
  ),
  script('dash', 'traps and signals', "trap 'echo caught; exit 9' TERM", 'kill -TERM $$', 'echo not reached'),
  script(
    'dash',
    'redirections',
    'exec 3>out',
    'echo x >&3',
    '{ echo e >&2; } 2>>out',
    'exec 3>&-',
    'cat out',
    'cat < /dev/null',
    '>| out',
    'wc -c < out',
  ),
  script('dash', 'a read loop', 'while IFS=, read -r a b; do echo "$b:$a"; done < table'),
  script('dash', 'status of a killed child', 'sh -c "kill -9 \\$\\$"', 'echo $?'),
  script('dash', 'globs', 'echo tree/*/* s*-*', 'set -- w* n*', 'echo $#'),
  script(
    'bash',
    'arrays and expansion',
    'a=(one two three)',
    'echo "${a[@]^^}" ${#a[@]} "${a[1]/w/W}"',
    'declare -A m=([k]=v)',
    'echo "${m[k]}"',
  ),
  script(
    'bash',
    'coproc',
    'coproc cat',
    'echo through >&"${COPROC[1]}"',
    'read -r line <&"${COPROC[0]}"',
    'echo "$line"',
    'kill $COPROC_PID',
  ),
  script(
    'bash',
    'job control',
    'set -m',
    'sleep 100 &',
    'kill -STOP %1',
    'wait %1 2>/dev/null',
    'echo $?',
    'jobs | sed s/[0-9][0-9]*//g',
    'kill -CONT %1',
    'kill %1',
    'wait %1 2>/dev/null',
    'echo $?',
  ),
  script(
    'bash',
    'pipeline status',
    'set -o pipefail',
    'false | true | cat',
    'echo $?',
    'seq 100000 | head -n 1',
    'echo "${PIPESTATUS[@]}"',
  ),
  script('bash', 'a here-string and a subshell', 'x=1', '(x=2; echo $x; exit 5)', 'echo $? $x', 'cat <<< "$x"'),
  script(
    'bash',
    'traps',
    'trap "echo bye" EXIT',
    'trap "echo usr1" USR1',
    'kill -USR1 $$',
    '(trap - EXIT; exit 2)',
    'echo $?',
  ),
  script('bash', 'fifos', 'mkfifo pipe', 'echo "by name" > pipe &', 'cat pipe', 'wait', 'rm pipe'),
  script('bash', 'a time-out', 'mkfifo pipe', 'read -t 0.05 line <> pipe', 'echo $(($? > 128))'),
  script(
    'bash',
    'many children',
    'for i in $(seq 40); do (exit $i) & done',
    'n=0',
    'while wait -n; [ $? -ne 127 ]; do n=$((n + 1)); done',
    'echo $n',
  ),
];

function perlFork(): string {
  return `
    $| = 1; pipe(my $r, my $w);
    $SIG{CHLD} = sub { };
    my $pid = fork;
    if (!$pid) { close $r; print $w "from child\\n"; close $w; exit 3 }
    close $w; print scalar <$r>; waitpid $pid, 0; print $? >> 8, "\\n";
    eval { local $SIG{ALRM} = sub { die "alarm\\n" }; alarm 1; select(undef, undef, undef, 5) };
    print $@; printf "%.3f %s\\n", 10 / 3, join ",", sort { $b <=> $a } 1 .. 5;`;
}

function sqlQueries(): string {
  return `create table t(a integer primary key, b text);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 500) insert into t select i, hex(i * 7919) from n;
    create index b on t(b); select count(*), sum(a), max(b) from t; select a from t where b like '37%' order by b limit 3;
    delete from t where a % 2; select count(*) from t; pragma integrity_check;`;
}

function luaSieve(): string {
  return `local n, s, c = 20000, {}, 0
    for i = 2, n do if not s[i] then c = c + 1 for j = i * i, n, i do s[j] = true end end end print(c)
    local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) print(co(), co(), co())
    print(string.format("%q %.14g %x", "a\\nb", math.pi, 255), #tostring({}) > 5, pcall(error, "x"))`;
}
