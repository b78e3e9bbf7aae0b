/* execve of scripts, of what is not executable, and of arguments up to the limits and beyond. Runs itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void file(const char *name, const char *text, int mode) {
  int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0700);
  write(fd, text, strlen(text));
  fchmod(fd, mode);
  close(fd);
}

/* Executes in a child; prints its status, or the error. */
static void run(const char *path, char *const argv[]) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    execve(path, argv, environ);
    printf("%s: %s\n", path, strerrorname_np(errno));
    fflush(stdout);
    _exit(99);
  }
  int status;
  waitpid(pid, &status, 0);
  if (status != 99 << 8) printf("%s: status %x\n", path, status);
}

static void script(const char *line) {
  file("script", line, 0755);
  printf("--- %.40s", line);
  if (!strchr(line, '\n')) printf("\n");
  run("./script", (char *[]){"zero", "one", "two words", 0});
}

static void scripts(void) {
  script("#!./guest show\n");
  script("#! ./guest show more than one\n");
  script("#!./guest\tshow \t \n");
  script("#!./guest show\r\n");
  script("#!./guest show");
  script("#!\n");
  script("#!  \n");
  script("#!./missing\n");
  script("#!./given\n");
  script("#!./given/text\n");
  script("plain text\n");
  script("");
  char line[400];
  memset(line, 'x', sizeof line);
  memcpy(line, "#!./guest show ", 15);
  strcpy(line + 300, "\n");
  script(line);
  memset(line + 2, 'x', 297);
  script(line);
  file("level0", "#!./guest show\n", 0755);
  for (int i = 1; i < 8; i++) {
    char name[20], above[40];
    sprintf(name, "level%d", i);
    sprintf(above, "#!./level%d\n", i - 1);
    file(name, above, 0755);
    run(name, (char *[]){name, "last", 0});
  }
  file("self", "#!./self\n", 0755);
  run("./self", (char *[]){"self", 0});
}

static void files(void) {
  file("quiet", "#!./guest show\n", 0644);
  run("./quiet", (char *[]){"x", 0});
  run("./given", (char *[]){"x", 0});
  run("./none", (char *[]){"x", 0});
  run("", (char *[]){"x", 0});
  run("./guest/x", (char *[]){"x", 0});
  run("./guest/", (char *[]){"x", 0});
  run("given/loop", (char *[]){"x", 0});
  file("short", "\177ELF", 0755);
  run("./short", (char *[]){"x", 0});
  int in = open("guest", O_RDONLY), out = open("cut", O_CREAT | O_WRONLY, 0755);
  char header[64];
  read(in, header, 64);
  write(out, header, 64);
  close(out), close(in);
  run("./cut", (char *[]){"x", 0});
  symlink("guest", "alias");
  run("./alias", (char *[]){"./alias", "show", 0});
  unlink("alias");
  in = open("level0", O_RDONLY | O_CLOEXEC);
  fflush(stdout);
  if (fork() == 0) {
    fexecve(in, (char *[]){"x", 0}, environ);
    printf("a script that is closed: %s\n", strerrorname_np(errno));
    fflush(stdout);
    _exit(0);
  }
  wait(0);
  fcntl(in, F_SETFD, 0);
  if (fork() == 0) fexecve(in, (char *[]){"x", 0}, environ), _exit(0);
  wait(0);
  int self = open("guest", O_RDONLY | O_CLOEXEC);
  if (fork() == 0) fexecve(self, (char *[]){"x", "show", 0}, environ), _exit(0);
  wait(0);
  close(in), close(self);
}

static void limits(void) {
  run("./guest", (char *[]){0});
  run("./guest", (char *[]){"x", "count", "", "", 0});
  char *big = malloc(131073);
  memset(big, 'b', 131072);
  big[131071] = 0;
  run("./guest", (char *[]){"x", "count", big, 0});
  big[131071] = 'b', big[131072] = 0;
  run("./guest", (char *[]){"x", "count", big, 0});
  int n = 20000;
  char **many = calloc(n + 3, sizeof *many);
  many[0] = "x", many[1] = "count";
  for (int i = 0; i < n; i++) many[i + 2] = "an argument";
  run("./guest", many);
  struct rlimit limit = {1 << 20, RLIM_INFINITY};
  setrlimit(RLIMIT_STACK, &limit);
  printf("--- with a stack of 1 MiB\n");
  run("./guest", many);
  environ = many;
  run("./guest", (char *[]){"x", "count", 0});
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "count")) {
    for (int i = 0; i < argc; i++) printf("[%.60s]%s", argv[i], i == argc - 1 ? "\n" : " ");
    return argc;
  }
  if (argc > 1) {
    long bytes = 0, variables = 0;
    for (int i = 0; i < argc; i++) bytes += strlen(argv[i]) + 1;
    while (environ[variables]) variables++;
    printf("%d arguments of %ld bytes, %ld variables\n", argc, bytes, variables);
    return 0;
  }
  if (argc == 0 || !*argv[0]) return printf("argc %d\n", argc), 3;
  environ = (char *[]){0};
  scripts();
  files();
  limits();
  return 0;
}
