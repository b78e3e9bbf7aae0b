// Floating point through libc: printing, parsing, math, rounding modes, exception flags.
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  volatile double values[] = {0.1, 1.0 / 3, 1e300, 5e-324, -0.0, INFINITY, NAN, 123456789.125, DBL_MAX};
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++)
    printf("%g %.17g %a %.3e %.2f\n", values[i], values[i], values[i], values[i], fabs(values[i]) < 1e20 ? values[i] : 0);
  volatile float f = 16777217.0f;
  printf("%.9g %.9g\n", f, (float)0.1);
  printf("%.17g %.17g %.17g\n", sin(1), exp(1), pow(2, 0.5));
  printf("%.17g %.17g %.17g\n", log(10), atan2(1, -2), cbrt(27));
  printf("%.17g %.17g\n", strtod("1.7976931348623157e308", 0), strtod("0x1.8p-1074", 0));
  printf("%ld %ld %d\n", lrint(2.5), lround(2.5), (int)values[7]);
  int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  for (int i = 0; i < 4; i++) {
    fesetround(modes[i]);
    volatile double a = 1, b = 3;
    printf("%.20g %.20g\n", a / b, -a / b);
  }
  fesetround(FE_TONEAREST);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double zero = 0, one = 1, q = one / zero;
  printf("%g %d %d\n", q, !!fetestexcept(FE_DIVBYZERO), !!fetestexcept(FE_INEXACT));
  q = sqrt(-one);
  printf("%d %d\n", isnan(q) != 0, !!fetestexcept(FE_INVALID));
  printf("%.17g %.17Lg\n", fma(0.1, 10, -1), (long double)1 / 3);
  return 0;
}
