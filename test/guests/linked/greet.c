// A shared library: a constructor and destructor, data that is relocated, thread-local storage, and a name to interpose.
#include <stdio.h>

__thread int greetings = 10;
int total;
const char *const words[] = {"hello", "goodbye"};
const char **chosen = (const char **)&words[1];

__attribute__((constructor)) static void begin(void) { printf("greet is loaded\n"); }
__attribute__((destructor)) static void end(void) { printf("greet is unloaded after %d\n", total); }

const char *greet_name(void) { return "library"; }

int greet(const char *whom) {
  total++;
  printf("%s, %s, from the %s\n", words[0], whom, greet_name());
  return ++greetings;
}
