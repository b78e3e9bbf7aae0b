import type { RealProgram } from './programs.ts';

const shell = (title: string, ...lines: string[]): RealProgram => ({
  title,
  program: 'bash',
  args: ['-c', lines.join('\n')],
});

/**
 * Starts a server as the process `$server`, and reads what it logs until a `line` says that it listens. The rest of the
 * log stays in the pipe.
 */
const server = (command: string, listens: string): string =>
  `coproc ${command} 2>&1; server=$!; while read -ru \${COPROC[0]} line; do [[ $line = *'${listens}'* ]] && break; done`;

/** Interpreters, compilers, and programs written in Rust and Go: more to download, and up to a minute each. */
export const LARGER_PROGRAMS: readonly RealProgram[] = [
  // Rust
  { program: 'rg', args: ['-P', '-c', '^(?=.*a)(?=.*b)', 'words'] },
  { program: 'rg', args: ['-j4', '--count-matches', '--sort', 'path', 'e.{2}', 'tree', 'text'] },
  { program: 'fdfind', args: ['-j1', '-t', 'f', 'leaf', 'tree'] },
  { program: 'hexyl', args: ['text'] },
  { program: 'sd', args: ['-p', 'the (\\w+)', '<$1>', 'text'] },

  // Go
  { program: 'gron', args: ['-'], stdin: '{"a": [1, 2, {"b": null}], "c": "x"}' },
  { program: 'gron', args: ['--ungron'], stdin: 'json = {};\njson.a = [];\njson.a[0] = 1;\n' },
  shell('fzf filters', 'fzf --filter bace --no-sort < words'),
  shell(
    'age: keys, encryption and decryption',
    'age-keygen -o key 2> /dev/null',
    'age -R <(age-keygen -y key) -o secret words && age -d -i key secret | cmp - words && echo same',
    'age -d -i key text; echo $?',
  ),

  // Static glibc
  {
    program: 'bash-static',
    args: ['-c', 'echo $((2 ** 40)); (exit 3); echo $?; seq 3 | while read x; do echo "<$x>"; done'],
  },

  // Threads
  shell('zstd with threads', 'zstd -q -T3 -c words | zstd -dc | cmp - words && echo same', 'zstd -q -19 -c words'),
  shell('pigz with threads', 'pigz -p3 -c words | pigz -dc | cmp - words && echo same'),
  shell('pbzip2 with threads', 'pbzip2 -p3 -c words | bunzip2 -c | cmp - words && echo same'),
  { program: 'xz', args: ['-T2', '--block-size=4KiB', '-c', 'words'] },

  // Compilers
  shell(
    'a compiler, an assembler, a linker',
    "cat > program.c <<'END'",
    'double mean(const double *p, int n) { double s = 0; for (int i = 0; i < n; i++) s += p[i]; return s / n; }',
    'int bits(unsigned long x) { int n = 0; for (; x; x &= x - 1) n++; return n; }',
    'void _start(void) {',
    '  const double p[] = {1, 2, 3.5};',
    '  register long a0 asm("a0") = (int)mean(p, 3) + bits(255), a7 asm("a7") = 93;',
    '  asm volatile("ecall" :: "r"(a0), "r"(a7));',
    '}',
    'END',
    'cc1 -quiet -O2 program.c -o program.s && as program.s -o program.o && ld program.o -o program',
    'sha256sum program.s program.o program && readelf -lW program && objdump -d program',
  ),
  { program: 'm4', args: [], stdin: "define(`f',`ifelse($1,0,1,`eval($1*f(decr($1)))')')f(10)\n" },

  // Interpreters
  { title: 'python: threads, processes and signals', program: 'python3.13', args: ['-S', '-c', python()] },
  { title: 'tcl: files and numbers', program: 'tclsh8.6', args: [], stdin: tcl() },
  { title: 'node: compiled JavaScript and a timer', program: 'node', args: ['-e', javaScript()], errorsDiffer: true },
  {
    program: 'jq',
    args: ['-c', '[.[] | select(.a > 1) | {b: .a}] | sort_by(-.b)'],
    stdin: '[{"a": 1}, {"a": 2}, {"a": 3}]',
  },

  // Servers and their clients, over the loopback address and sockets with names
  shell(
    'nginx and curl',
    "mkdir n && cat > n/conf <<'END'",
    'daemon off; pid n/pid; error_log stderr notice; events {}',
    'http { access_log off; client_body_temp_path n/a; proxy_temp_path n/b; fastcgi_temp_path n/c; uwsgi_temp_path n/d;',
    '  scgi_temp_path n/e; server { listen unix:n/socket; root .; } }',
    'END',
    server('nginx -e stderr -p "$PWD" -c n/conf', 'start worker process '),
    'curl -s --unix-socket n/socket http://localhost/words | cmp - words && echo same',
    'curl -s --unix-socket n/socket -o /dev/null -w "%{http_code} %{content_type}\\n" http://localhost/nowhere',
    'kill $server; wait $server; echo $?',
  ),
  shell(
    'redis: a server and its client',
    server('redis-server --port 0 --unixsocket "$PWD/socket" --save ""', 'Ready to accept connections'),
    'client() { redis-cli -s "$PWD/socket" "$@"; }',
    'client set n 41; client incr n; client rpush l a b c; client lrange l 0 -1; client eval "return 6 * 7" 0',
    'client shutdown nosave; wait $server; echo $?',
  ),
  shell(
    'socat: TCP over the loopback address',
    server('socat -d -d TCP-LISTEN:0,bind=127.0.0.1 EXEC:"tr a-z A-Z"', 'listening on '),
    'head -n 100 words | socat -t 60 - TCP:127.0.0.1:${line##*:}; wait $server; echo $?',
  ),

  // Pseudo-terminals
  shell(
    'script: a shell in a terminal of its own',
    'script -qec \'tty | sed "s/[0-9]*$//"; stty -a | tail -n 2; stty size\' log',
    'echo $?; sed -n 2,5p log',
  ),
  { title: 'python: a terminal for a shell', program: 'python3.13', args: ['-S', '-c', pythonTerminal()] },

  // Others
  shell(
    'zsh',
    "zsh -fc 'a=(3 1 2); print ${(o)a}; for i in {1..3}; do print $i; done | wc -l; (exit 3) & wait $!; print $?'",
  ),
  shell('vim edits', 'vim.tiny -es -u NONE -i NONE words -c "%s/ba/BA/g" -c "wq! out"; echo $?; md5sum out'),
  { program: 'ed', args: ['-s', 'text'], stdin: '1,$s/the/THE/g\n,p\nq\nq\n' },
  { program: 'openssl', args: ['dgst', '-sha3-256', 'words'] },
  { program: 'openssl', args: ['prime', '-checks', '5', '170141183460469231731687303715884105727'] },
  shell(
    'openssl: ciphers and signatures',
    'key="-aes-256-cbc -pbkdf2 -iter 100 -k pw -S 0102030405060708"',
    'openssl enc $key -in words | openssl enc -d $key | cmp - words && echo same',
    'openssl genpkey -algorithm ed25519 -out key && openssl pkeyutl -sign -rawin -inkey key -in text -out signature',
    'openssl pkeyutl -verify -rawin -inkey key -in text -sigfile signature',
  ),
  shell(
    'git: a repository from nothing',
    'export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b',
    'export GIT_AUTHOR_DATE="1000000000 +0000" GIT_COMMITTER_DATE="1000000000 +0000"',
    'git -c init.defaultBranch=main init -q . && git config gc.auto 0 && git config maintenance.auto false',
    'git add words text tree && git commit -q -m first && echo more >> text && git diff --stat',
    'git commit -qam second && git log --format="%H %s" && git status --short --untracked-files=no',
    'git show --stat HEAD && git cat-file -p HEAD^{tree} && git fsck --strict',
  ),
];

