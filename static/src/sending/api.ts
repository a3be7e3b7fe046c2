// Talking to the server: one place for CSRF, request ids, errors in words and the sign-in check.
import { retryAfter } from "../core/backoff.ts";
import type { AnnotationReply, Problem, StoredAnnotation } from "../core/documents.ts";
import { type DecisionReply, type Entry, isDecision, type Outcome, type Refusal } from "../core/outbox.ts";

const TIMEOUT_MS = 20_000;
const NO_CONTENT = 204;

interface ProblemJson {
  title?: string;
  detail?: string;
  errors?: Problem[];
  current?: StoredAnnotation;
}

/** A request that did not succeed; `status` 0 means it never reached the server. */
export class RequestFailed extends Error {
  readonly status: number;
  readonly refusal: Refusal;
  readonly retryAfterMs: number | null;
  readonly current: StoredAnnotation | null;

  constructor(
    status: number,
    body: ProblemJson,
    requestId: string | null,
    retryAfterMs: number | null = null,
  ) {
    super((status !== 500 && (body.detail || body.title)) || explain(status));
    this.name = "RequestFailed";
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.current = body.current ?? null;
    this.refusal = {
      status,
      title: body.title ?? "",
      detail: this.message,
      problems: body.errors ?? [],
      requestId,
    };
  }

  get offline(): boolean {
    return this.status === 0;
  }

  /** The session ended, or the CSRF token belongs to an earlier sign-in. */
  get signedOut(): boolean {
    if (this.status === 401) return true;
    return this.status === 403 && /csrf|credentials|not authenticated|sign in|log in/i.test(this.message);
  }
}

function explain(status: number): string {
  if (status === 0) return "The server could not be reached. Check your connection.";
  if (status === 429) return "That was too many requests at once.";
  if (status >= 500) return "The server had a problem.";
  return `The server answered with status ${status}.`;
}

/** The sentence for a person, with the id to quote when there is one. */
export function inWords(refusal: Refusal): string {
  const details = refusal.problems.map((problem) => problem.message).filter((m) => m !== refusal.detail);
  return [refusal.detail, ...details].join(" ");
}

export type Reauth = "ok" | "signed_out" | "other_user" | "unreachable";

/** Who a page was rendered for, and the token that writes in their name. */
export interface Identity {
  id: number;
  name: string;
  csrf: string;
}

export interface ApiOptions {
  me: Identity;
  /** Who a page of this address was rendered for; null when it is not that page (a sign-in page). */
  identify: (page: Document) => Identity | null;
  /** Where entries of the outbox go, by their kind; "{id}" is the task, or the flag of a decision. */
  addresses: Partial<Record<Entry["kind"], string>>;
}

