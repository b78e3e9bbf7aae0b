// The context that a handler gets: registers as they were at the fault, and back as the handler leaves them.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

static unsigned long saved[32];
static double saved_float;
static unsigned saved_fcsr;

static void on_fault(int signal, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  memcpy(saved, uc->uc_mcontext.__gregs, sizeof saved);
  memcpy(&saved_float, &uc->uc_mcontext.__fpregs.__d.__f[9], 8);
  saved_fcsr = uc->uc_mcontext.__fpregs.__d.__fcsr;
  uc->uc_mcontext.__gregs[0] += 4;
  uc->uc_mcontext.__gregs[10] = 77;
  double changed = 2.5;
  memcpy(&uc->uc_mcontext.__fpregs.__d.__f[9], &changed, 8);
  uc->uc_mcontext.__fpregs.__d.__fcsr = 0x41;
  sigaddset(&uc->uc_sigmask, SIGUSR2);
}

int main(void) {
  struct sigaction action = {.sa_flags = SA_SIGINFO};
  action.sa_sigaction = on_fault;
  sigaction(SIGSEGV, &action, 0);
  unsigned long result, s, fcsr;
  double f;
  asm volatile(
      ".option push\n.option norvc\n"
      "li t0, 24\nfcvt.d.w fs1, t0\nli t0, 0x21\nfscsr t0\nli s5, 0x1234\nli a5, 16\nli t0, 5\n"
      "lw a0, 0(a5)\n"
      "mv %0, a0\nmv %1, s5\nfmv.d %2, fs1\nfrcsr %3\n"
      ".option pop\n"
      : "=r"(result), "=r"(s), "=f"(f), "=r"(fcsr)
      :
      : "a0", "a5", "t0", "s5", "fs1", "memory");
  printf("handler saw a5 %lu s5 %#lx t0 %lu fs1 %g fcsr %#x sp %d pc %d\n", saved[15], saved[21], saved[5], saved_float,
         saved_fcsr, saved[2] != 0, saved[0] != 0);
  printf("program sees a0 %lu s5 %#lx fs1 %g fcsr %#lx\n", result, s, f, fcsr);
  sigset_t mask;
  sigprocmask(SIG_BLOCK, 0, &mask);
  printf("mask changed %d, own signal unblocked %d\n", sigismember(&mask, SIGUSR2), !sigismember(&mask, SIGSEGV));
  return 0;
}
