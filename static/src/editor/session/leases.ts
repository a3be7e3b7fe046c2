// Claiming ahead, keeping claims alive while somebody works, and giving back what nobody will answer.
import { backoff } from "../../core/backoff.ts";
import { type ClaimReply, isImage, type TaskDoc } from "../../core/documents.ts";
import { isNewlySentBack } from "../../core/restore.ts";
import { wantedAhead } from "../../core/standing.ts";
import { addClaimed, bringNext, openTotal, refillCount } from "../../core/timeline.ts";
import type { ImageCache } from "../../fields/images.ts";
import { type Api, RequestFailed } from "../../sending/api.ts";
import { Presence } from "../../sending/presence.ts";
import { TaskLocks } from "../../sending/tabs.ts";
import type { Item } from "./item.ts";
import type { EditorState } from "./state.ts";

/** Characters of a task that is small enough to have many of. */
const SHORT_TEXT = 2_000;
/** Where many are ahead, so many are claimed together. */
const CLAIMED_AT_ONCE = 5;
const RENEW_ON_RETURN_MS = 60_000;
const EMPTY_POLL_FIRST_MS = 20_000;
const EMPTY_POLL_CAP_MS = 5 * 60_000;

export interface LeaseOptions {
  state: EditorState;
  api: Api;
  images: ImageCache;
  scope: string;
  now: () => number;
  /** Make items of claimed tasks, with the person's own unsent work laid over them. */
  itemsOf: (tasks: TaskDoc[]) => Promise<Item[]>;
  /** Show an item when nothing is on the screen. */
  settle: () => void;
  guidelineVersion: (version: number) => void;
}

