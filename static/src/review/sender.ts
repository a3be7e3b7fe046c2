// Sends decisions one after another in the background: what was decided is kept until the server has it.
import { csrfToken } from "../app/dom.ts";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 20_000;

export interface Letter {
  method: "POST" | "DELETE";
  address: string;
  /** The same for every attempt, so that the server does it once. */
  key: string;
  /** Read when it is sent: what was answered before may have changed it. */
  body: () => unknown;
  /** `attempts` counts from one. */
  answered: (answer: Answer, attempts: number) => void | Promise<void>;
}

export interface Answer {
  ok: boolean;
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: documents of the API
  document: any;
}

export function post(address: string, body: unknown, options: RequestInit = {}): Promise<Response> {
  return fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify(body),
    ...options,
  });
}

const pause = (ms: number) => new Promise((resolve) => window.setTimeout(resolve, ms));

export class Sender {
  readonly #waiting: Letter[] = [];
  readonly #changed: (waiting: number, failing: boolean) => void;
  #sending: Letter | null = null;

  constructor(changed: (waiting: number, failing: boolean) => void) {
    this.#changed = changed;
    window.addEventListener("beforeunload", (event) => {
      if (this.size > 0) event.preventDefault();
    });
  }

  get size(): number {
    return this.#waiting.length + (this.#sending ? 1 : 0);
  }

  send(letter: Letter): void {
    this.#waiting.push(letter);
    this.#changed(this.size, false);
    if (!this.#sending) void this.#work();
  }

  /** Take a letter back that has not been sent yet; false when it is under way or there. */
  recall(key: string): boolean {
    const at = this.#waiting.findIndex((letter) => letter.key === key);
    if (at < 0) return false;
    this.#waiting.splice(at, 1);
    this.#changed(this.size, false);
    return true;
  }

  async #work(): Promise<void> {
    for (let letter = this.#waiting.shift(); letter; letter = this.#waiting.shift()) {
      this.#sending = letter;
      const { answer, attempts } = await this.#deliver(letter);
      this.#sending = null;
      this.#changed(this.size, false);
      await letter.answered(answer, attempts);
    }
  }

  async #deliver(letter: Letter): Promise<{ answer: Answer; attempts: number }> {
    for (let attempts = 1; ; attempts += 1) {
      const answer = await this.#attempt(letter);
      if (answer) return { answer, attempts };
      this.#changed(this.size, true);
      await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1)));
    }
  }

  /** The answer, or null when there was none worth having: no network, or the server restarts. */
  async #attempt(letter: Letter): Promise<Answer | null> {
    try {
      const response = await fetch(letter.address, {
        method: letter.method,
        headers: {
          "Content-Type": "application/json",
          "X-CSRFToken": csrfToken(),
          "Idempotency-Key": letter.key,
        },
        ...(letter.method === "POST" ? { body: JSON.stringify(letter.body()) } : {}),
      });
      if (response.status >= 500) return null;
      const document = await response.json().catch(() => ({}));
      return { ok: response.ok, status: response.status, document };
    } catch {
      return null;
    }
  }
}
