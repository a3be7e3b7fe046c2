// From the person's act to the server: everything goes through the outbox, and what comes back is shown.
import { sameAnswers } from "../../core/answers.ts";
import type { AnnotationReply, StoredAnnotation } from "../../core/documents.ts";
import {
  type AnnotationBody,
  discardAnswer,
  type Entry,
  isSameWork,
  keepMine,
  latestAnswer,
  type Outcome,
  type Work,
} from "../../core/outbox.ts";
import { statusOf } from "../../core/restore.ts";
import { type Api, inWords } from "../../sending/api.ts";
import { newEntry, Outbox } from "../../sending/outbox.ts";
import type { Line, Sender } from "../../sending/sender.ts";
import type { Store } from "../../sending/store.ts";
import { newKey } from "../../sending/tabs.ts";
import { DraftKeeper } from "./drafts.ts";
import type { Item, Snapshot } from "./item.ts";
import type { EditorState } from "./state.ts";

/** The server takes no longer one for true. */
const LONGEST_LEAD_MS = 24 * 3_600_000;

export interface SavingOptions {
  state: EditorState;
  store: Store;
  api: Api;
  scope: string;
  now: () => number;
  /** A refused answer is put back in front of the person. */
  putBack: (item: Item) => void;
  /** The item of a task, made anew when it is not on the page; null when its document is gone. */
  itemOf: (task: number) => Promise<Item | null>;
  /** Show the item now. */
  open: (item: Item) => void;
  /** The item's answer of record changed by the person's choice: it may leave or join those that wait. */
  resettled: (item: Item) => void;
  guidelineVersion: (version: number) => void;
  /** The server answers again. */
  reached: () => void;
}

export class Saving {
  readonly drafts: DraftKeeper;
  readonly #options: SavingOptions;
  readonly #outbox: Outbox;

  constructor(options: SavingOptions) {
    this.#options = options;
    const { store, api, scope, now } = options;
    this.drafts = new DraftKeeper({ store, scope, now, sendDraft: (item) => void this.#sendDraft(item) });
    this.#outbox = new Outbox({
      store,
      api,
      scope,
      kinds: ["annotation", "comment", "flag"],
      settled: (entry, outcome, here) => this.#settled(entry, outcome, here),
      counted: (waiting, keeping) => {
        options.state.waiting.value = waiting;
        options.state.keeping.value = keeping;
      },
      changed: (line) => this.#lineChanged(line),
    });
  }

  get sender(): Sender {
    return this.#outbox.sender;
  }

