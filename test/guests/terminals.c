/* Pseudo-terminals: lines, echoes, control characters, raw input, sessions and hang-ups. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int master, slave;
static struct termios first;

static void show(const char *what, const char *bytes, long count) {
  printf("%s: ", what);
  if (count < 0) printf("%s", strerror(errno));
  for (long i = 0; i < count; i++)
    if (isprint((unsigned char)bytes[i]) && bytes[i] != '\\') putchar(bytes[i]);
    else printf("\\%02x", (unsigned char)bytes[i]);
  putchar('\n');
}

static void value(const char *what, long result) {
  if (result < 0) printf("%s: %s\n", what, strerror(errno));
  else printf("%s: %ld\n", what, result);
}

static void type(const char *text) { write(master, text, strlen(text)); }

/* What the slave has shown, up to a mark that it prints now. */
static void shown(const char *what) {
  char bytes[4096];
  long count = 0;
  write(slave, "$", 1);
  while (count == 0 || bytes[count - 1] != '$') {
    long more = read(master, bytes + count, sizeof bytes - count);
    if (more <= 0) break;
    count += more;
  }
  show(what, bytes, count - 1);
}

/* Types a line, reads it and shows both. */
static void line(const char *what, const char *text) {
  char bytes[4096];
  type(text);
  show(what, bytes, read(slave, bytes, sizeof bytes));
  shown("  echo");
}

static void set(unsigned input, unsigned output, unsigned local) {
  struct termios t = first;
  t.c_iflag = input, t.c_oflag = output, t.c_lflag = local;
  tcsetattr(slave, TCSANOW, &t);
}

static void raw(int minimum, int time) {
  struct termios t = first;
  cfmakeraw(&t);
  t.c_cc[VMIN] = minimum, t.c_cc[VTIME] = time;
  tcsetattr(slave, TCSANOW, &t);
}

static int available(int fd) {
  int count = -1;
  ioctl(fd, FIONREAD, &count);
  return count;
}

static int events(int fd) {
  struct pollfd polled = {fd, POLLIN | POLLOUT | POLLPRI};
  poll(&polled, 1, 0);
  return polled.revents;
}

static void await(int fd) {
  struct pollfd polled = {fd, POLLIN};
  poll(&polled, 1, -1);
}

static void open_pair(void) {
  char name[64], other[64];
  struct stat at, by_name;
  struct winsize size = {24, 80, 1, 2}, got;
  master = posix_openpt(O_RDWR | O_NOCTTY);
  value("opened", master >= 0);
  value("grantpt", grantpt(master));
  ptsname_r(master, name, sizeof name);
  value("name", strncmp(name, "/dev/pts/", 9));
  value("open before unlockpt", open(name, O_RDWR | O_NOCTTY));
  value("write without a slave", write(master, "x", 1));
  value("unlockpt", unlockpt(master));
  slave = open(name, O_RDWR | O_NOCTTY);
  value("slave", slave >= 0);
  value("terminals", isatty(master) * 2 + isatty(slave));
  ttyname_r(slave, other, sizeof other);
  value("same name", strcmp(name, other));
  fstat(slave, &at);
  stat(name, &by_name);
  value("same file", at.st_ino == by_name.st_ino && at.st_dev == by_name.st_dev);
  value("major", major(at.st_rdev));
  value("character device", S_ISCHR(at.st_mode));
  fstat(master, &at);
  printf("master: %u, %u\n", major(at.st_rdev), minor(at.st_rdev));
  value("window", ioctl(slave, TIOCGWINSZ, &got));
  printf("%d %d\n", got.ws_row, got.ws_col);
  value("set window", ioctl(master, TIOCSWINSZ, &size));
  ioctl(slave, TIOCGWINSZ, &got);
  printf("%d %d %d %d\n", got.ws_row, got.ws_col, got.ws_xpixel, got.ws_ypixel);
  tcgetattr(slave, &first);
  printf("%x %x %x %x %d\n", first.c_iflag, first.c_oflag, first.c_cflag, first.c_lflag, (int)cfgetospeed(&first));
  for (int i = 0; i < 17; i++) printf("%d ", first.c_cc[i]);
  putchar('\n');
  int number = -1;
  value("number of a slave", ioctl(slave, TIOCGPTN, &number));
  value("lock of a slave", ioctl(slave, TIOCSPTLCK, &number));
  int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
  value("peer", isatty(peer));
  close(peer);
}

