// The outbox of a page: what a person did is kept in the browser until the server has it, whatever happens to tab or network.
import type { TaskDoc } from "../core/documents.ts";
import {
  type Changes,
  type Entry,
  enqueue,
  type NewEntry,
  type OutboxSummary,
  type Outcome,
  summarize,
  takeBack,
  withdraw,
} from "../core/outbox.ts";
import type { Api } from "./api.ts";
import { type Line, Sender } from "./sender.ts";
import type { Store } from "./store.ts";
import { exclusively, newKey, TabChannel } from "./tabs.ts";

export interface OutboxOptions {
  store: Store;
  api: Api;
  /** Person and project: tabs of one scope share an outbox. */
  scope: string;
  /** What this page sends and counts; other pages of the person send theirs. */
  kinds: readonly Entry["kind"][];
  /** An entry reached its end: accepted, refused or in conflict. `here`: this tab sent it. */
  settled: (entry: Entry, outcome: Outcome, here: boolean) => void;
  /** So many entries are stored here and not on the server; `keeping`: more are on their way into the store. */
  counted: (waiting: number, keeping: boolean) => void;
  changed: (line: Line) => void;
}

export class Outbox {
  readonly sender: Sender;
  readonly #options: OutboxOptions;
  readonly #tabs: TabChannel;
  /** Entries on their way into the store: what is shown as saved is in it, and was sent. */
  #entering = 0;
  #stored = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { store, api, scope } = options;
    this.#tabs = new TabChannel(scope, (message) => {
      if (message.type === "settled" && this.#isMine(message.entry)) {
        options.settled(message.entry, message.outcome, false);
      }
      void this.count();
    });
    this.sender = new Sender({
      store,
      mine: (entry) => this.#isMine(entry),
      deliver: (entry) => api.deliver(entry),
      reauthenticate: async () => (await api.reauthenticate()) === "ok",
      exclusively: (run) => exclusively(`dcai-outbox ${scope}`, run),
      settled: (entry, outcome) => {
        options.settled(entry, outcome, true);
        this.#tabs.say({ type: "settled", entry, outcome });
        void this.tell();
      },
      changed: (line) => {
        options.changed(line);
        void this.count();
      },
    });
  }

  /** Put work into the outbox; when this resolves, it survives the tab. `doc` lets it be shown without the network. */
  async put(work: NewEntry, doc?: TaskDoc): Promise<Entry> {
    const { entry } = await this.#enter((entries, landed) => enqueue(entries, work, landed), doc);
    return entry;
  }

  /** Take an entry back: out of the outbox, or by `told` when the server may have it; before all that is put in later. */
  async takeBack(key: string, told: NewEntry): Promise<void> {
    await this.#enter((entries) => takeBack(entries, key, told));
  }

  async #enter<C extends Changes>(
    decide: (entries: Entry[], landed: number) => C,
    doc?: TaskDoc,
  ): Promise<C> {
    this.#entering += 1;
    this.#tellCount();
    let changes: C;
    try {
      changes = await this.#options.store.transact(decide, doc);
    } finally {
      // Counted first: at no moment is it neither on its way nor there.
      await this.tell().catch(() => undefined);
      this.#entering -= 1;
      this.#tellCount();
    }
    void this.sender.kick();
    return changes;
  }

  /** Take an entry out again; false when the server may have it already. */
  async withdraw(key: string): Promise<boolean> {
    return (await this.change((entries) => withdraw(entries, key))) !== null;
  }

  /** Read all entries, decide, write, and tell the other tabs. */
  async change<C extends Changes | null>(decide: (entries: Entry[]) => C): Promise<C> {
    const changes = await this.#options.store.transact(decide);
    await this.tell();
    return changes;
  }

  async summary(): Promise<OutboxSummary> {
    return summarize((await this.#options.store.entries()).filter((entry) => this.#isMine(entry)));
  }

  async count(): Promise<void> {
    this.#stored = (await this.summary()).waiting;
    this.#tellCount();
  }

  #tellCount(): void {
    this.#options.counted(this.#stored, this.#entering > 0);
  }

  /** The outbox changed: count here and in the other tabs. */
  async tell(): Promise<void> {
    this.#tabs.say({ type: "changed" });
    await this.count();
  }

  #isMine({ kind }: Entry): boolean {
    return this.#options.kinds.includes(kind);
  }
}

/** A new entry of the outbox, with a key of its own. */
export function newEntry<W extends Omit<NewEntry, "key" | "createdAt">>(
  work: W,
): W & { key: string; createdAt: number } {
  return { ...work, key: newKey(), createdAt: Date.now() };
}
