// Decisions of a review on their way to the server: kept in the browser until they are there, whatever becomes of the tab.
import {
  type DecisionEntry,
  type DecisionReply,
  isDecision,
  type Outcome,
  takeRefused,
} from "../core/outbox.ts";
import { csrfToken } from "../page/dom.ts";
import { Api, type Identity, inWords } from "../sending/api.ts";
import { newEntry, Outbox } from "../sending/outbox.ts";
import { type SaveWords, saveWords } from "../sending/save_words.ts";
import { openStore, type Store } from "../sending/store.ts";

const RESOLUTION = "/api/flags/{id}/resolution/";
/** On opening, what waits goes first; but a slow server does not keep the page empty longer than this. */
const DRAIN_FIRST_MS = 4_000;
/** A tab that shows the card tells its own refusals; after this long nobody does. */
const TELL_AFTER_MS = 3_000;

export type NewDecision = Omit<Extract<DecisionEntry, { kind: "decision" }>, "order" | "attempts" | "status">;
export type NewRetraction = Omit<
  Extract<DecisionEntry, { kind: "retraction" }>,
  "order" | "attempts" | "status"
>;

export interface DecisionsOptions {
  /** The server did it. */
  accepted: (entry: DecisionEntry, reply: DecisionReply) => void;
  /** The server did not do it, for the reason in words; of several tabs only one is told. */
  refused: (entry: DecisionEntry, words: string, status: number) => void;
  /** Whether this page shows the card of the entry, so that it is the one to tell. */
  isShown: (entry: DecisionEntry) => boolean;
  told: (words: SaveWords) => void;
}

/** The page's element names the person that it was rendered for. */
function identify(page: Document): Identity | null {
  const { user, userName = "" } = page.querySelector<HTMLElement>("[data-user]")?.dataset ?? {};
  return user ? { id: Number(user), name: userName, csrf: csrfToken(page) } : null;
}

export class Decisions {
  readonly api: Api;
  readonly #store: Store;
  readonly #options: DecisionsOptions;
  readonly #outbox: Outbox;
  #waiting = 0;
  #keeping = false;

  private constructor(me: Identity, project: string, store: Store, options: DecisionsOptions) {
    this.#store = store;
    this.#options = options;
    this.api = new Api({ me, identify, addresses: { decision: RESOLUTION, retraction: RESOLUTION } });
    this.#outbox = new Outbox({
      store,
      api: this.api,
      scope: scopeOf(me, project),
      kinds: ["decision", "retraction"],
      settled: (entry, outcome) => {
        if (isDecision(entry)) this.#settled(entry, outcome);
      },
      counted: (waiting, keeping) => {
        this.#waiting = waiting;
        this.#keeping = keeping;
        this.#tell();
      },
      changed: () => this.#tell(),
    });
    const kick = () => void this.#outbox.sender.kick(true);
    window.addEventListener("online", kick);
    window.addEventListener("focus", kick);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) kick();
    });
    window.addEventListener("pagehide", () => this.#outbox.sender.stop());
    window.addEventListener("beforeunload", (event) => {
      if (!store.durable && this.#waiting > 0) event.preventDefault();
    });
  }

  /** Open the outbox of a review page; what an earlier page left is sent. */
  static async open(root: HTMLElement, options: DecisionsOptions): Promise<Decisions> {
    const me = identify(document);
    if (!me) throw new Error("The page does not say whom it was rendered for.");
    const project = root.dataset.project ?? "";
    const decisions = new Decisions(me, project, await openStore(scopeOf(me, project)), options);
    await decisions.#sendLeft();
    return decisions;
  }

  async #sendLeft(): Promise<void> {
    const { waiting } = await this.#outbox.summary();
    const sent = this.#outbox.sender.kick(true);
    if (waiting > 0) await Promise.race([sent, new Promise((then) => setTimeout(then, DRAIN_FIRST_MS))]);
    else this.#tell();
    setTimeout(() => void this.#tellRefused(), TELL_AFTER_MS);
  }

  /** Flags that something waiting decides: they are not asked about again. */
  async flags(): Promise<number[]> {
    const entries = await this.#store.entries();
    return entries.filter(isDecision).map(({ flag }) => flag);
  }

  /** Keep a decision and send it; the key names it. */
  async decide(decision: NewDecision): Promise<void> {
    await this.#outbox.put(decision);
  }

  /** Take a decision back: out of the outbox while the server cannot have it, else by telling the server. */
  async retract(key: string, retraction: Omit<NewRetraction, "key" | "createdAt">): Promise<void> {
    await this.#outbox.takeBack(key, newEntry(retraction));
  }

  /** Send what waits now. */
  kick(): void {
    void this.#outbox.sender.kick(true);
  }

  #settled(entry: DecisionEntry, outcome: Outcome): void {
    if (outcome.is === "accepted") {
      this.#options.accepted(entry, outcome.reply as DecisionReply);
    } else if (this.#options.isShown(entry)) {
      void this.#tellRefused(entry.key);
    } else {
      setTimeout(() => void this.#tellRefused(entry.key), TELL_AFTER_MS);
    }
  }

  async #tellRefused(key?: string): Promise<void> {
    const { taken } = await this.#outbox.change((entries) => takeRefused(entries, key));
    for (const entry of taken) {
      const { refusal } = entry;
      this.#options.refused(entry, refusal ? inWords(refusal) : "", refusal?.status ?? 0);
    }
  }

  #tell(): void {
    this.#options.told(
      saveWords({
        line: this.#outbox.sender.line,
        waiting: this.#waiting,
        keeping: this.#keeping,
        durable: this.#store.durable,
        online: navigator.onLine,
        otherUser: this.api.otherUser,
        here: window.location.pathname,
      }),
    );
  }
}

function scopeOf(me: Identity, project: string): string {
  return `${me.id}:${project}`;
}
