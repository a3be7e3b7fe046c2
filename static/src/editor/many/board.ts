// The items on the screen, which of them are selected, and what becomes of them: answered, skipped, brought back.
import { type Signal, signal } from "@preact/signals";
import type { TaskDoc } from "../../core/documents.ts";
import { CommandLog } from "../../core/history.ts";
import { LeadClock } from "../../core/lead_clock.ts";
import { placeAfter, putBack, type Step, stretch, toggled } from "../../core/many.ts";
import type { AnnotationBody, Refusal } from "../../core/outbox.ts";
import type { Restored } from "../../core/restore.ts";
import type { Question } from "../../core/schema.ts";
import type { Line } from "../../sending/sender.ts";
import { Serial } from "../session/serial.ts";
import type { LoadTrouble } from "../session/state.ts";
import type { AnswerOption, ManyConfig } from "./config.ts";

/** The server takes no longer one for true. */
const LONGEST_LEAD_MS = 24 * 3_600_000;

export class Tile {
  readonly task: TaskDoc;
  /** Version of the stored annotation that the next answer is made on. */
  version: number;
  /** The server did not accept the answer. */
  readonly refusal: Signal<Refusal | null>;
  /** The server holds another version: the person chooses on the label page. */
  inConflict = false;

  constructor(task: TaskDoc, restored: Restored, refusal: Refusal | null = null) {
    this.task = task;
    this.version = restored.base;
    this.refusal = signal(refusal);
  }

  get id(): number {
    return this.task.id;
  }

  get name(): string {
    return this.task.external_id || `#${this.task.id}`;
  }
}

/** What keeps answers and sends them. */
interface Saving {
  answer(tiles: readonly Tile[], body: AnnotationBody): Promise<Map<number, string>>;
  takeBack(tiles: readonly Tile[], keys: ReadonlyMap<number, string>): Promise<void>;
}

/** What was done to several items, as undo takes it back. */
interface Act {
  tiles: Tile[];
  /** Key of each item's entry in the outbox. */
  keys: Map<number, string>;
  /** The row as it was. */
  row: Tile[];
}

export class Board {
  readonly config: ManyConfig;
  readonly question: Question;
  readonly tiles = signal<Tile[]>([]);
  readonly selected = signal<ReadonlySet<number>>(new Set());
  /** The item that the arrows are on. */
  readonly at = signal<number | null>(null);
  readonly phase = signal<"loading" | "working" | "empty">("loading");
  readonly loadTrouble = signal<LoadTrouble | null>(null);
  readonly skipping = signal(false);
  /** More items are on their way. */
  readonly busy = signal(true);
  /** What was done last, in words. */
  readonly told = signal("");
  readonly canUndo = signal(false);
  readonly remaining = signal<number | null>(null);
  /** How the items on the screen were chosen; null before any came. */
  readonly alike = signal<boolean | null>(null);
  /** Others label here too: fewer were handed out than the screen holds. */
  readonly shared = signal(false);
  readonly sentBack = signal(0);
  readonly doneToday: Signal<number>;
  readonly line = signal<Line>({ is: "good" });
  readonly waiting = signal(0);
  readonly keeping = signal(true);
  readonly durable = signal(true);
  /** Items whose answer met another version on the server. */
  readonly conflicts = signal<string[]>([]);
  readonly trouble = signal("");
  readonly announcement = signal("");

  readonly #saving: Saving;
  readonly #refill: () => Promise<void>;
  readonly #now: () => number;
  readonly #serial = new Serial((error) => this.#broken(error));
  readonly #log = new CommandLog<Act>();
  #clock: LeadClock;
  /** Where a stretch of the selection begins. */
  #anchor: number | null = null;

  constructor(
    config: ManyConfig,
    question: Question,
    saving: Saving,
    refill: () => Promise<void>,
    now = Date.now,
  ) {
    this.config = config;
    this.question = question;
    this.doneToday = signal(config.done_today ?? 0);
    this.#saving = saving;
    this.#refill = refill;
    this.#now = now;
    this.#clock = this.#fresh();
  }

