// Sizes of images are made by workers. Until one is there the server says so, and the page asks again by itself: a
// few at a time in turn, less often the longer nothing comes, however many images of a page wait.
import { backoff } from "./backoff.ts";

/** How an image is: there, not made yet, gone, or not to be known because the server is away. */
export type MakingState = "there" | "waiting" | "gone" | "away";

export interface MakingOptions {
  ask: (url: string) => Promise<MakingState>;
  sleep: (milliseconds: number) => Promise<void>;
  random: () => number;
}

const AT_ONCE = 6;
const PAUSES = { first: 1_000, factor: 1.5, cap: 8_000 };

export class Making {
  readonly #options: MakingOptions;
  readonly #wanted = new Map<string, { made: Promise<boolean>; settle: (made: boolean) => void }>();

  constructor(options: MakingOptions) {
    this.#options = options;
  }

  /** Wait until an image is there; false when it is gone instead. */
  whenMade(url: string): Promise<boolean> {
    const known = this.#wanted.get(url);
    if (known) return known.made;
    let settle: (made: boolean) => void = () => {};
    const made = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    this.#wanted.set(url, { made, settle });
    if (this.#wanted.size === 1) void this.#askOn();
    return made;
  }

  async #askOn(): Promise<void> {
    const { ask, sleep, random } = this.#options;
    let idle = 0;
    while (this.#wanted.size > 0) {
      await sleep(backoff(idle + 1, random, PAUSES));
      const round = [...this.#wanted].slice(0, AT_ONCE);
      const states = await Promise.all(round.map(([url]) => ask(url)));
      idle += 1;
      for (const [index, [url, wanted]] of round.entries()) {
        const state = states[index];
        this.#wanted.delete(url);
        if (state === "there" || state === "gone") {
          idle = 0;
          wanted.settle(state === "there");
        } else this.#wanted.set(url, wanted); // behind the others
      }
    }
  }
}
