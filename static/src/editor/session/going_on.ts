// Where a key that is the whole answer submits it: what is not meant for the item that comes up.
import type { Item } from "./item.ts";

/** An answer that comes so soon after its item appeared was meant for the item before: a double press or click. */
const SEEN_MS = 150;

export class GoingOn {
  #leaving: Item | null = null;
  #shownAt = 0;

  /** An item came up on the screen. */
  shown(now: number): void {
    this.#shownAt = now;
  }

  /** An item is being left by its answer, which is still being written down. */
  leaves(item: Item): void {
    this.#leaving = item;
  }

  left(): void {
    this.#leaving = null;
  }

  isTooSoon(item: Item, started: number): boolean {
    return item === this.#leaving || started - this.#shownAt < SEEN_MS;
  }
}
