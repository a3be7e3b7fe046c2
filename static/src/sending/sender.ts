// Sends the outbox: one tab at a time, in order per task, again and again until the server has it.
import { backoff } from "../core/backoff.ts";
import { type Entry, isTransient, markSending, type Outcome, settle } from "../core/outbox.ts";
import type { Store } from "./store.ts";

const AT_ONCE = 3;
/** While signed out, look this often whether the person is back (a window focus looks at once). */
const SIGNED_OUT_RETRY_MS = 15_000;

/** How the line to the server is. */
export type Line =
  | { is: "good" }
  | { is: "offline"; retryAt: number }
  | { is: "unavailable"; retryAt: number; requestId: string | null; status: number }
  | { is: "signed_out" }
  | { is: "forbidden"; detail: string };

export interface SenderOptions {
  store: Store;
  /** What this page sends; the store holds what other pages send, too. */
  mine?: (entry: Entry) => boolean;
  deliver: (entry: Entry) => Promise<Outcome>;
  /** Ask whether the person is signed in again; true when sending may go on. */
  reauthenticate: () => Promise<boolean>;
  /** Run with the outbox to ourselves, whatever tabs are open. */
  exclusively: <T>(run: () => Promise<T>) => Promise<T>;
  /** An entry reached its end: accepted, refused or in conflict. */
  settled: (entry: Entry, outcome: Outcome) => void;
  /** Entries were sent, or the line changed. */
  changed: (line: Line) => void;
  now?: () => number;
  random?: () => number;
}

export class Sender {
  line: Line = { is: "good" };
  readonly #options: SenderOptions;
  readonly #now: () => number;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  /** What was asked for while sending: nothing, to look again, or to look again whatever the back-off says. */
  #again: "no" | "yes" | "now" = "no";
  #stopped = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Send what waits, unless a back-off says to wait; `now` overrides the back-off (back online, focus). */
  kick(now = false): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (this.#running) {
      if (this.#again !== "now") this.#again = now ? "now" : "yes";
      return this.#running;
    }
    if (this.#timer !== undefined) {
      if (!now) return Promise.resolve();
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    this.#running = this.#run().finally(() => {
      this.#running = null;
      const again = this.#again;
      this.#again = "no";
      if (again !== "no") void this.kick(again === "now");
    });
    return this.#running;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  resume(): void {
    this.#stopped = false;
    void this.kick(true);
  }

  async #run(): Promise<void> {
    try {
      if (this.line.is === "signed_out" || this.line.is === "forbidden") {
        if (!(await this.#options.reauthenticate()))
          return this.#wait({ is: "signed_out" }, SIGNED_OUT_RETRY_MS);
      }
      await this.#options.exclusively(() => this.#drain());
    } catch {
      // The browser's storage failed for a moment (quota, upgrade in another tab): try again.
      this.#failures += 1;
      this.#wait(this.line, this.#backoff());
    }
  }

  async #drain(): Promise<void> {
    const { store, deliver, settled, mine = () => true } = this.#options;
    while (!this.#stopped) {
      const { put: batch } = await store.transact((entries) => markSending(entries.filter(mine), AT_ONCE));
      if (batch.length === 0) break;
      const outcomes = await Promise.all(batch.map(deliver));
      for (const [index, entry] of batch.entries()) {
        const outcome = outcomes[index];
        if (!outcome || isTransient(outcome)) continue;
        await store.transact((entries) => settle(entries, entry.key, outcome));
        settled(entry, outcome);
      }
      const trouble = outcomes.find(isTransient);
      if (trouble) {
        this.#troubled(trouble);
        return;
      }
      this.#failures = 0;
      this.#say({ is: "good" });
    }
    this.#failures = 0;
    this.#say({ is: "good" });
  }

  #troubled(outcome: Outcome): void {
    this.#failures += 1;
    if (outcome.is === "signed_out") {
      // At once when the sign-in was in another tab and only the token is old, then at intervals.
      this.#wait({ is: "signed_out" }, this.#failures === 1 ? 0 : SIGNED_OUT_RETRY_MS);
      return;
    }
    if (outcome.is === "forbidden") {
      this.#wait({ is: "forbidden", detail: outcome.refusal.detail }, SIGNED_OUT_RETRY_MS * 4);
      return;
    }
    const wait = (outcome.is === "unavailable" && outcome.retryAfter) || this.#backoff();
    const retryAt = this.#now() + wait;
    if (outcome.is === "unavailable") {
      this.#wait({ is: "unavailable", retryAt, requestId: outcome.requestId, status: outcome.status }, wait);
    } else {
      this.#wait({ is: "offline", retryAt }, wait);
    }
  }

  #backoff(): number {
    return backoff(this.#failures, this.#options.random ?? Math.random);
  }

  #wait(line: Line, ms: number): void {
    this.#say(line);
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.kick();
    }, ms);
  }

  #say(line: Line): void {
    this.line = line;
    this.#options.changed(line);
  }
}