  /** Put an answer into the outbox; when this resolves, it survives the tab. Returns the entry's key. */
  async answer(item: Item, snapshot: Snapshot, { takeBack = false } = {}): Promise<string> {
    const body: AnnotationBody = {
      answers: snapshot.answers,
      state: snapshot.status === "open" ? "draft" : snapshot.status,
      lead_time_ms: Math.min(LONGEST_LEAD_MS, Math.round(item.clock.elapsed(this.#options.now()))),
    };
    if (snapshot.status === "skipped" && snapshot.skipReason) body.skip_reason = snapshot.skipReason;
    const quiet = snapshot.status === "open" && !takeBack;
    return this.#enqueue(item, { kind: "annotation", body, base: item.version, quiet });
  }

  /** Remember how the person likes to work; without the server it holds for as long as the page is open. */
  async rememberGoesOn(on: boolean): Promise<void> {
    const { api, state } = this.#options;
    try {
      await api.patch(state.config.urls.me, { goes_on: on });
    } catch {
      state.notify({
        id: "goes on",
        tone: "warn",
        text: "Your choice holds until this page is closed: the server could not be told.",
        actions: [],
        dismissible: true,
      });
    }
  }

  async comment(item: Item, text: string): Promise<void> {
    await this.#enqueue(item, { kind: "comment", body: { body: text } });
    item.commented.value += 1;
  }

  async flag(item: Item, note: string, question: string | null): Promise<void> {
    await this.#enqueue(item, { kind: "flag", body: question ? { note, question } : { note } });
    item.flagged.value = { note, question, stored: false };
  }

  /** Take the person's own flag back: out of the outbox, or from the server when it may have it. */
  async takeFlagBack(item: Item): Promise<void> {
    const { api, state, store } = this.#options;
    const flagged = item.flagged.peek();
    const waiting = (await store.entries()).filter(({ kind, task }) => kind === "flag" && task === item.id);
    const unsent = await Promise.all(waiting.map(({ key }) => this.#outbox.withdraw(key)));
    if (flagged?.stored || !unsent.length || unsent.includes(false)) {
      await api.remove(state.config.urls.flags.replace("{id}", String(item.id)));
    }
    item.flagged.value = null;
  }

  /** Take an answer out of the outbox again; false when the server may have it already. */
  takeBack(key: string): Promise<boolean> {
    return this.#outbox.withdraw(key);
  }

  async keepMine(item: Item): Promise<void> {
    await this.#outbox.change((entries) => keepMine(entries, item.id, newKey()));
    item.version = item.conflict.peek()?.version ?? item.version;
    const mine = latestAnswer(await this.#options.store.entries(), item.id);
    item.conflict.value = null;
    if (mine) item.status.value = statusOf(mine.body.state);
    item.touched = item.open;
    this.#options.resettled(item);
    void this.sender.kick(true);
  }

  async takeStored(item: Item): Promise<void> {
    const stored = item.conflict.peek();
    if (!stored) return;
    await this.#outbox.change((entries) => discardAnswer(entries, item.id));
    await this.drafts.settled(item);
    this.#adopt(item, stored);
    this.#options.resettled(item);
  }

  /** The person throws a refused entry away. */
  async discard(entry: { key: string; task: number }): Promise<void> {
    await this.#outbox.change(() => ({ put: [], remove: [entry.key] }));
  }

  async discardAnswer(item: Item): Promise<void> {
    await this.#outbox.change((entries) => discardAnswer(entries, item.id));
    await this.drafts.settled(item);
    item.refusal.value = null;
    item.touched = false;
  }

  count(): Promise<void> {
    return this.#outbox.count();
  }

  async #enqueue(item: Item, work: Work): Promise<string> {
    const { key } = await this.#outbox.put(newEntry({ task: item.id, ...work }), item.task);
    if (work.kind === "annotation") item.refusal.value = null;
    return key;
  }

  async #sendDraft(item: Item): Promise<void> {
    // What was sent back counts until it is answered anew: a draft on the server would give up its slot.
    if (item.refusal.peek() || item.conflict.peek() || item.task.sent_back) return;
    await this.answer(item, item.snapshot()).catch(() => undefined);
  }

  #settled(entry: Entry, outcome: Outcome, here: boolean): void {
    if (outcome.is === "accepted") {
      if (entry.kind === "annotation") this.#accepted(entry.task, outcome.reply as AnnotationReply | null);
      if (entry.kind === "flag") this.#flagStored(entry.task);
      return;
    }
    // The tab that sent it asks the person.
    if (!here) return;
    if (outcome.is === "conflict" && entry.kind === "annotation" && isSameWork(entry.body, outcome.stored)) {
      // Stored already, by another tab or an earlier try: nothing to choose.
      const item = this.#options.state.item(entry.task);
      if (item) item.version = outcome.stored.version;
    } else if (outcome.is === "conflict" || outcome.is === "refused") {
      void this.showRefusals(entry.task);
    }
  }

  #accepted(task: number, reply: AnnotationReply | null): void {
    if (reply === null) return;
    if (reply.guideline_version !== undefined) this.#options.guidelineVersion(reply.guideline_version);
    const item = this.#options.state.item(task);
    if (!item) return;
    item.version = Math.max(item.version, reply.version);
    const isWhole = reply.state === "draft" && sameAnswers(reply.answers, item.answers.peek());
    if (isWhole && item.draft.peek() === "kept") item.draft.value = "stored";
  }

  #flagStored(task: number): void {
    const flagged = this.#options.state.item(task)?.flagged;
    if (flagged?.value) flagged.value = { ...flagged.value, stored: true };
  }

  /** Put what the server refused, or holds another version of, in front of the person. */
  async showRefusals(task?: number): Promise<void> {
    const { putBack, itemOf } = this.#options;
    const { refused, conflicts } = await this.#outbox.summary();
    for (const entry of [...refused, ...conflicts]) {
      if (task !== undefined && entry.task !== task) continue;
      if (entry.kind === "comment" || entry.kind === "flag") this.#refusedWords(entry);
      if (entry.kind !== "annotation") continue;
      const item = await itemOf(entry.task);
      if (!item) continue;
      item.answers.value = entry.body.answers;
      item.skipReason.value = entry.body.skip_reason ?? null;
      item.touched = true;
      if (entry.status === "conflict") item.conflict.value = entry.stored ?? null;
      else item.refusal.value = entry.refusal ?? null;
      putBack(item);
      this.#tellRefused(item, entry.status === "conflict");
    }
  }

  /** The item comes next; who is not in the middle of something else is asked at once. */
  #tellRefused(item: Item, conflict: boolean): void {
    const { state, open } = this.#options;
    if (state.current.peek() === item && !conflict) return;
    if (conflict && !isTyping() && state.dialog.peek() === null) {
      state.dialog.value = { kind: "conflict", task: item.id };
      return;
    }
    const id = `refused ${item.id}`;
    const name = item.task.external_id || item.id;
    state.notify({
      id,
      tone: conflict ? "warn" : "danger",
      text: conflict
        ? `Your answer to item ${name} meets another version on the server. Nothing was overwritten.`
        : `Your answer to item ${name} was not accepted. It comes next, as you gave it.`,
      dismissible: true,
      actions: [
        {
          label: conflict ? "Compare and choose" : "Open it now",
          run: () => {
            state.dismiss(id);
            if (conflict) state.dialog.value = { kind: "conflict", task: item.id };
            else open(item);
          },
        },
      ],
    });
  }

  #refusedWords(entry: Extract<Entry, { kind: "comment" | "flag" }>): void {
    const what = entry.kind === "comment" ? "comment" : "flag";
    const words = entry.kind === "comment" ? entry.body.body : entry.body.note;
    const id = `refused ${entry.key}`;
    const { state } = this.#options;
    state.notify({
      id,
      tone: "danger",
      text: `Your ${what} “${words}” was not accepted: ${entry.refusal ? inWords(entry.refusal) : ""}`,
      dismissible: false,
      actions: [
        {
          label: `Discard the ${what}`,
          run: () => {
            void this.discard(entry);
            state.dismiss(id);
          },
        },
      ],
    });
  }

  #adopt(item: Item, stored: StoredAnnotation): void {
    item.version = stored.version;
    item.answers.value = stored.answers;
    item.status.value = statusOf(stored.state);
    item.skipReason.value = stored.skip_reason || null;
    item.conflict.value = null;
    item.edited.value = false;
    item.touched = false;
  }

  #lineChanged(line: Line): void {
    const { state, reached } = this.#options;
    const back = state.line.peek().is !== "good" && line.is === "good";
    state.line.value = line;
    if (back) reached();
  }
}

function isTyping(): boolean {
  const active = document.activeElement;
  return (
    active instanceof HTMLTextAreaElement || (active instanceof HTMLInputElement && active.type === "text")
  );
}
