// Where unsent work is kept: IndexedDB, one database per person and project, shared by all tabs.
import type { Answers, TaskDoc } from "../core/documents.ts";
import type { Changes, Entry } from "../core/outbox.ts";

/** A partial answer as it stands on the screen. */
export interface LocalDraft {
  task: number;
  answers: Answers;
  /** Version of the stored annotation it was made on. */
  base: number;
  leadMs: number;
  updatedAt: number;
}

export interface Store {
  /** False when nothing survives closing the tab. */
  readonly durable: boolean;
  entries(): Promise<Entry[]>;
  /** Read all entries, decide, write: one transaction, exclusive across tabs. */
  transact<C extends Changes | null>(decide: (entries: Entry[]) => C, doc?: TaskDoc): Promise<C>;
  drafts(): Promise<LocalDraft[]>;
  putDraft(draft: LocalDraft, doc: TaskDoc): Promise<void>;
  dropDraft(task: number): Promise<void>;
  /** What the draft was built on has reached the server as this version. */
  rebaseDraft(task: number, base: number): Promise<void>;
  /** The documents of tasks with unsent work, so that it can be shown without the network. */
  docs(): Promise<TaskDoc[]>;
  /** Forget documents that nothing refers to any more. */
  tidy(): Promise<void>;
}

const VERSION = 1;

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () =>
      reject(transaction.error ?? new Error("The browser's storage refused the write."));
  });
}

export class IndexedDbStore implements Store {
  readonly durable = true;
  readonly #name: string;
  readonly #factory: IDBFactory;
  #db: Promise<IDBDatabase> | null = null;

  private constructor(name: string, factory: IDBFactory) {
    this.#name = name;
    this.#factory = factory;
  }

  static async open(name: string, factory: IDBFactory): Promise<IndexedDbStore> {
    const store = new IndexedDbStore(name, factory);
    await store.#ready();
    return store;
  }

  /** The open database; opened again when the browser closed it (storage pressure, a long sleep). */
  #ready(): Promise<IDBDatabase> {
    this.#db ??= this.#open().catch((error: unknown) => {
      this.#db = null;
      throw error;
    });
    return this.#db;
  }

  async #open(): Promise<IDBDatabase> {
    const request = this.#factory.open(this.#name, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("entries", { keyPath: "key" });
      request.result.createObjectStore("drafts", { keyPath: "task" });
      request.result.createObjectStore("docs", { keyPath: "id" });
    };
    const db = await done(request);
    db.onclose = () => {
      this.#db = null;
    };
    // A later version of the page may want to upgrade: never stand in its way.
    db.onversionchange = () => {
      db.close();
      this.#db = null;
    };
    return db;
  }

  async #all<T>(store: string): Promise<T[]> {
    return done((await this.#ready()).transaction(store).objectStore(store).getAll());
  }

  /** Run in one transaction; resolves when it is committed. */
  async #write<T>(stores: string[], work: (transaction: IDBTransaction) => Promise<T> | T): Promise<T> {
    const transaction = (await this.#ready()).transaction(stores, "readwrite");
    const finished = committed(transaction);
    finished.catch(() => undefined);
    const result = await work(transaction);
    await finished;
    return result;
  }

  entries(): Promise<Entry[]> {
    return this.#all("entries");
  }

  transact<C extends Changes | null>(decide: (entries: Entry[]) => C, doc?: TaskDoc): Promise<C> {
    return this.#write(["entries", "docs"], async (transaction) => {
      const store = transaction.objectStore("entries");
      const changes = decide(await done(store.getAll()));
      for (const key of changes?.remove ?? []) store.delete(key);
      for (const entry of changes?.put ?? []) store.put(entry);
      if (doc && changes) transaction.objectStore("docs").put(doc);
      return changes;
    });
  }

  drafts(): Promise<LocalDraft[]> {
    return this.#all("drafts");
  }

  putDraft(draft: LocalDraft, doc: TaskDoc): Promise<void> {
    return this.#write(["drafts", "docs"], (transaction) => {
      transaction.objectStore("drafts").put(draft);
      transaction.objectStore("docs").put(doc);
    });
  }

  dropDraft(task: number): Promise<void> {
    return this.#write(["drafts"], (transaction) => {
      transaction.objectStore("drafts").delete(task);
    });
  }

  rebaseDraft(task: number, base: number): Promise<void> {
    return this.#write(["drafts"], async (transaction) => {
      const drafts = transaction.objectStore("drafts");
      const draft: LocalDraft | undefined = await done(drafts.get(task));
      if (draft && draft.base < base) drafts.put({ ...draft, base });
    });
  }

  docs(): Promise<TaskDoc[]> {
    return this.#all("docs");
  }

  tidy(): Promise<void> {
    return this.#write(["entries", "drafts", "docs"], async (transaction) => {
      const entries: Entry[] = await done(transaction.objectStore("entries").getAll());
      const drafts = await done(transaction.objectStore("drafts").getAllKeys());
      const used = new Set([...entries.map((entry) => entry.task), ...drafts]);
      const docs = transaction.objectStore("docs");
      for (const id of await done(docs.getAllKeys())) {
        if (!used.has(id as number)) docs.delete(id);
      }
    });
  }
}

/** The stand-in when the browser gives no IndexedDB (some private windows): it lasts as long as the tab. */
export class MemoryStore implements Store {
  readonly durable = false;
  readonly #entries = new Map<string, Entry>();
  readonly #drafts = new Map<number, LocalDraft>();
  readonly #docs = new Map<number, TaskDoc>();

  async entries(): Promise<Entry[]> {
    return [...this.#entries.values()];
  }

  async transact<C extends Changes | null>(decide: (entries: Entry[]) => C, doc?: TaskDoc): Promise<C> {
    const changes = decide([...this.#entries.values()]);
    for (const key of changes?.remove ?? []) this.#entries.delete(key);
    for (const entry of changes?.put ?? []) this.#entries.set(entry.key, entry);
    if (doc && changes) this.#docs.set(doc.id, doc);
    return changes;
  }

  async drafts(): Promise<LocalDraft[]> {
    return [...this.#drafts.values()];
  }

  async putDraft(draft: LocalDraft, doc: TaskDoc): Promise<void> {
    this.#drafts.set(draft.task, draft);
    this.#docs.set(doc.id, doc);
  }

  async dropDraft(task: number): Promise<void> {
    this.#drafts.delete(task);
  }

  async rebaseDraft(task: number, base: number): Promise<void> {
    const draft = this.#drafts.get(task);
    if (draft && draft.base < base) this.#drafts.set(task, { ...draft, base });
  }

  async docs(): Promise<TaskDoc[]> {
    return [...this.#docs.values()];
  }

  async tidy(): Promise<void> {
    const used = new Set([...this.#drafts.keys(), ...[...this.#entries.values()].map((entry) => entry.task)]);
    for (const id of this.#docs.keys()) if (!used.has(id)) this.#docs.delete(id);
  }
}

/** Open the person's store of this project; memory when the browser refuses, within two seconds either way. */
export async function openStore(scope: string): Promise<Store> {
  const refused = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error("The browser's storage does not open.")), 2_000);
  });
  try {
    return await Promise.race([IndexedDbStore.open(`dcai-editor ${scope}`, indexedDB), refused]);
  } catch {
    return new MemoryStore();
  }
}
