/**
 * Thrown by the handler of a request that cannot be served: its message, a sentence for the user, becomes the error
 * response. Anything else that a handler throws is a defect of ours and is reported as one.
 */
export class Refusal extends Error {
  /** @param visibility `quiet`: for requests that a client makes on its own, where a dialogue would be noise. */
  constructor(
    message: string,
    readonly visibility: 'shown' | 'quiet' = 'quiet',
  ) {
    super(message);
    this.name = 'Refusal';
  }
}