  // Selecting

  toggle(id: number): void {
    this.#anchor = id;
    this.at.value = id;
    this.#select(toggled(this.selected.peek(), id));
  }

  /** Select all from where the last selection began to here. */
  extendTo(id: number): void {
    const ids = this.tiles.peek().map((tile) => tile.id);
    this.#anchor ??= this.at.peek() ?? id;
    this.at.value = id;
    this.#select(new Set([...this.selected.peek(), ...stretch(ids, this.#anchor, id)]));
  }

  selectAll(): void {
    this.#select(new Set(this.tiles.peek().map((tile) => tile.id)));
  }

  selectNone(): void {
    this.#anchor = null;
    this.#select(new Set());
  }

  #select(ids: ReadonlySet<number>): void {
    this.selected.value = ids;
    if (ids.size === 0) this.skipping.value = false;
    this.announce(ids.size === 0 ? "Nothing is selected." : `${ids.size} selected.`);
  }

  move(by: Step, columns: number, extend: boolean): void {
    const tiles = this.tiles.peek();
    const from = tiles.findIndex((tile) => tile.id === this.at.peek());
    const place = from < 0 ? 0 : placeAfter(from, by, { count: tiles.length, columns });
    const tile = tiles[place];
    if (!tile) return;
    if (extend) {
      this.#anchor ??= this.at.peek();
      this.extendTo(tile.id);
    } else {
      this.#anchor = null;
      this.at.value = tile.id;
    }
  }

  // Answering

  /** Give one answer to all that is selected; they leave, and others come. */
  answer(option: AnswerOption): void {
    const answers = { [this.question.name]: option.answer };
    this.#finish({ answers, state: "submitted" }, option.title);
  }

  askSkip(): void {
    if (this.#hasSelection()) this.skipping.value = !this.skipping.peek();
  }

  skip(reason: string): void {
    const title = this.config.skip_reasons.find(({ name }) => name === reason)?.title ?? "skipped";
    this.#finish({ answers: {}, state: "skipped", skip_reason: reason }, `Skipped (${title.toLowerCase()})`);
  }

  #hasSelection(): boolean {
    if (this.selected.peek().size > 0) return true;
    this.announce("Select items first.");
    this.told.value = "Select items first: click them, or press Space.";
    return false;
  }

  #finish(body: Omit<AnnotationBody, "lead_time_ms">, words: string): void {
    if (!this.#hasSelection()) return;
    const row = this.tiles.peek();
    const done = row.filter((tile) => this.selected.peek().has(tile.id));
    const lead = this.#leadOf(done.length);
    this.skipping.value = false;
    this.#leave(done);
    this.doneToday.value += done.length;
    const what = done.length === 1 ? `${done[0]?.name}: ${words}` : `${done.length} items: ${words}`;
    this.told.value = what;
    this.announce(`${what}.`);
    // What comes next comes when the screen is done: nothing unseen is ever among all that is selected.
    const isLast = this.tiles.peek().length === 0;
    this.busy.value ||= isLast;
    this.#serial.run(async () => {
      const keys = await this.#saving.answer(done, { ...body, lead_time_ms: lead });
      this.#log.record({ tiles: done, keys, row });
      this.canUndo.value = true;
      if (isLast) void this.more();
    });
  }

  /** Have more items come. */
  async more(): Promise<void> {
    this.busy.value = true;
    await this.#refill();
    this.busy.value = false;
  }

  /** Items leave the page: the arrows go on from where they were. */
  #leave(gone: readonly Tile[]): void {
    const row = this.tiles.peek();
    const place = row.findIndex((tile) => tile.id === this.at.peek());
    const left = row.filter((tile) => !gone.includes(tile));
    const next = row.slice(Math.max(0, place)).find((tile) => left.includes(tile)) ?? left[0];
    this.tiles.value = left;
    this.at.value = next?.id ?? null;
    this.#anchor = null;
    const ids = new Set(left.map((tile) => tile.id));
    this.selected.value = new Set([...this.selected.peek()].filter((id) => ids.has(id)));
    this.settle();
  }

  /** Take the last act back: all its items stand where they stood, selected as they were. */
  undo(): void {
    this.#serial.run(async () => {
      const act = this.#log.undo();
      this.canUndo.value = this.#log.canUndo;
      if (!act) {
        this.announce("There is nothing to undo.");
        return;
      }
      const tiles = act.tiles.filter((tile) => !tile.inConflict);
      const gone = tiles.filter((tile) => !this.tiles.peek().includes(tile));
      this.skipping.value = false;
      this.tiles.value = putBack(this.tiles.peek(), act.row, tiles);
      this.selected.value = new Set(tiles.map((tile) => tile.id));
      this.at.value = tiles[0]?.id ?? null;
      for (const tile of tiles) tile.refusal.value = null;
      this.doneToday.value = Math.max(0, this.doneToday.peek() - gone.length);
      this.settle();
      this.told.value = tiles.length === 1 ? "1 item is back." : `${tiles.length} items are back.`;
      this.announce(this.told.peek());
      await this.#saving.takeBack(tiles, act.keys);
    });
  }

  // What comes and goes

  add(tiles: readonly Tile[]): void {
    const known = new Set(this.tiles.peek().map((tile) => tile.id));
    this.tiles.value = [...this.tiles.peek(), ...tiles.filter((tile) => !known.has(tile.id))];
    this.at.value ??= this.tiles.peek()[0]?.id ?? null;
    this.settle();
  }

  /** Take items off the page that others have now, or that were given back. */
  drop(tiles: readonly Tile[]): void {
    this.#leave(tiles);
  }

  /** What was answered once and is on its way, or was brought back: known by its task. */
  tile(task: number): Tile | undefined {
    return this.tiles.peek().find((tile) => tile.id === task);
  }

  /** The server refused an answer: the item stands first, with what was said. */
  refused(tile: Tile, refusal: Refusal): void {
    tile.refusal.value = refusal;
    if (this.tiles.peek().includes(tile)) return;
    this.tiles.value = [tile, ...this.tiles.peek()];
    this.doneToday.value = Math.max(0, this.doneToday.peek() - 1);
    this.at.value = tile.id;
    this.settle();
    this.announce(`The answer to ${tile.name} was not accepted. It is back.`);
  }

  conflicted(name: string, tile?: Tile): void {
    if (tile) tile.inConflict = true;
    this.conflicts.value = [...new Set([...this.conflicts.peek(), name])];
  }

  /** What can be told of the screen: `final` when no more could be had. */
  settle({ final = false } = {}): void {
    if (this.tiles.peek().length > 0) this.phase.value = "working";
    else if (final) this.phase.value = "empty";
  }

  // Time

  input(): void {
    this.#clock.input(this.#now());
  }

  hidden(): void {
    this.#clock.pause(this.#now());
  }

  visible(): void {
    this.#clock.resume(this.#now());
  }

  #fresh(): LeadClock {
    const clock = new LeadClock();
    clock.resume(this.#now());
    return clock;
  }

  /** The time since the last act, shared among the items of this one. */
  #leadOf(count: number): number {
    const spent = this.#clock.elapsed(this.#now());
    this.#clock = this.#fresh();
    return Math.min(LONGEST_LEAD_MS, Math.round(spent / count));
  }

  announce(text: string): void {
    // The same words twice in a row would not be read again.
    this.announcement.value = this.announcement.peek() === text ? `${text}\u00a0` : text;
  }

  #broken(error: unknown): void {
    this.busy.value = false;
    const words = error instanceof Error ? error.message : String(error);
    this.trouble.value = `That could not be kept in this browser: ${words} Reload the page, then look at your last answers.`;
  }
}
