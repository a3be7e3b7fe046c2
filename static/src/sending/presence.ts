// Whether somebody is there: what they hold is renewed while they are, and let go when they are not.

const IDLE_MS = 10 * 60_000;

export class Presence {
  readonly #now: () => number;
  readonly #beat: () => void;
  #seconds: number;
  #lastInput: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `beat` is called three times per lease of so many seconds, from `start` on, whoever is there. */
  constructor(seconds: number, now: () => number, beat: () => void) {
    this.#seconds = seconds;
    this.#now = now;
    this.#beat = beat;
    this.#lastInput = now();
  }

  start(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(this.#beat, (this.#seconds * 1_000) / 3);
  }

  /** The server gives leases of another length. */
  leaseIs(seconds: number): void {
    if (!seconds || seconds === this.#seconds) return;
    this.#seconds = seconds;
    this.start();
  }

  /** Any sign of the person; true when they had been away. */
  input(): boolean {
    const away = this.idle;
    this.#lastInput = this.#now();
    return away;
  }

  get idle(): boolean {
    return this.#now() - this.#lastInput > IDLE_MS;
  }
}
