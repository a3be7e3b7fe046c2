// Several tabs of one person: one sends at a time, no two show the same task, all hear what was saved.
import type { Entry, Outcome } from "../core/outbox.ts";

export type TabMessage =
  | { type: "settled"; entry: Entry; outcome: Outcome }
  /** The outbox changed: count again. */
  | { type: "changed" };

const hasLocks = () => "locks" in navigator && navigator.locks !== undefined;

/** Run with the named lock held. Without Web Locks (plain http) the idempotency keys keep double sends harmless. */
export function exclusively<T>(name: string, run: () => Promise<T>): Promise<T> {
  if (!hasLocks()) return run();
  return navigator.locks.request(name, run) as Promise<T>;
}

/** The tasks this tab shows: another tab of the same person leaves them alone. */
export class TaskLocks {
  readonly #scope: string;
  readonly #held = new Map<number, () => void>();

  constructor(scope: string) {
    this.#scope = scope;
  }

  /** True when this tab has the task from now on, false when another tab shows it. */
  async take(task: number): Promise<boolean> {
    if (!hasLocks() || this.#held.has(task)) return true;
    return (await this.#try(task)) || (await this.#tryAfterReload(task));
  }

  release(task: number): void {
    this.#held.get(task)?.();
    this.#held.delete(task);
  }

  releaseAll(): void {
    for (const task of [...this.#held.keys()]) this.release(task);
  }

  /** A page being reloaded may give its locks back a moment after the new page starts. */
  async #tryAfterReload(task: number): Promise<boolean> {
    if (performance.now() > 5_000) return false;
    await new Promise((resolve) => setTimeout(resolve, 250));
    return this.#try(task);
  }

  #try(task: number): Promise<boolean> {
    return new Promise((answer) => {
      void navigator.locks
        .request(`dcai-task ${this.#scope} ${task}`, { ifAvailable: true }, (lock) => {
          if (lock === null) {
            answer(false);
            return undefined;
          }
          return new Promise<void>((release) => {
            this.#held.set(task, release);
            answer(true);
          });
        })
        .catch(() => answer(true));
    });
  }
}

export class TabChannel {
  readonly #channel: BroadcastChannel | null;

  constructor(scope: string, heard: (message: TabMessage) => void) {
    this.#channel = "BroadcastChannel" in window ? new BroadcastChannel(`dcai-editor ${scope}`) : null;
    this.#channel?.addEventListener("message", (event) => heard(event.data as TabMessage));
  }

  say(message: TabMessage): void {
    this.#channel?.postMessage(message);
  }
}

/** A fresh idempotency key; `crypto.randomUUID` is missing on plain http, where small teams do run this. */
export function newKey(): string {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
