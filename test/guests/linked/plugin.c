// Loaded with dlopen; uses a symbol of the library that the program is linked with.
#include <stdio.h>

int greet(const char *whom);

__attribute__((constructor)) static void begin(void) { printf("plugin is loaded\n"); }
__attribute__((destructor)) static void end(void) { printf("plugin is unloaded\n"); }

int plug(int n) { return greet("plugin") * n; }
