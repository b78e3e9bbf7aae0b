/* Corners of pseudo-terminals. */
#include "edges.h"
#include <pty.h>
#include <termios.h>
static void status(int pid) {
  int s;
  waitpid(pid, &s, 0);
  V(WIFEXITED(s) ? WEXITSTATUS(s) : 1000 + WTERMSIG(s));
}
static volatile int hangups;
static void counted(int signal) {
  hangups++;
}
static void open_pair(int *master, int *slave) {
  *master = posix_openpt(O_RDWR | O_NOCTTY);
  unlockpt(*master);
  *slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
}
/* What the master reads in packet mode. */
static int packet(int master) {
  unsigned char b[100];
  return read(master, b, sizeof b) == 1 ? b[0] : -1;
}
int main(void) {
  char b[100], name[64];
  int m, s, n, p[2];
  struct termios t;
  struct iovec two[2] = {{b, 2}, {b + 2, 50}};
  alarm(60);
  setsid();
  /* locks, numbers, names */
  T(m = open("/dev/ptmx", O_RDWR | O_NOCTTY) < 0);
  m = posix_openpt(O_RDWR | O_NOCTTY);
  V(ioctl(m, TIOCGPTLCK, &n));
  V(n);
  T(ioctl(m, TIOCSPTLCK, (void *)8));
  T(ioctl(m, TIOCGPTN, (void *)8));
  ptsname_r(m, name, sizeof name);
  T(open(name, O_RDWR));
  T(ioctl(m, TIOCGPTPEER, O_RDWR));
  V(unlockpt(m));
  V(ioctl(m, TIOCGPTLCK, &n));
  V(n);
  T(open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
  T(open(name, O_RDONLY | O_DIRECTORY));
  T(s = open(name, O_RDWR | O_NOCTTY | O_TRUNC) < 0);
  s = open(name, O_RDWR | O_NOCTTY);
  T(open("/dev/pts/4000", O_RDWR));
  T(open("/dev/pts/00", O_RDWR));
  /* what a terminal is not */
  T(lseek(s, 0, SEEK_SET));
  T(pread(s, b, 1, 0));
  T(pwrite(m, b, 1, 0));
  T(mmap(0, 4096, PROT_READ, MAP_SHARED, s, 0));
  T(ftruncate(s, 0));
  T(ioctl(s, 0x5499, 0));
  T(ioctl(m, 0x5499, 0));
  T(ioctl(s, TCGETS, 8));
  T(ioctl(s, TCSETS, 8));
  T(ioctl(s, TIOCGWINSZ, 8));
  T(ioctl(m, TIOCSWINSZ, 8));
  T(ioctl(s, TIOCGPTPEER, O_RDWR));
  T(ioctl(s, TIOCPKT, &n));
  T(tcflush(s, 3));
  T(tcflush(m, 3));
  T(tcflow(s, 4));
  T(ioctl(s, TIOCGETD, &n));
  V(n);
  T(ioctl(s, TIOCOUTQ, &n));
  V(n);
  T(write(s, b, 0));
  T(write(m, b, 0));
  T(read(s, b, 0));
  T(read(m, b, 0));
  T(read(s, (void *)8, 0));
  /* a line is one read, whatever there is room for */
  write(m, "abcdef\nxyz\n", 11);
  V(readv(s, two, 2));
  V(memcmp(b, "abcdef\n", 7));
  two[1].iov_len = 1;
  V(readv(s, two, 2));
  V(read(s, b, 1));
  T(fcntl(s, F_SETFL, O_NONBLOCK));
  T(read(s, b, 1));
  fcntl(m, F_SETFL, O_NONBLOCK);
  while (read(m, b, 100) > 0);
  T(read(m, b, 100));
  V(write(s, "x", 1));
  /* ends that are opened for one way only */
  int r = open(name, O_RDONLY | O_NOCTTY), w = open(name, O_WRONLY | O_NOCTTY);
  T(write(r, "x", 1));
  T(read(w, b, 1));
  V(isatty(r) + isatty(w));
  close(r);
  close(w);
  /* whose terminal it is */
  T(tcgetsid(s));
  T(tcgetsid(m));
  T(tcgetpgrp(s));
  V(tcgetpgrp(m));
  T(tcsetpgrp(s, getpgrp()));
  T(ioctl(s, TIOCNOTTY));
  T(ioctl(m, TIOCNOTTY));
  fflush(stdout);
  int pid = fork();
  if (pid == 0) {
    T(ioctl(s, TIOCSCTTY, 0));
    fflush(stdout);
    _exit(0);
  }
  status(pid);
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    V(setsid() == getpid());
    w = open(name, O_WRONLY);
    T(open("/dev/tty", O_RDWR));
    close(w);
    T(ioctl(m, TIOCSCTTY, 0));
    V(tcgetsid(s) == getpid());
    V(tcgetsid(m) == getpid());
    V(tcgetpgrp(m) == getpid());
    T(ioctl(s, TIOCSCTTY, 0));
    T(ioctl(m, TIOCNOTTY));
    T(tcsetpgrp(s, -1));
    T(tcsetpgrp(s, 0));
    T(tcsetpgrp(s, getppid()));
    T(ioctl(s, TIOCSPGRP, 8));
    int other = posix_openpt(O_RDWR | O_NOCTTY), peer;
    unlockpt(other);
    peer = ioctl(other, TIOCGPTPEER, O_RDWR);
    T(tcgetpgrp(peer));
    T(ioctl(peer, TIOCSCTTY, 0));
    int tty = open("/dev/tty", O_RDWR);
    ttyname_r(tty, b, sizeof b);
    puts(b);
    close(tty);
    /* who is no leader gives it up for itself */
    fflush(stdout);
    int child = fork();
    if (child == 0) {
      T(ioctl(s, TIOCNOTTY));
      T(open("/dev/tty", O_RDWR));
      T(ioctl(s, TIOCSCTTY, 0));
      fflush(stdout);
      _exit(0);
    }
    status(child);
    V(tcgetpgrp(s) == getpid());
    /* it is nobody's when nobody has it open */
    close(peer);
    close(other);
    fflush(stdout);
    _exit(3);
  }
  status(pid);
  T(tcgetsid(m));
  V(tcgetpgrp(m));
  /* the end of a leader hangs up whoever is in the foreground */
  pipe(p);
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    setsid();
    ioctl(s, TIOCSCTTY, 0);
    int child = fork();
    if (child == 0) {
      alarm(60);
      close(p[0]);
      signal(SIGTTOU, SIG_IGN);
      setpgid(0, 0);
      tcsetpgrp(s, getpgrp());
      write(p[1], "r", 1);
      for (;;) pause();
    }
    read(p[0], b, 1);
    _exit(4);
  }
  close(p[1]);
  status(pid);
  V(read(p[0], b, 2));
  /* masters that are gone */
  close(s);
  close(m);
  T(open(name, O_RDWR));
  /* words are of letters of Latin-1, whatever the encoding */
  open_pair(&m, &s);
  tcgetattr(s, &t);
  t.c_iflag |= IUTF8;
  t.c_lflag &= ~ECHO;
  tcsetattr(s, TCSANOW, &t);
  write(m, "ab \xc3\xa9t\xc3\xa9\x17\n", 10);
  V(read(s, b, sizeof b));
  V(memcmp(b, "ab \n", 4));
  /* packet mode: what was flushed, and who stops and starts output */
  ioctl(m, TIOCPKT, &(int){1});
  write(m, "\x03x\n", 3);
  V(read(s, b, sizeof b));
  V(packet(m));
  fcntl(m, F_SETFL, O_NONBLOCK);
  for (int queue = TCIFLUSH; queue <= TCIOFLUSH; queue++) {
    tcflush(s, queue);
    V(packet(m));
  }
  t.c_iflag &= ~IXON;
  tcsetattr(s, TCSANOW, &t);
  V(packet(m));
  tcsetattr(s, TCSANOW, &t);
  V(packet(m));
  t.c_iflag |= IXON;
  tcsetattr(s, TCSANOW, &t);
  V(packet(m));
  t.c_cc[VSTOP] = 'S';
  tcsetattr(s, TCSANOW, &t);
  V(packet(m));
  ioctl(m, TIOCPKT, &(int){0});
  /* the stop character is sent to the other side */
  fcntl(m, F_SETFL, 0);
  tcflow(s, TCIOFF);
  V(read(m, b, 1));
  V(b[0]);
  /* what is flushed gives a master room to type */
  t.c_lflag &= ~(ICANON | ISIG);
  tcsetattr(s, TCSANOW, &t);
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    static char much[30000];
    V(write(m, much, sizeof much));
    fflush(stdout);
    _exit(6);
  }
  while (waitpid(pid, &n, WNOHANG) == 0) {
    tcflush(s, TCIFLUSH);
    sched_yield();
  }
  V(WEXITSTATUS(n));
  /* a child that ends is no reason to wake another that is stopped, nor their parent */
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    setsid();
    int stopped = fork();
    if (stopped == 0)
      for (;;) pause();
    kill(stopped, SIGSTOP);
    waitpid(stopped, &n, WUNTRACED);
    int child = fork();
    if (child == 0) _exit(0);
    status(child);
    V(waitpid(stopped, &n, WUNTRACED | WCONTINUED | WNOHANG));
    kill(stopped, SIGKILL);
    fflush(stdout);
    _exit(7);
  }
  status(pid);
  /* a leader that has another terminal when it ends does not hang up who was in the foreground of the lost one */
  int other, peer;
  open_pair(&other, &peer);
  pipe(p);
  fflush(stdout);
  pid = fork();
  if (pid == 0) {
    open_pair(&m, &s);
    setsid();
    signal(SIGHUP, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    ioctl(s, TIOCSCTTY, 0);
    int leader = getpid();
    if (fork() == 0) {
      close(m);
      signal(SIGHUP, counted);
      setpgid(0, 0);
      tcsetpgrp(s, getpgrp());
      write(p[1], "r", 1);
      while (getppid() == leader) sched_yield();
      b[0] = hangups;
      write(p[1], b, 1);
      _exit(0);
    }
    read(p[0], b, 1);
    close(m);
    V(ioctl(peer, TIOCSCTTY, 0));
    fflush(stdout);
    _exit(8);
  }
  status(pid);
  V(read(p[0], b, 1));
  V(b[0]);
  return 0;
}
