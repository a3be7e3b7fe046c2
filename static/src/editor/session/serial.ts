/**
 * Runs acts one after the other: a key pressed while the last act is still being written down is neither lost
 * nor early. An act that needs no waiting runs at once, in the same frame as its key.
 */
export class Serial {
  readonly #failed: (error: unknown) => void;
  readonly #queue: (() => Promise<void> | void)[] = [];
  #busy = false;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  run(act: () => Promise<void> | void): void {
    if (this.#busy) {
      this.#queue.push(act);
      return;
    }
    const pending = this.#begin(act);
    if (!pending) return;
    this.#busy = true;
    void pending.catch(this.#failed).finally(() => {
      this.#busy = false;
      while (this.#queue.length > 0 && !this.#busy) {
        const next = this.#queue.shift();
        if (next) this.run(next);
      }
    });
  }

  #begin(act: () => Promise<void> | void): Promise<void> | void {
    try {
      return act();
    } catch (error) {
      this.#failed(error);
    }
  }
}
