/* Results of floating-point programs: the exact bits, and the exception flags that the whole run has raised. */
#ifndef FLOAT_H
#define FLOAT_H

#include "bench.h"
#include <fenv.h>
#include <string.h>

static inline uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline uint64_t bits_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline int float_result(uint64_t hash) {
  printf("%016" PRIx64 " flags%s%s%s%s%s\n", hash, fetestexcept(FE_INVALID) ? " NV" : "",
         fetestexcept(FE_DIVBYZERO) ? " DZ" : "", fetestexcept(FE_OVERFLOW) ? " OF" : "",
         fetestexcept(FE_UNDERFLOW) ? " UF" : "", fetestexcept(FE_INEXACT) ? " NX" : "");
  return 0;
}

#endif
