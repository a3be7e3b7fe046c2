// Time a person really spent on an item.

export const IDLE_AFTER_MS = 30_000;

/**
 * Counts from the moment an item is shown. A stretch without any input counts for at most `idleAfter`
 * (reading is work, absence is not), and hidden time does not count at all.
 *
 * Times are milliseconds from any monotonic clock.
 */
export class LeadClock {
  #counted: number;
  #idleAfter: number;
  /** Start of the stretch being counted; null while paused. */
  #since: number | null = null;

  constructor(counted = 0, idleAfter = IDLE_AFTER_MS) {
    this.#counted = counted;
    this.#idleAfter = idleAfter;
  }

  /** The item came to the screen, or the page became visible again. */
  resume(now: number): void {
    this.#since ??= now;
  }

  /** The item left the screen, or the page was hidden. */
  pause(now: number): void {
    this.#counted = this.elapsed(now);
    this.#since = null;
  }

  /** Any key, pointer or wheel event: the person is here. */
  input(now: number): void {
    if (this.#since === null) return;
    this.#counted = this.elapsed(now);
    this.#since = now;
  }

  elapsed(now: number): number {
    if (this.#since === null) return this.#counted;
    return this.#counted + Math.min(Math.max(0, now - this.#since), this.#idleAfter);
  }
}
