// Shared libraries, by DT_NEEDED, by dlopen and by LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

int greet(const char *whom);
const char *greet_name(void);
extern __thread int greetings;
extern const char **chosen;

static void *thread(void *argument) {
  greet("thread");
  return (void *)(long)greetings;
}

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  printf("a dynamic linker: %d\n", getauxval(AT_BASE) != 0);
  printf("%d\n", greet("program"));
  pthread_t t;
  void *result;
  pthread_create(&t, 0, thread, 0);
  pthread_join(t, &result);
  printf("its own count %ld, ours %d, chosen %s\n", (long)result, greetings, *chosen);
  printf("one address: %d\n", (void *)greet_name == dlsym(RTLD_DEFAULT, "greet_name"));
  void *plugin = dlopen("./plugin.so", RTLD_NOW);
  if (!plugin) return printf("%s\n", dlerror()), 1;
  int (*plug)(int) = dlsym(plugin, "plug");
  printf("plug %d\n", plug(2));
  Dl_info info;
  printf("found %d", dladdr(plug, &info));
  printf(" in %s\n", strrchr(info.dli_fname, '/') + 1);
  printf("no such symbol: %d", dlsym(plugin, "nothing") == 0);
  printf(" %d\n", dlerror() != 0);
  printf("closed %d\n", dlclose(plugin));
  printf("no such library: %d", dlopen("./missing.so", RTLD_LAZY) == 0);
  printf(" %d\n", strstr(dlerror(), "missing.so") != 0);
  printf("not a library: %d\n", dlopen("./given/text", RTLD_LAZY) == 0);
  return 6;
}