export class Api {
  readonly #options: ApiOptions;
  #csrf: string;
  /** Set when another account is signed in in this browser: nothing may be sent in its name. */
  otherUser: string | null = null;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#csrf = options.me.csrf;
  }

  get<T>(url: string): Promise<T> {
    return this.#request<T>(url, { method: "GET" });
  }

  post<T>(url: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    return this.#request<T>(url, { method: "POST", body: JSON.stringify(body), headers });
  }

  patch<T>(url: string, body: unknown): Promise<T> {
    return this.#request<T>(url, { method: "PATCH", body: JSON.stringify(body) });
  }

  async remove(url: string): Promise<void> {
    await this.#request<unknown>(url, { method: "DELETE" });
  }

  /** Send without waiting, surviving the page; nobody learns whether it arrived. */
  postAndForget(url: string, body: unknown): void {
    void fetch(url, {
      method: "POST",
      body: JSON.stringify(body),
      headers: this.#headers(),
      credentials: "same-origin",
      keepalive: true,
    }).catch(() => undefined);
  }

  /** Send one entry of the outbox and say what became of it. Never throws. */
  async deliver(entry: Entry): Promise<Outcome> {
    try {
      const url = this.#urlOf(entry);
      if (entry.attempts > 1 && (await this.#alreadyThere(entry))) return { is: "accepted", reply: null };
      const headers = { "Idempotency-Key": entry.key };
      if (entry.kind === "retraction") {
        return {
          is: "accepted",
          reply: await this.#request<DecisionReply>(url, { method: "DELETE", headers }),
        };
      }
      const body = entry.kind === "annotation" ? { ...entry.body, version: entry.base } : entry.body;
      const reply = await this.post<AnnotationReply | DecisionReply>(url, body, headers);
      return { is: "accepted", reply: entry.kind === "comment" || entry.kind === "flag" ? null : reply };
    } catch (error) {
      if (error instanceof RequestFailed) return outcomeOf(error);
      return { is: "unavailable", status: 0, retryAfter: null, requestId: null };
    }
  }

  /**
   * Load the page again in the background: a new sign-in has a new CSRF token. Also notices that somebody
   * else signed in meanwhile.
   */
  async reauthenticate(): Promise<Reauth> {
    try {
      const response = await fetch(window.location.href, {
        credentials: "same-origin",
        cache: "no-store",
        headers: { Accept: "text/html" },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status >= 500) return "unreachable";
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const now = this.#options.identify(page);
      if (!now) return "signed_out";
      this.otherUser = now.id === this.#options.me.id ? null : now.name;
      if (this.otherUser !== null) return "other_user";
      this.#csrf = now.csrf;
      return "ok";
    } catch {
      return "unreachable";
    }
  }

  /** Comments and flags have no version: after a lost reply, look before saying it twice. */
  async #alreadyThere(entry: Entry): Promise<boolean> {
    if (entry.kind !== "comment") return false;
    const url = this.#urlOf(entry);
    const listed = await this.get<
      { results: { body: string; created_at: string }[] } | { body: string; created_at: string }[]
    >(url);
    const comments = Array.isArray(listed) ? listed : listed.results;
    const since = entry.createdAt - 60_000;
    return comments.some((c) => c.body === entry.body.body && Date.parse(c.created_at) >= since);
  }

  #urlOf(entry: Entry): string {
    const pattern = this.#options.addresses[entry.kind];
    if (pattern === undefined) throw new Error(`This page does not send a ${entry.kind}.`);
    return pattern.replace("{id}", String(isDecision(entry) ? entry.flag : entry.task));
  }

  #headers(): Record<string, string> {
    return { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": this.#csrf };
  }

  async #request<T>(
    url: string,
    init: { method: string; body?: string; headers?: Record<string, string> },
  ): Promise<T> {
    if (this.otherUser !== null) {
      throw new RequestFailed(401, { detail: `${this.otherUser} is signed in in this browser now.` }, null);
    }
    let response: Response;
    try {
      response = await fetch(url, {
        ...init,
        headers: { ...this.#headers(), ...init.headers },
        credentials: "same-origin",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new RequestFailed(0, {}, null);
    }
    const requestId = response.headers.get("X-Request-ID");
    const isJson = /json/.test(response.headers.get("Content-Type") ?? "");
    let body: unknown = null;
    try {
      if (isJson) body = await response.json();
    } catch {
      // The connection broke inside the reply: whether it was committed is unknown, so try again.
      throw new RequestFailed(0, {}, requestId);
    }
    if (response.redirected && !isJson) throw new RequestFailed(401, {}, requestId);
    if (!response.ok) {
      const wait = retryAfter(response.headers.get("Retry-After"), Date.now());
      throw new RequestFailed(
        response.status,
        (body ?? (await csrfHint(response))) as ProblemJson,
        requestId,
        wait,
      );
    }
    if (!isJson && response.status !== NO_CONTENT) throw new RequestFailed(502, {}, requestId);
    return body as T;
  }
}

/** Django's CSRF failure is an HTML page; say in JSON terms what it was. */
async function csrfHint(response: Response): Promise<ProblemJson> {
  if (response.status !== 403) return {};
  const text = await response.text().catch(() => "");
  return /csrf/i.test(text) ? { detail: "CSRF check failed: sign in again." } : {};
}

function outcomeOf(error: RequestFailed): Outcome {
  const { status, refusal } = error;
  if (status === 0) return { is: "offline" };
  if (error.signedOut) return { is: "signed_out" };
  if (status === 403) return { is: "forbidden", refusal };
  if (status >= 500 || status === 429 || status === 408) {
    return { is: "unavailable", status, retryAfter: error.retryAfterMs, requestId: refusal.requestId };
  }
  if (status === 409 && error.current) return { is: "conflict", stored: error.current, refusal };
  return { is: "refused", refusal };
}
