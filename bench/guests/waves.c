/* Floating point with control flow: the Mandelbrot set, a fast Fourier transform, and conversions both ways. */
#include "float.h"

static NOINLINE int escape_time(double cr, double ci) {
  double zr = 0, zi = 0;
  for (int i = 0; i < 200; i++) {
    double r2 = zr * zr, i2 = zi * zi;
    if (r2 + i2 > 4) return i;
    zi = 2 * zr * zi + ci;
    zr = r2 - i2 + cr;
  }
  return 200;
}

#define POINTS 1024
typedef struct {
  double re, im;
} complex_number;
static complex_number points[POINTS], roots[POINTS / 2];

/* cos and sin of 2 pi k / POINTS by repeated half-angle formulas and addition: no libm, so the bits are the same everywhere. */
static void derive_roots(void) {
  double c = -1, s = 0;
  for (int n = 2; n < POINTS; n *= 2) {
    double half = __builtin_sqrt((1 + c) / 2);
    s = n == 2 ? 1 : s / (2 * half);
    c = n == 2 ? 0 : half;
  }
  roots[0] = (complex_number){1, 0};
  for (int k = 1; k < POINTS / 2; k++) {
    complex_number last = roots[k - 1];
    roots[k] = (complex_number){last.re * c - last.im * s, last.re * s + last.im * c};
  }
}

static NOINLINE void transform(void) {
  for (int i = 1, j = 0; i < POINTS; i++) {
    int bit = POINTS >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      complex_number swapped = points[i];
      points[i] = points[j];
      points[j] = swapped;
    }
  }
  for (int length = 2; length <= POINTS; length *= 2)
    for (int start = 0; start < POINTS; start += length)
      for (int k = 0; k < length / 2; k++) {
        complex_number w = roots[k * (POINTS / length)], *low = &points[start + k], *high = low + length / 2;
        complex_number t = {high->re * w.re - high->im * w.im, high->re * w.im + high->im * w.re};
        *high = (complex_number){low->re - t.re, low->im - t.im};
        *low = (complex_number){low->re + t.re, low->im + t.im};
      }
}

static NOINLINE int64_t quantise(void) {
  int64_t sum = 0;
  for (int i = 0; i < POINTS; i++) {
    sum += (int64_t)(points[i].re * 1000) ^ (int32_t)(float)points[i].im;
    points[i].re = (double)(sum & 0xffff) / 65536;
    points[i].im = points[i].im < 0 ? .25 : (double)(float)(i & 31) / 32;
  }
  return sum;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  uint64_t hash = 0;
  derive_roots();
  for (int i = 0; i < POINTS; i++) points[i].re = (double)(i * 37 % 101) / 101;
  for (long i = 0; i < size; i++) {
    for (int column = 0; column < 64; column++)
      hash += (uint64_t)escape_time(-2 + column * (3.0 / 64), -1.2 + (double)(i % 96) / 40) * (uint64_t)(column + 1);
    transform();
    hash = mixed(hash, (uint64_t)quantise());
  }
  return float_result(hash);
}