static void edit_lines(void) {
  char bytes[100];
  line("line", "plain\r");
  line("erase", "abx\x7f\x7f\x7f\x7f" "ab\n");
  line("words", "one  two.three\x17\x17 x\n");
  line("kill", "gone\x15here\n");
  line("literal", "a\x16\x03\x16\x7f\x16\n\n");
  line("control characters are erased", "a\x01\x02\x7f\x7f\x7f" "b\n");
  line("tabs are erased", "ab\tc\x7f\x7f" "d\te\x15\tf\n");
  line("reprint", "ab\x12" "c\n");
  line("end of file", "\x04");
  line("not at the start", "abc\x04");
  line("empty", "\n");
  type("two\nlines\nrest");
  show("a part", bytes, read(slave, bytes, 2));
  show("the rest", bytes, read(slave, bytes, 2));
  show("the next", bytes, read(slave, bytes, sizeof bytes));
  line("and the last", " of it\n");
  type("exact\x04" "after\n");
  show("exact", bytes, read(slave, bytes, 5));
  show("after", bytes, read(slave, bytes, sizeof bytes));
  shown("  echo");
  type("12345\n678\x04z\n");
  await(slave);
  show("five", bytes, read(slave, bytes, sizeof bytes));
  value("available", available(slave));
  show("three", bytes, read(slave, bytes, sizeof bytes));
  show("one", bytes, read(slave, bytes, sizeof bytes));
  shown("  echo");
  struct termios t = first;
  t.c_cc[VEOL] = ';', t.c_cc[VEOL2] = ':', t.c_cc[VINTR] = 0;
  tcsetattr(slave, TCSANOW, &t);
  line("other ends", "a;");
  line("other ends", "b:");
  line("no such character", "\x03\n");
  for (int i = 0; i < 6; i++) {
    static const unsigned local[] = {ICANON, ICANON | ECHONL, ICANON | ECHO, ICANON | ECHO | ECHOE, ICANON | ECHO | ECHOK,
                                     ICANON | ECHO | ECHOPRT | ECHOE | ECHOCTL | IEXTEN};
    set(ICRNL, OPOST | ONLCR, local[i]);
    line("modes", "ab\x01\x7f\x7f" "cd\x15" "ef\x17g\n");
  }
  set(INLCR, OPOST | ONLCR, first.c_lflag);
  line("newline to return", "a\nb\x04");
  set(IGNCR | ISTRIP, OPOST | ONLCR, first.c_lflag);
  line("no returns, seven bits", "a\rb\xe1\n");
  set(ICRNL | IUTF8, OPOST | ONLCR, first.c_lflag);
  line("two bytes are erased", "\xc3\xa9\x7f" "e\n");
  tcsetattr(slave, TCSANOW, &first);
  static char text[6000];
  memset(text, 'x', 5000);
  strcpy(text + 5000, "end\n");
  struct termios quiet = first;
  quiet.c_lflag &= ~ECHO;
  tcsetattr(slave, TCSANOW, &quiet);
  for (char *at = text; *at;) at += write(master, at, strlen(at));
  static char got[6000];
  long count = read(slave, got, sizeof got);
  value("a long line", count);
  value("ends", got[count - 1] == '\n');
  tcsetattr(slave, TCSANOW, &first);
}

static void print_lines(void) {
  static const unsigned output[] = {0, OPOST, OPOST | ONLCR, OPOST | OCRNL, OPOST | ONOCR | ONLCR, OPOST | ONLRET | ONOCR,
                                    OPOST | XTABS | ONLCR};
  for (int i = 0; i < 7; i++) {
    set(0, output[i], 0);
    write(slave, "\r", 1);
    shown("start");
    const char text[] = "ab\tc\n\rd\b\te\001\tf\r\n";
    write(slave, text, sizeof text - 1);
    shown("printed");
  }
  tcsetattr(slave, TCSANOW, &first);
}

