// Where unsent work is kept: IndexedDB, one database per person and project, shared by all tabs.
import type { Answers, TaskDoc } from "../core/documents.ts";
import type { Changes, Entry, Landed } from "../core/outbox.ts";

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
  /**
   * Read all entries, decide, write: one transaction, exclusive across tabs. Drafts move on with what landed.
   * `doc`: the task it is about; `landed` is then the version as which its last answer reached the server, or 0.
   */
  transact<C extends Changes | null>(decide: Decide<C>, doc?: TaskDoc): Promise<C>;
  drafts(): Promise<LocalDraft[]>;
  /** Keep a draft, built on what has landed since it was made. */
  putDraft(draft: LocalDraft, doc: TaskDoc): Promise<void>;
  dropDraft(task: number): Promise<void>;
  /** The documents of tasks with unsent work, so that it can be shown without the network. */
  docs(): Promise<TaskDoc[]>;
  /** Forget documents and versions that nothing refers to any more. */
  tidy(): Promise<void>;
}

type Decide<C extends Changes | null> = (entries: Entry[], landed: number) => C;

// 2: `landed`, the version as which each task's last answer reached the server.
const VERSION = 2;

const KEYS = { entries: "key", drafts: "task", docs: "id", landed: "task" };

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
      const { result: db } = request;
      for (const [name, keyPath] of Object.entries(KEYS)) {
        if (!db.objectStoreNames.contains(name)) db.createObjectStore(name, { keyPath });
      }
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

  transact<C extends Changes | null>(decide: Decide<C>, doc?: TaskDoc): Promise<C> {
    return this.#write(Object.keys(KEYS), async (transaction) => {
      const store = transaction.objectStore("entries");
      const changes = decide(await done(store.getAll()), doc ? await versionOf(transaction, doc.id) : 0);
      for (const key of changes?.remove ?? []) store.delete(key);
      for (const entry of changes?.put ?? []) store.put(entry);
      if (doc && changes) transaction.objectStore("docs").put(doc);
      if (changes?.landed) await land(transaction, changes.landed);
      return changes;
    });
  }

  drafts(): Promise<LocalDraft[]> {
    return this.#all("drafts");
  }

  putDraft(draft: LocalDraft, doc: TaskDoc): Promise<void> {
    return this.#write(["drafts", "docs", "landed"], async (transaction) => {
      const base = Math.max(draft.base, await versionOf(transaction, draft.task));
      transaction.objectStore("drafts").put({ ...draft, base });
      transaction.objectStore("docs").put(doc);
    });
  }

  dropDraft(task: number): Promise<void> {
    return this.#write(["drafts"], (transaction) => {
      transaction.objectStore("drafts").delete(task);
    });
  }

  docs(): Promise<TaskDoc[]> {
    return this.#all("docs");
  }

  tidy(): Promise<void> {
    return this.#write(Object.keys(KEYS), async (transaction) => {
      const entries: Entry[] = await done(transaction.objectStore("entries").getAll());
      const drafts = await done(transaction.objectStore("drafts").getAllKeys());
      const used = new Set([...entries.map((entry) => entry.task), ...drafts]);
      for (const name of ["docs", "landed"]) {
        const kept = transaction.objectStore(name);
        for (const task of await done(kept.getAllKeys())) {
          if (!used.has(task as number)) kept.delete(task);
        }
      }
    });
  }
}

async function versionOf(transaction: IDBTransaction, task: number): Promise<number> {
  const landed: Landed | undefined = await done(transaction.objectStore("landed").get(task));
  return landed?.version ?? 0;
}

async function land(transaction: IDBTransaction, { task, version }: Landed): Promise<void> {
  transaction.objectStore("landed").put({ task, version });
  const drafts = transaction.objectStore("drafts");
  const draft: LocalDraft | undefined = await done(drafts.get(task));
  if (draft && draft.base < version) drafts.put({ ...draft, base: version });
}

/** The stand-in when the browser gives no IndexedDB (some private windows): it lasts as long as the tab. */
export class MemoryStore implements Store {
  readonly durable = false;
  readonly #entries = new Map<string, Entry>();
  readonly #drafts = new Map<number, LocalDraft>();
  readonly #docs = new Map<number, TaskDoc>();
  readonly #landed = new Map<number, number>();

  async entries(): Promise<Entry[]> {
    return [...this.#entries.values()];
  }

  async transact<C extends Changes | null>(decide: Decide<C>, doc?: TaskDoc): Promise<C> {
    const changes = decide([...this.#entries.values()], doc ? this.#versionOf(doc.id) : 0);
    for (const key of changes?.remove ?? []) this.#entries.delete(key);
    for (const entry of changes?.put ?? []) this.#entries.set(entry.key, entry);
    if (doc && changes) this.#docs.set(doc.id, doc);
    if (changes?.landed) this.#land(changes.landed);
    return changes;
  }

  async drafts(): Promise<LocalDraft[]> {
    return [...this.#drafts.values()];
  }

  async putDraft(draft: LocalDraft, doc: TaskDoc): Promise<void> {
    this.#drafts.set(draft.task, { ...draft, base: Math.max(draft.base, this.#versionOf(draft.task)) });
    this.#docs.set(doc.id, doc);
  }

  async dropDraft(task: number): Promise<void> {
    this.#drafts.delete(task);
  }

  async docs(): Promise<TaskDoc[]> {
    return [...this.#docs.values()];
  }

  async tidy(): Promise<void> {
    const used = new Set([...this.#drafts.keys(), ...[...this.#entries.values()].map((entry) => entry.task)]);
    for (const kept of [this.#docs, this.#landed]) {
      for (const task of kept.keys()) if (!used.has(task)) kept.delete(task);
    }
  }

  #versionOf(task: number): number {
    return this.#landed.get(task) ?? 0;
  }

  #land({ task, version }: Landed): void {
    this.#landed.set(task, version);
    const draft = this.#drafts.get(task);
    if (draft && draft.base < version) this.#drafts.set(task, { ...draft, base: version });
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