function python(): string {
  return `
import os, signal, threading
done, lock = [], threading.Lock()
def work(i):
    with lock: done.append(i * i)
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for t in threads: t.start()
for t in threads: t.join()
print(sorted(done))
r, w = os.pipe()
child = os.fork()
if child == 0:
    os.write(w, b"from the child")
    os._exit(5)
print(os.read(r, 100), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
signal.signal(signal.SIGALRM, lambda number, frame: print("alarm", number))
os.set_blocking(w, False)
signal.set_wakeup_fd(w)
signal.setitimer(signal.ITIMER_REAL, 0.01)
print(list(os.read(r, 100)))
counts = {}
for word in open("words"): counts[len(word)] = counts.get(len(word), 0) + 1
print(sorted(counts.items()), 2 ** 200, f"{22 / 7:.12f}")
try: 1 // 0
except ZeroDivisionError as e: print(e)
raise SystemExit(3)
`;
}

/**
 * Types into an interactive shell as a person does, who waits for the prompt, or for what a program says: only then the
 * shell has put the terminal back into canonical mode.
 */
function pythonTerminal(): string {
  return `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(PS1="ready> ", TERM="dumb")
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
def shown(until):
    text = b""
    while not text.endswith(until): text += os.read(terminal, 1000)
    return text.decode()
print(shown(b"ready> "))
for line in ["echo $((6 * 7))", "sh -c 'echo reading; exec cat'", "bash -c 'echo begun; exec sleep 1000'", "jobs", "fg", "stty -echo", "echo unseen", "exit 3"]:
    os.write(terminal, line.encode() + b"\\n")
    if line.startswith("sh"):
        print(shown(b"\\nreading\\r\\n"))
        os.write(terminal, b"typed\\n")
        print(shown(b"typed\\r\\ntyped\\r\\n"))
        os.write(terminal, b"\\x04")
    if line == "exit 3": break
    if line.startswith("bash"):
        print(shown(b"\\nbegun\\r\\n"))
        os.write(terminal, b"\\x1a")
    if line == "fg":
        print(shown(b"sleep 1000'\\r\\n"))
        while os.tcgetpgrp(terminal) == pid: os.sched_yield()
        os.write(terminal, b"\\x03")
    print(shown(b"ready> "))
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
}

function tcl(): string {
  return `
    set f [open words]; set n 0
    while {[gets $f line] >= 0} {incr n [string length $line]}
    puts $n; puts [lsort -integer {3 1 2}]; puts [exec sort -r << "a\\nb"]; puts [expr {2 ** 100}]; exit 3`;
}

function javaScript(): string {
  return `
    let s = 0;
    for (let i = 0; i < 100000; i++) s = (s * 31 + i) | 0;
    console.log(s, [3, 1, 2].sort(), require('fs').readFileSync('table', 'utf8').length);
    setTimeout(() => { console.log('later'); process.exit(4); }, 5);`;
}