static void read_bytes(void) {
  char bytes[100];
  raw(1, 0);
  type("a\r\x03");
  await(slave);
  show("bytes", bytes, read(slave, bytes, 2) < 1 ? -1 : 1);
  tcflush(slave, TCIFLUSH);
  raw(0, 0);
  show("none", bytes, read(slave, bytes, 5));
  raw(0, 1);
  show("none in time", bytes, read(slave, bytes, 5));
  raw(3, 0);
  type("ab");
  type("c");
  show("three", bytes, read(slave, bytes, sizeof bytes));
  raw(3, 1);
  type("d");
  show("one in time", bytes, read(slave, bytes, sizeof bytes));
  raw(1, 0);
  fcntl(slave, F_SETFL, O_NONBLOCK);
  show("would wait", bytes, read(slave, bytes, 1));
  raw(0, 5);
  show("would wait", bytes, read(slave, bytes, 1));
  raw(5, 0);
  type("xy");
  while (available(slave) < 2) sched_yield();
  value("not enough for poll", events(slave));
  show("but for this", bytes, read(slave, bytes, 5));
  fcntl(slave, F_SETFL, 0);
  raw(1, 0);
  type("line\nrest");
  while (available(slave) < 9) sched_yield();
  tcsetattr(slave, TCSANOW, &first);
  show("now lines", bytes, read(slave, bytes, sizeof bytes));
  type("unfinished");
  for (char c = 0; c != 'd';) read(master, &c, 1);
  value("unfinished", available(slave));
  raw(1, 0);
  value("bytes", available(slave));
  show("all of them", bytes, read(slave, bytes, sizeof bytes));
  type("flushed");
  while (available(slave) < 7) sched_yield();
  tcflush(slave, TCIFLUSH);
  value("left", available(slave));
  tcsetattr(slave, TCSAFLUSH, &first);
}

static void hold_output(void) {
  char bytes[100];
  type("\x13line\n");
  show("typed while held", bytes, read(slave, bytes, sizeof bytes));
  value("nothing is shown", available(master));
  value("nor can be", events(slave) & POLLOUT);
  type("\x11");
  shown("shown afterwards");
  value("tcflow", tcflow(slave, TCOOFF));
  fcntl(slave, F_SETFL, O_NONBLOCK);
  value("held", write(slave, "x", 1));
  fcntl(slave, F_SETFL, 0);
  value("tcflow", tcflow(slave, TCOON));
  value("tcdrain", tcdrain(slave));
  shown("no more");
}

static volatile sig_atomic_t signals[65];
static void count_signal(int number) { signals[number]++; }

static void told(int number) {
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, &old);
  sigdelset(&old, number);
  while (!signals[number]) sigsuspend(&old);
  printf("%s\n", strsignal(number));
  signals[number] = 0;
  sigprocmask(SIG_UNBLOCK, &set, 0);
}

