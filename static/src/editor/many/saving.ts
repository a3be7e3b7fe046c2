// Answers to many items on their way to the server: each is an entry of its own in the outbox of the label page.
import type { AnnotationReply, TaskDoc } from "../../core/documents.ts";
import {
  type AnnotationBody,
  type Entry,
  isSameWork,
  latestAnswer,
  type Outcome,
} from "../../core/outbox.ts";
import { restore } from "../../core/restore.ts";
import type { Api } from "../../sending/api.ts";
import { newEntry, Outbox } from "../../sending/outbox.ts";
import type { Line, Sender } from "../../sending/sender.ts";
import type { Store } from "../../sending/store.ts";
import { type Board, Tile } from "./board.ts";

export interface ManySavingOptions {
  store: Store;
  api: Api;
  scope: string;
  board: () => Board;
  /** The server answers again. */
  reached: () => void;
}

export class ManySaving {
  readonly #options: ManySavingOptions;
  readonly #outbox: Outbox;
  /** Items that were answered here: one that is refused comes back. */
  readonly #left = new Map<number, Tile>();

  constructor(options: ManySavingOptions) {
    this.#options = options;
    const { store, api, scope, board } = options;
    this.#outbox = new Outbox({
      store,
      api,
      scope,
      // What the label page left unsent goes too.
      kinds: ["annotation", "comment", "flag"],
      settled: (entry, outcome, here) => this.#settled(entry, outcome, here),
      counted: (waiting, keeping) => {
        board().waiting.value = waiting;
        board().keeping.value = keeping;
      },
      changed: (line) => this.#lineChanged(line),
    });
  }

  get sender(): Sender {
    return this.#outbox.sender;
  }

  count(): Promise<void> {
    return this.#outbox.count();
  }

  /** Put the same answer to all these items into the outbox; when this resolves, it survives the tab. */
  async answer(tiles: readonly Tile[], body: AnnotationBody): Promise<Map<number, string>> {
    const entries = await Promise.all(tiles.map((tile) => this.#put(tile, body)));
    for (const tile of tiles) {
      tile.refusal.value = null;
      void this.#options.store.dropDraft(tile.id).catch(() => undefined);
    }
    return new Map(entries.map((entry) => [entry.task, entry.key]));
  }

  /** Take answers back: out of the outbox, or by a draft where the server may have them; it keeps the lease. */
  async takeBack(tiles: readonly Tile[], keys: ReadonlyMap<number, string>): Promise<void> {
    await Promise.all(
      tiles.map(async (tile) => {
        if (await this.#outbox.withdraw(keys.get(tile.id) ?? "")) return;
        await this.#put(tile, { answers: {}, state: "draft", lead_time_ms: 0 });
      }),
    );
  }

  #put(tile: Tile, body: AnnotationBody): Promise<Entry> {
    this.#left.set(tile.id, tile);
    const work = { kind: "annotation" as const, body, base: tile.version, quiet: false };
    return this.#outbox.put(newEntry({ task: tile.id, ...work }), tile.task);
  }

  /** Items still to be answered among claimed tasks: the person's own unsent answers count as given. */
  async tilesOf(tasks: readonly TaskDoc[]): Promise<Tile[]> {
    const { store } = this.#options;
    const [entries, drafts] = await Promise.all([store.entries(), store.drafts()]);
    return tasks.flatMap((task) => {
      const answer = latestAnswer(entries, task.id);
      const draft = drafts.find((candidate) => candidate.task === task.id);
      const restored = restore(task, answer, draft);
      return restored.status === "open" ? [new Tile(task, restored, answer?.refusal)] : [];
    });
  }

  /** Say of what earlier pages left in conflict that it waits for the person. */
  async showConflicts(): Promise<void> {
    const { conflicts } = await this.#outbox.summary();
    const docs = await this.#options.store.docs();
    for (const { task } of conflicts) {
      this.#options.board().conflicted(docs.find((doc) => doc.id === task)?.external_id || `#${task}`);
    }
  }

  #settled(entry: Entry, outcome: Outcome, here: boolean): void {
    if (entry.kind !== "annotation") return;
    const board = this.#options.board();
    const tile = board.tile(entry.task) ?? this.#left.get(entry.task);
    if (outcome.is === "accepted") {
      if (tile && outcome.reply)
        tile.version = Math.max(tile.version, (outcome.reply as AnnotationReply).version);
    } else if (outcome.is === "refused") {
      if (here && tile) board.refused(tile, outcome.refusal);
    } else if (outcome.is === "conflict") {
      if (isSameWork(entry.body, outcome.stored)) {
        if (tile) tile.version = outcome.stored.version;
      } else if (here) {
        board.conflicted(tile?.name ?? `#${entry.task}`, tile);
      }
    }
  }

  #lineChanged(line: Line): void {
    const board = this.#options.board();
    const back = board.line.peek().is !== "good" && line.is === "good";
    board.line.value = line;
    if (back) this.#options.reached();
  }
}
