// The items that this person holds while they are on the screen: claimed, renewed while somebody is there, given back.
import { backoff } from "../../core/backoff.ts";
import type { ClaimReply, TaskDoc } from "../../core/documents.ts";
import { type Api, RequestFailed } from "../../sending/api.ts";
import { Presence } from "../../sending/presence.ts";
import { TaskLocks } from "../../sending/tabs.ts";
import type { Board, Tile } from "./board.ts";

const RENEW_ON_RETURN_MS = 60_000;
const LOOK_AGAIN_MS = 20_000;
const CHECK_IDLE_MS = 30_000;
/** The server takes no more for true. */
const MOST_SENDING = 10_000;

interface ManyReply extends ClaimReply {
  alike_to: number | null;
}

export interface ManyClaimsOptions {
  board: Board;
  api: Api;
  scope: string;
  /** How many items the screen holds. */
  fits: () => number;
  tilesOf: (tasks: readonly TaskDoc[]) => Promise<Tile[]>;
  now: () => number;
}

export class ManyClaims {
  readonly #options: ManyClaimsOptions;
  readonly #locks: TaskLocks;
  readonly #presence: Presence;
  #claiming: Promise<void> | null = null;
  #again = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #renewedAt: number;
  /** All was given back because nobody was there. */
  #away = false;

  constructor(options: ManyClaimsOptions) {
    this.#options = options;
    this.#locks = new TaskLocks(options.scope);
    this.#renewedAt = options.now();
    const { lease_seconds } = options.board.config;
    this.#presence = new Presence(lease_seconds, options.now, () => void this.renew());
  }

  start(): void {
    this.#presence.start();
    setInterval(() => this.#checkIdle(), CHECK_IDLE_MS);
  }

  input(): void {
    this.#presence.input();
    if (this.#away && !document.hidden) void this.#comeBack();
  }

  visible(): void {
    if (this.#away) return void this.#comeBack();
    // Nothing was renewed while the page was hidden.
    if (this.#options.now() - this.#renewedAt > RENEW_ON_RETURN_MS) void this.renew();
    if (this.#options.board.tiles.peek().length === 0) void this.refill({ force: true });
  }

  /** Claim as many as the screen still holds, or as it holds in all. `held`: begin with those this person holds. */
  refill({ held = false, force = false, beyond = false } = {}): Promise<void> {
    if (this.#claiming) {
      this.#again = true;
      return this.#claiming;
    }
    if (this.#away || (this.#timer !== undefined && !force)) return Promise.resolve();
    const count = beyond ? this.#options.fits() : this.#wanted();
    if (count <= 0 && !held) return Promise.resolve();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#claiming = this.#claim(Math.max(1, count), held).finally(() => {
      this.#claiming = null;
      const again = this.#again;
      this.#again = false;
      if (again) void this.refill();
    });
    return this.#claiming;
  }

  #wanted(): number {
    return this.#options.fits() - this.#options.board.tiles.peek().length;
  }

  async #claim(count: number, held: boolean): Promise<void> {
    const { board, api } = this.#options;
    try {
      if (board.loadTrouble.peek()?.signedOut) await api.reauthenticate();
      const added = await this.#claimOnce(count, held);
      await drawn();
      // Only with items on the screen is it known how many fit; and what was held may be shown by another tab.
      if (this.#wanted() > 0 && (held || added >= count)) await this.#claimOnce(this.#wanted(), false);
      this.#failures = 0;
      board.loadTrouble.value = null;
      board.shared.value = this.#wanted() > 0 && (board.remaining.peek() ?? 0) > 0;
      board.settle({ final: true });
      if (board.tiles.peek().length === 0) this.#lookAgainIn(LOOK_AGAIN_MS);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Returns how many tasks the server handed out. */
  async #claimOnce(count: number, held: boolean): Promise<number> {
    const { board, api, tilesOf } = this.#options;
    const { filter, urls } = board.config;
    const sending = Math.min(MOST_SENDING, board.waiting.peek());
    const asked = { count, alike: true, sending, ...(held && { held }), ...(filter && { filter }) };
    const reply = await api.post<ManyReply>(urls.claims, asked);
    this.#presence.leaseIs(reply.lease_seconds);
    board.remaining.value = reply.remaining;
    board.sentBack.value = reply.tasks.filter((task) => task.sent_back).length;
    const mine: TaskDoc[] = [];
    for (const task of reply.tasks) {
      // What was sent back has a note and an earlier answer: that is for one by one.
      const known = board.tile(task.id) !== undefined;
      if (!task.sent_back && !known && (await this.#locks.take(task.id))) mine.push(task);
    }
    if (mine.length > 0) board.alike.value = reply.alike_to !== null;
    board.add(await tilesOf(mine));
    return mine.length;
  }

  #failed(error: unknown): void {
    const { board } = this.#options;
    this.#failures += 1;
    const failed = error instanceof RequestFailed ? error : null;
    board.loadTrouble.value = {
      text: failed?.message ?? "The next items could not be loaded.",
      requestId: failed?.refusal.requestId ?? null,
      signedOut: failed?.signedOut ?? false,
    };
    this.#lookAgainIn(failed?.retryAfterMs ?? backoff(this.#failures, Math.random));
  }

  #lookAgainIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (document.hidden) this.#lookAgainIn(ms);
      else void this.refill();
    }, ms);
  }

  /** Tell the server that these are being worked on; let go of those it gave to others. */
  async renew(): Promise<void> {
    const { board, api, now } = this.#options;
    if (document.hidden || this.#presence.idle || this.#away || board.tiles.peek().length === 0) return;
    this.#renewedAt = now();
    try {
      const tasks = board.tiles.peek().map((tile) => tile.id);
      const { lost } = await api.post<{ lost: number[] }>(board.config.urls.renew, { tasks });
      // A refused answer keeps its place: nobody's work leaves the page by itself.
      const gone = board.tiles.peek().filter((tile) => lost.includes(tile.id) && !tile.refusal.peek());
      this.#drop(gone);
      if (board.tiles.peek().length === 0) void this.refill();
    } catch {
      // The next heartbeat tries again.
    }
  }

  #drop(tiles: readonly Tile[]): void {
    if (tiles.length === 0) return;
    this.#options.board.drop(tiles);
    for (const tile of tiles) this.#locks.release(tile.id);
  }

  #checkIdle(): void {
    if (this.#away || !this.#presence.idle) return;
    this.#away = true;
    const given = this.#untouched();
    if (given.length === 0) return;
    const { api, board } = this.#options;
    void api.post(board.config.urls.release, { tasks: given.map((tile) => tile.id) }).catch(() => undefined);
    this.#drop(given);
  }

  async #comeBack(): Promise<void> {
    this.#away = false;
    this.#presence.input();
    await this.refill({ held: true, force: true });
  }

  /** The page is being left: give back what was not answered. Answers on their way keep their claims. */
  leave(): void {
    const { api, board } = this.#options;
    const given = this.#untouched();
    if (given.length > 0) {
      api.postAndForget(board.config.urls.release, { tasks: given.map((tile) => tile.id) });
    }
    this.#locks.releaseAll();
  }

  /** The page came back out of the back/forward cache: what it showed was given back. */
  async restored(): Promise<void> {
    this.#drop(this.#untouched());
    await this.#comeBack();
  }

  #untouched(): Tile[] {
    return this.#options.board.tiles.peek().filter((tile) => !tile.refusal.peek());
  }
}

/** The items that were added are in the page. */
function drawn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
