/* Fused multiply-add, written out: matrix products, polynomials and a power iteration, in double and single precision. */
#include "float.h"
#include <math.h>

#define ORDER 48
static double a[ORDER][ORDER], b[ORDER][ORDER], product[ORDER][ORDER];

static NOINLINE void multiply(void) {
  for (int i = 0; i < ORDER; i++)
    for (int j = 0; j < ORDER; j++) {
      double sum = 0;
      for (int k = 0; k < ORDER; k++) sum = fma(a[i][k], b[k][j], sum);
      product[i][j] = sum;
    }
}

/* Scales the product so that it can be the next factor. */
static NOINLINE void normalise(void) {
  double largest = 0;
  for (int i = 0; i < ORDER; i++)
    for (int j = 0; j < ORDER; j++) largest = fmax(largest, fabs(product[i][j]));
  for (int i = 0; i < ORDER; i++)
    for (int j = 0; j < ORDER; j++) a[i][j] = product[i][j] / largest;
}

/* exp(x) for |x| < 1 by Horner's rule. */
static NOINLINE double exponential(double x) {
  double value = 1.0 / 479001600;
  double factorial = 479001600;
  for (int i = 12; i > 0; i--) {
    factorial /= i;
    value = fma(value, x, 1.0 / factorial);
  }
  return value;
}

#define SAMPLES 1024
static float x[SAMPLES], y[SAMPLES];

static NOINLINE float accumulate(float factor) {
  float dot = 0;
  for (int i = 0; i < SAMPLES; i++) {
    y[i] = fmaf(factor, x[i], y[i] * .5f);
    dot = fmaf(-x[i], y[i], dot);
  }
  return dot;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  for (int i = 0; i < ORDER; i++)
    for (int j = 0; j < ORDER; j++) {
      a[i][j] = 1.0 / (1 + i + j);
      b[i][j] = i == j ? 1.01 : 1.0 / (3 + i * j);
    }
  for (int i = 0; i < SAMPLES; i++) x[i] = 1.0f / (float)(i + 3);
  uint64_t hash = 0;
  for (long i = 0; i < size; i++) {
    multiply();
    normalise();
    hash = mixed(hash, bits_of(a[i % ORDER][ORDER / 2]));
    double sum = 0;
    for (int j = 0; j < 2000; j++) sum += exponential((double)(j % 200 - 100) / 101);
    hash = mixed(hash, bits_of(sum));
    for (int j = 0; j < 20; j++) hash = mixed(hash, bits_of_float(accumulate((float)j * .01f)));
  }
  return float_result(hash);
}
