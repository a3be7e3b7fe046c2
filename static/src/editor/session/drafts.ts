// Partial answers: into the browser's storage a moment after each change, to the server after a pause.
import type { TaskDoc } from "../../core/documents.ts";
import type { LocalDraft, Store } from "../../sending/store.ts";
import type { Item } from "./item.ts";

const LOCAL_AFTER_MS = 120;
const SERVER_AFTER_MS = 3_000;

export interface DraftOptions {
  store: Store;
  scope: string;
  now: () => number;
  /** Send the item's partial answer to the server as a draft. */
  sendDraft: (item: Item) => void;
}

export class DraftKeeper {
  readonly #options: DraftOptions;
  readonly #dirty = new Map<number, Item>();
  /** On their way into storage: a page that goes away now may take the write with it. */
  readonly #writes = new Set<{ item: Item }>();
  readonly #serverTimers = new Map<number, ReturnType<typeof setTimeout>>();
  #localTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: DraftOptions) {
    this.#options = options;
  }

  /** The item's answers changed: keep them here soon, and there after a pause. */
  changed(item: Item): void {
    this.#dirty.set(item.id, item);
    item.draft.value = "changed";
    this.#localTimer ??= setTimeout(() => {
      this.#localTimer = undefined;
      void this.flush();
    }, LOCAL_AFTER_MS);
    clearTimeout(this.#serverTimers.get(item.id));
    // A draft would take an earlier submission back; changes to one stay here until they are submitted.
    if (!item.open) return;
    this.#serverTimers.set(
      item.id,
      setTimeout(() => {
        this.#serverTimers.delete(item.id);
        if (item.open && item.touched) this.#options.sendDraft(item);
      }, SERVER_AFTER_MS),
    );
  }

  /** The item's answers are in the outbox now: the draft has served. */
  async settled(item: Item): Promise<void> {
    this.#dirty.delete(item.id);
    item.draft.value = "none";
    for (const write of this.#writes) if (write.item === item) this.#writes.delete(write);
    clearTimeout(this.#serverTimers.get(item.id));
    this.#serverTimers.delete(item.id);
    await this.#options.store.dropDraft(item.id).catch(() => undefined);
  }

  /** Write what has changed to storage now. */
  async flush(): Promise<void> {
    const items = [...this.#dirty.values()];
    this.#dirty.clear();
    const writes = items.map((item) => ({ item }));
    for (const write of writes) this.#writes.add(write);
    for (const write of writes) {
      await this.#options.store
        .putDraft(this.#draftOf(write.item), write.item.task)
        .then(() => {
          if (this.#writes.has(write) && !this.#dirty.has(write.item.id)) write.item.draft.value = "kept";
        })
        .catch(() => this.#dirty.set(write.item.id, write.item));
      this.#writes.delete(write);
    }
  }

  /**
   * The page is going away: IndexedDB may not get to finish, so the last change is also put where writing
   * is immediate.
   */
  rescue(): void {
    const items = new Set([...this.#dirty.values(), ...[...this.#writes].map(({ item }) => item)]);
    const drafts = [...items].map((item) => ({ draft: this.#draftOf(item), doc: item.task }));
    if (drafts.length === 0) return;
    try {
      localStorage.setItem(this.#rescueKey, JSON.stringify(drafts));
    } catch {
      // Full or forbidden: the write to IndexedDB below is all there is.
    }
    void this.flush();
  }

  /** Take over what rescue() left, before the drafts are read. */
  async recover(): Promise<void> {
    const key = this.#rescueKey;
    try {
      const saved = JSON.parse(localStorage.getItem(key) ?? "[]") as { draft: LocalDraft; doc: TaskDoc }[];
      const known = new Map(
        (await this.#options.store.drafts()).map((draft) => [draft.task, draft.updatedAt]),
      );
      for (const { draft, doc } of saved) {
        if (draft.updatedAt > (known.get(draft.task) ?? 0)) await this.#options.store.putDraft(draft, doc);
      }
      localStorage.removeItem(key);
    } catch {
      // Unreadable: nothing was lost that IndexedDB does not have.
    }
  }

  get #rescueKey(): string {
    return `dcai-draft ${this.#options.scope}`;
  }

  #draftOf(item: Item): LocalDraft {
    return {
      task: item.id,
      answers: item.answers.peek(),
      base: item.version,
      leadMs: Math.round(item.clock.elapsed(this.#options.now())),
      updatedAt: Date.now(),
    };
  }
}
