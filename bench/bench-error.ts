/** The benchmark cannot go on; the message says why in a line. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}