export class Leases {
  readonly #options: LeaseOptions;
  readonly #locks: TaskLocks;
  #claiming: Promise<void> | null = null;
  /** Asked for while a claim was under way, which may have looked too early. */
  #claimAgain = false;
  #schemaTold = 0;
  #failures = 0;
  #emptyPolls = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #presence: Presence;
  #renewedAt: number;
  /** Claims were given back because nobody was there. */
  #away = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#locks = new TaskLocks(options.scope);
    this.#renewedAt = options.now();
    this.#presence = new Presence(options.state.config.lease_seconds, options.now, () => void this.renew());
  }

  start(): void {
    this.#presence.start();
    void this.refill();
    setInterval(() => this.#checkIdle(), 30_000);
  }

  /** Any sign of the person. */
  input(): void {
    this.#presence.input();
    if (this.#away && !document.hidden) void this.comeBack();
  }

  /** The page came to the front again. */
  visible(): void {
    if (this.#away) {
      void this.comeBack();
      return;
    }
    const { state, now } = this.#options;
    const nothingOpen = openTotal(state.items.peek()) === 0;
    if (nothingOpen || state.loadTrouble.peek()) void this.refill({ force: true });
    // Nothing was renewed while the page was hidden.
    if (now() - this.#renewedAt > RENEW_ON_RETURN_MS) void this.renew({ dropCurrent: true });
  }

  /** Claim more when too few are ahead. `held`: begin with those this person already holds. */
  refill({ held = false, force = false } = {}): Promise<void> {
    if (this.#claiming) {
      this.#claimAgain ||= force;
      return this.#claiming;
    }
    const { state } = this.#options;
    const slots = state.items.peek();
    const count = refillCount(slots, state.position.peek(), this.#stock);
    if (count === 0 && !held) {
      if (force) state.loadTrouble.value = null;
      return Promise.resolve();
    }
    if (this.#away || (this.#timer !== undefined && !force)) return Promise.resolve();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#claiming = this.#claim(Math.max(count, 1), held).finally(() => {
      this.#claiming = null;
      const again = this.#claimAgain;
      this.#claimAgain = false;
      if (again) void this.refill({ force: true });
    });
    return this.#claiming;
  }

  /** How many to have ahead, and below how many more are claimed. Short texts are had further ahead than images. */
  get #stock(): { prefetch: number; low?: number } {
    const { state } = this.#options;
    const { prefetch: least, most_ahead: most, people } = state.config;
    const short = state.items.peek().every(({ task }) => textLength(task) <= SHORT_TEXT);
    const wanted = wantedAhead({ least, most, people }, state.left.peek() ?? state.remaining.peek());
    return short && wanted > least
      ? { prefetch: wanted + CLAIMED_AT_ONCE, low: wanted }
      : { prefetch: least };
  }

  async #claim(count: number, held: boolean): Promise<void> {
    const { state, api } = this.#options;
    try {
      if (state.loadTrouble.peek()?.signedOut) await api.reauthenticate();
      let added = await this.#claimOnce(count, held);
      // What was held may be on the screen of another tab: then claim fresh ones.
      if (held && added < count) added += await this.#claimOnce(count - added, false);
      this.#failures = 0;
      state.loadTrouble.value = null;
      if (added > 0) this.#emptyPolls = 0;
      if (openTotal(state.items.peek()) === 0) this.#pollWhileEmpty();
    } catch (error) {
      this.#failed(error);
    }
    this.#options.settle();
  }

  async #claimOnce(count: number, held: boolean): Promise<number> {
    const { state, api, itemsOf } = this.#options;
    const reply = await api.post<ClaimReply>(state.config.urls.claims, {
      count,
      ...(held && { held }),
      ...(state.config.only && { filter: state.config.only.query }),
    });
    this.#presence.leaseIs(reply.lease_seconds);
    state.remaining.value = reply.remaining;
    this.#dropSentBack(reply.tasks);
    const known = new Set(state.items.peek().map((item) => item.id));
    const mine: TaskDoc[] = [];
    for (const task of reply.tasks) {
      if (!known.has(task.id) && (await this.#locks.take(task.id))) mine.push(task);
    }
    for (const task of mine) this.#options.guidelineVersion(task.guideline_version);
    this.#schemaVersionIs(Math.max(0, ...mine.map((task) => task.schema_version)));
    const items = (await itemsOf(mine)).filter((item) => item.open);
    const row = addClaimed(state.items.peek(), items);
    const position = state.position.peek();
    state.items.value = items
      .filter((item) => position >= 0 && item.task.sent_back)
      .reduceRight((slots, item) => bringNext(slots, item, position), row);
    this.decodeAhead();
    return items.length;
  }

  /** Answers on the page that were sent back since: they come anew, to be answered again. */
  #dropSentBack(tasks: readonly TaskDoc[]): void {
    const again = this.#options.state.items
      .peek()
      .filter((item) => !(item.open || item.hasWork))
      .filter((item) => tasks.some((task) => task.id === item.id && isNewlySentBack(item.task, task)));
    this.drop(again);
  }

  /** The page keeps the questions it was opened with; say so once when there is a newer version of them. */
  #schemaVersionIs(version: number): void {
    const { state } = this.#options;
    if (version <= Math.max(this.#schemaTold, state.config.schema_version)) return;
    this.#schemaTold = version;
    state.notify({
      id: "schema",
      tone: "info",
      text: "The questions or labels have changed. Reload to see them; nothing you entered is lost.",
      actions: [{ label: "Reload", run: () => window.location.reload() }],
      dismissible: true,
    });
  }

  /** Keep the images of everything on the page decoded, those ahead first. */
  decodeAhead(): void {
    const { state, images } = this.#options;
    const position = Math.max(0, state.position.peek());
    const items = state.items.peek();
    const nearest = [...items.slice(position), ...items.slice(0, position)];
    images.keep(
      nearest.flatMap(({ task }) => Object.values(task.data).filter(isImage)).map(({ url }) => url),
    );
  }

  #failed(error: unknown): void {
    const { state } = this.#options;
    this.#failures += 1;
    const failed = error instanceof RequestFailed ? error : null;
    state.loadTrouble.value = {
      text: failed?.message ?? "The next items could not be loaded.",
      requestId: failed?.refusal.requestId ?? null,
      signedOut: failed?.signedOut ?? false,
    };
    this.#retryIn(failed?.retryAfterMs ?? backoff(this.#failures, Math.random));
  }

  #pollWhileEmpty(): void {
    this.#emptyPolls += 1;
    this.#retryIn(Math.min(EMPTY_POLL_CAP_MS, EMPTY_POLL_FIRST_MS * 1.5 ** (this.#emptyPolls - 1)));
  }

  #retryIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (document.hidden && this.#emptyPolls > 0) this.#pollWhileEmpty();
      else void this.refill();
    }, ms);
  }

  /** Tell the server that these are still being worked on; let go of those it gave to others. */
  async renew({ dropCurrent = false } = {}): Promise<void> {
    const { state, api } = this.#options;
    if (document.hidden || this.#presence.idle || this.#away) return;
    const open = state.items.peek().filter((item) => item.open);
    if (open.length === 0) return;
    this.#renewedAt = this.#options.now();
    try {
      const reply = await api.post<{ lost: number[] }>(state.config.urls.renew, {
        tasks: open.map((item) => item.id),
      });
      const lost = new Set(reply.lost);
      const current = state.current.peek();
      const gone = state.items.peek().filter((item) => lost.has(item.id) && item.open && !item.hasWork);
      if (dropCurrent && current && gone.includes(current)) {
        state.notify({
          id: "lost",
          tone: "info",
          text: "The item you had open went to somebody else while you were away. Here is another one.",
          actions: [],
          dismissible: true,
        });
      }
      // An item that somebody is looking at is not taken from under their eyes.
      this.drop(dropCurrent ? gone : gone.filter((item) => item !== current));
      void this.refill();
    } catch {
      // The next heartbeat tries again; a lapsed lease is noticed then or at the submission.
    }
  }

  /** Take items off the page and let other tabs have them. */
  drop(items: readonly Item[]): void {
    if (items.length === 0) return;
    const { state } = this.#options;
    const gone = new Set(items);
    const current = state.current.peek();
    state.items.value = state.items.peek().filter((item) => !gone.has(item));
    state.position.value = current ? state.items.peek().indexOf(current) : -1;
    this.unlock(items);
    this.#options.settle();
  }

  /** These items left the page: other tabs may show them. */
  unlock(items: readonly Item[]): void {
    for (const item of items) this.#locks.release(item.id);
  }

  lockFor(task: number): Promise<boolean> {
    return this.#locks.take(task);
  }

  /** Nobody is there: give back what waits, so that others can have it. */
  #checkIdle(): void {
    if (this.#away || !this.#presence.idle) return;
    const { state, api } = this.#options;
    this.#away = true;
    const current = state.current.peek();
    const given = this.#untouched().filter((item) => document.hidden || item !== current);
    if (given.length === 0) return;
    void api.post(state.config.urls.release, { tasks: given.map((item) => item.id) }).catch(() => undefined);
    const keepCurrent = current && !given.includes(current);
    state.items.value = state.items.peek().filter((item) => !given.includes(item));
    state.position.value = keepCurrent ? state.items.peek().indexOf(current) : -1;
    this.unlock(given);
  }

  async comeBack(): Promise<void> {
    this.#away = false;
    this.#presence.input();
    await this.renew({ dropCurrent: true });
    await this.refill({ held: true, force: true });
  }

  /** The page is being left: give back everything nobody has begun. Answers on their way keep their claims. */
  leave(): void {
    const { state, api } = this.#options;
    const given = this.#untouched();
    if (given.length > 0) {
      api.postAndForget(state.config.urls.release, { tasks: given.map((item) => item.id) });
    }
    this.#locks.releaseAll();
  }

  /** The page came back out of the back/forward cache as it was left. */
  async restored(): Promise<void> {
    const { state } = this.#options;
    const gone = new Set(this.#untouched());
    for (const item of state.items.peek()) {
      if (!gone.has(item)) await this.#locks.take(item.id);
    }
    state.items.value = state.items.peek().filter((item) => !gone.has(item));
    state.position.value = -1;
    this.#presence.input();
    await this.refill({ held: true, force: true });
    this.#options.settle();
  }

  #untouched(): Item[] {
    return this.#options.state.items.peek().filter((item) => item.open && !item.hasWork);
  }
}

function textLength({ data }: TaskDoc): number {
  return Object.values(data).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : 0),
    0,
  );
}
