/** How long to wait before a program that has ended is started again. */

const FIRST_MS = 500;
const LONGEST_MS = 60_000;

/** A program that ran so long was all right: its end begins a new series. */
const STEADY_MS = 60_000;

/** Waits that double as long as the program keeps ending soon. */
export class Backoff {
  #next = FIRST_MS;

  /**
   * The wait after an end, in milliseconds.
   *
   * @param ranMs How long the program ran.
   */
  after(ranMs: number): number {
    const wait = ranMs >= STEADY_MS ? FIRST_MS : this.#next;
    this.#next = Math.min(wait * 2, LONGEST_MS);
    return wait;
  }

  reset(): void {
    this.#next = FIRST_MS;
  }
}
