/* Double precision: n bodies, with a division and a square root a pair; single precision: a filter over two arrays. */
#include "float.h"

typedef struct {
  double x[3], v[3], mass;
} body;

static body bodies[5] = {
    {.mass = 39.47},
    {{4.84, -1.16, -.10}, {.606, 2.81, -.02}, .037},
    {{8.34, 4.12, -.4}, {-1.01, 1.82, .008}, .011},
    {{12.89, -15.11, -.22}, {1.08, .868, -.01}, .0017},
    {{15.37, -25.9, .179}, {.979, .594, -.034}, .002},
};

static NOINLINE void advance(double dt) {
  for (int i = 0; i < 5; i++)
    for (int j = i + 1; j < 5; j++) {
      double d[3], square = 0;
      for (int k = 0; k < 3; k++) {
        d[k] = bodies[i].x[k] - bodies[j].x[k];
        square += d[k] * d[k];
      }
      double magnitude = dt / (square * __builtin_sqrt(square));
      for (int k = 0; k < 3; k++) {
        bodies[i].v[k] -= d[k] * bodies[j].mass * magnitude;
        bodies[j].v[k] += d[k] * bodies[i].mass * magnitude;
      }
    }
  for (int i = 0; i < 5; i++)
    for (int k = 0; k < 3; k++) bodies[i].x[k] += dt * bodies[i].v[k];
}

#define SAMPLES 4096
static float signal[SAMPLES], input[SAMPLES];

static NOINLINE float filter(void) {
  float sum = 0;
  for (int i = 0; i < SAMPLES; i++) {
    signal[i] = signal[i] * .999f + input[i];
    sum += signal[i];
  }
  return sum;
}

int main(int argc, char **argv) {
  long size = bench_size(argc, argv);
  for (int i = 0; i < SAMPLES; i++) {
    signal[i] = (float)i * .5f;
    input[i] = 1.0f / (float)(i + 1);
  }
  for (long i = 0; i < size; i++) {
    for (int step = 0; step < 1000; step++) advance(.001);
    input[i % SAMPLES] = filter() * 1e-6f;
  }
  uint64_t hash = 0;
  for (int i = 0; i < 5; i++)
    for (int k = 0; k < 3; k++) hash = mixed(hash, bits_of(bodies[i].x[k]));
  for (int i = 0; i < SAMPLES; i += 17) hash = mixed(hash, bits_of_float(signal[i]));
  return float_result(hash);
}