static int wait_status(int pid) {
  int status = -1;
  waitpid(pid, &status, WUNTRACED);
  return WIFSTOPPED(status) ? 1000 + WSTOPSIG(status) : WIFSIGNALED(status) ? 2000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int reader_in_background(int ignores) {
  int pid = fork();
  if (pid == 0) {
    alarm(60);
    char byte;
    setpgid(0, 0);
    if (ignores) signal(SIGTTIN, SIG_IGN);
    long count = read(slave, &byte, 1);
    _exit(count < 0 ? errno : 77);
  }
  setpgid(pid, pid);
  return pid;
}

static void lead_session(void) {
  char bytes[100], name[64];
  for (int number = 1; number < 32; number++)
    if (number == SIGINT || number == SIGQUIT || number == SIGWINCH || number == SIGHUP || number == SIGCONT)
      signal(number, count_signal);
  value("no terminal", open("/dev/tty", O_RDWR));
  value("whose is it", tcgetpgrp(slave));
  value("take it", ioctl(slave, TIOCSCTTY, 0));
  value("again", ioctl(slave, TIOCSCTTY, 0));
  value("foreground", tcgetpgrp(slave) == getpgrp());
  int own = open("/dev/tty", O_RDWR);
  value("now there is one", isatty(own));
  value("no such group", tcsetpgrp(slave, 999999));
  struct stat at;
  fstat(own, &at);
  printf("/dev/tty: %u, %u\n", major(at.st_rdev), minor(at.st_rdev));
  close(own);
  type("lost\x03");
  told(SIGINT);
  line("after the interrupt", "next\n");
  type("\x1c");
  told(SIGQUIT);
  struct termios t = first;
  t.c_lflag |= NOFLSH;
  tcsetattr(slave, TCSANOW, &t);
  type("kept\x03");
  told(SIGINT);
  line("kept", "\n");
  tcsetattr(slave, TCSANOW, &first);
  struct winsize size = {10, 20};
  ioctl(master, TIOCSWINSZ, &size);
  told(SIGWINCH);
  /* Background */
  int pid = reader_in_background(0);
  value("reads in the background", wait_status(pid));
  value("to the foreground", tcsetpgrp(slave, pid));
  kill(pid, SIGCONT);
  type("x\n");
  value("has read", wait_status(pid));
  signal(SIGTTOU, SIG_IGN);
  value("and back", tcsetpgrp(slave, getpgrp()));
  read(slave, bytes, sizeof bytes);
  shown("echo");
  pid = reader_in_background(1);
  value("does not want to be told", wait_status(pid) == EIO);
  pid = fork();
  if (pid == 0) {
    signal(SIGTTOU, SIG_DFL);
    setpgid(0, 0);
    _exit(tcsetpgrp(slave, getpgrp()) == 0 ? 5 : errno);
  }
  value("wants the foreground", wait_status(pid));
  signal(SIGTTOU, SIG_IGN);
  tcsetpgrp(slave, pid);
  kill(pid, SIGCONT);
  value("has it", wait_status(pid));
  tcsetpgrp(slave, getpgrp());
  t.c_lflag = first.c_lflag | TOSTOP;
  tcsetattr(slave, TCSANOW, &t);
  pid = fork();
  if (pid == 0) {
    signal(SIGTTOU, SIG_DFL);
    setpgid(0, 0);
    _exit(write(slave, "w", 1) == 1 ? 6 : errno);
  }
  value("writes in the background", wait_status(pid));
  tcsetattr(slave, TCSANOW, &first);
  kill(pid, SIGCONT);
  value("has written", wait_status(pid));
  shown("that");
  /* ^Z */
  int ready[2];
  pipe(ready);
  pid = fork();
  if (pid == 0) {
    signal(SIGINT, SIG_DFL);
    setpgid(0, 0);
    alarm(60);
    tcsetpgrp(slave, getpgrp());
    write(ready[1], "r", 1);
    for (;;) pause();
  }
  read(ready[0], bytes, 1);
  type("\x1a");
  value("stopped", wait_status(pid));
  kill(pid, SIGCONT);
  type("\x03");
  value("interrupted", wait_status(pid));
  tcsetpgrp(slave, getpgrp());
  line("echoes", "\n");
  /* Somebody else's terminal */
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    setsid();
    value("not its terminal", tcgetpgrp(slave));
    value("nor to take", ioctl(slave, TIOCSCTTY, 0));
    fflush(stdout);
    _exit(0);
  }
  fflush(stdout);
  wait_status(pid);
  /* Given up, and got by opening */
  value("give it up", ioctl(slave, TIOCNOTTY));
  told(SIGHUP);
  told(SIGCONT);
  value("nobody's", tcgetpgrp(slave));
  ptsname_r(master, name, sizeof name);
  close(open(name, O_RDWR | O_NOCTTY));
  value("not by that", open("/dev/tty", O_RDWR));
  close(open(name, O_RDWR));
  value("but by that", tcgetpgrp(slave) == getpgrp());
  fflush(stdout);
}

