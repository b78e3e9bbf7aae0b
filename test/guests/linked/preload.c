// Interposed with LD_PRELOAD.
const char *greet_name(void) { return "preloaded one"; }