static void hang_up(void) {
  char bytes[10];
  struct termios t;
  struct winsize size;
  int ready[2];
  pipe(ready);
  int child = fork();
  if (child == 0) {
    alarm(60);
    close(master);
    signal(SIGHUP, SIG_DFL);
    setpgid(0, 0);
    write(ready[1], "r", 1);
    for (;;) pause();
  }
  read(ready[0], bytes, 1);
  tcsetpgrp(slave, child);
  close(master);
  told(SIGHUP);
  told(SIGCONT);
  value("read", read(slave, bytes, 1));
  value("write", write(slave, "x", 1));
  value("termios", tcgetattr(slave, &t));
  value("window", ioctl(slave, TIOCGWINSZ, &size));
  value("foreground", tcsetpgrp(slave, getpgrp()));
  value("events", events(slave));
  value("a terminal", isatty(slave));
  value("of nobody", open("/dev/tty", O_RDWR));
  fflush(stdout);
  _exit(child == 0);
}

static void without_slave(void) {
  char bytes[10];
  int pair[2];
  openpty(&pair[0], &pair[1], 0, 0, 0);
  value("before", events(pair[0]));
  write(pair[1], "last", 4);
  close(pair[1]);
  await(pair[0]);
  value("events", events(pair[0]) & (POLLIN | POLLHUP));
  show("what it had shown", bytes, read(pair[0], bytes, sizeof bytes));
  value("then", read(pair[0], bytes, sizeof bytes));
  value("events", events(pair[0]) & (POLLIN | POLLHUP));
  int again = ioctl(pair[0], TIOCGPTPEER, O_RDWR | O_NOCTTY);
  value("opened again", isatty(again));
  value("events", events(pair[0]));
  close(pair[0]);
  close(again);
}

static void packets(void) {
  char bytes[10];
  int on = 1, pair[2];
  openpty(&pair[0], &pair[1], 0, 0, 0);
  value("packets", ioctl(pair[0], TIOCPKT, &on));
  write(pair[1], "ab", 2);
  await(pair[0]);
  show("data", bytes, read(pair[0], bytes, sizeof bytes));
  tcflow(pair[1], TCOOFF);
  value("status", events(pair[0]) & (POLLIN | POLLPRI));
  show("stopped", bytes, read(pair[0], bytes, sizeof bytes));
  tcflow(pair[1], TCOON);
  show("started", bytes, read(pair[0], bytes, sizeof bytes));
  tcflush(pair[1], TCIFLUSH);
  show("flushed", bytes, read(pair[0], bytes, sizeof bytes));
  close(pair[0]);
  close(pair[1]);
}

static void fork_terminal(void) {
  struct winsize size = {5, 40};
  int fd;
  fflush(stdout);
  int pid = forkpty(&fd, 0, 0, &size);
  if (pid == 0) {
    char text[100];
    struct winsize got;
    ioctl(0, TIOCGWINSZ, &got);
    printf("%d %d %d %d\n", got.ws_row, got.ws_col, isatty(1), tcgetpgrp(0) == getpid());
    fflush(stdout);
    if (fgets(text, sizeof text, stdin)) printf("got %s", text);
    fflush(stdout);
    _exit(9);
  }
  write(fd, "hello\n", 6);
  char all[200];
  long count = 0, more;
  while ((more = read(fd, all + count, sizeof all - count)) > 0) count += more;
  value("end", more);
  value("length", count);
  value("status", wait_status(pid));
  close(fd);
}

int main(void) {
  alarm(60);
  setvbuf(stdout, 0, _IOFBF, 1 << 16);
  setsid();
  open_pair();
  edit_lines();
  print_lines();
  read_bytes();
  hold_output();
  without_slave();
  packets();
  fork_terminal();
  fflush(stdout);
  int pid = fork();
  if (pid == 0) {
    alarm(60);
    setsid();
    lead_session();
    fflush(stdout);
    _exit(0);
  }
  value("leader", wait_status(pid));
  close(master);
  close(slave);
  openpty(&master, &slave, 0, 0, 0);
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    alarm(60);
    setsid();
    signal(SIGHUP, count_signal);
    signal(SIGCONT, count_signal);
    signal(SIGTTOU, SIG_IGN);
    ioctl(slave, TIOCSCTTY, 0);
    hang_up();
  }
  close(master);
  value("hung up", wait_status(pid));
  fflush(stdout);
  return 0;
}
