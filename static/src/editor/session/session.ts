// The label page's session: what each act of the person does.
import { withAnswer } from "../../core/answers.ts";
import type { Answer, Answers } from "../../core/documents.ts";
import { CommandLog } from "../../core/history.ts";
import { type Question, titleOf } from "../../core/schema.ts";
import { bringNext, nextOpen, trimAnswered } from "../../core/timeline.ts";
import type { Asked, KindCommand } from "../kinds/kind.ts";
import type { Kinds } from "../kinds/registry.ts";
import { GoingOn } from "./going_on.ts";
import type { Item, Snapshot } from "./item.ts";
import type { Leases } from "./leases.ts";
import { measureToPaint } from "./performance.ts";
import { rememberPlace, whereWords } from "./place.ts";
import { Questions } from "./questions.ts";
import type { Saving } from "./saving.ts";
import { Serial } from "./serial.ts";
import type { EditorState } from "./state.ts";

type Act =
  | { type: "answer"; item: Item; question: string; before: Answer | undefined; after: Answer | undefined }
  | { type: "submit"; item: Item; before: Snapshot; after: Snapshot; key: string };

export interface SessionOptions {
  state: EditorState;
  kinds: Kinds;
  saving: Saving;
  leases: Leases;
  now: () => number;
}

export class Session {
  readonly state: EditorState;
  readonly kinds: Kinds;
  readonly saving: Saving;
  readonly leases: Leases;
  readonly #now: () => number;
  readonly #log = new CommandLog<Act>();
  readonly #acts = new Serial((error) => this.state.notifyBroken(error));
  readonly #questions: Questions;
  readonly #goingOn = new GoingOn();

  constructor({ state, kinds, saving, leases, now }: SessionOptions) {
    this.state = state;
    this.kinds = kinds;
    this.saving = saving;
    this.leases = leases;
    this.#now = now;
    this.#questions = new Questions(state.config.schema.questions, kinds);
  }

  /** Run an act now, or right after the one that is still being written. */
  run(act: () => Promise<void> | void): void {
    this.#acts.run(act);
  }

  // Walking along the items

  goTo(position: number): void {
    const { state } = this;
    const next = state.items.peek()[position];
    if (!next) return;
    const now = this.#now();
    if (state.current.peek() !== next) {
      state.current.peek()?.clock.pause(now);
      state.panel.value = state.panel.peek() === "guideline" ? "guideline" : null;
      state.pointed.value = null;
    }
    if (state.current.peek() !== next) this.#goingOn.shown(now);
    state.position.value = position;
    state.phase.value = "working";
    if (!document.hidden) next.clock.resume(now);
    this.#focusFirst(next);
    state.announce(whereWords(next, state.ahead.peek()));
    state.dismiss(`refused ${next.id}`);
    rememberPlace(state.config.project.slug, next);
    void this.leases.refill();
  }

  step(by: 1 | -1): void {
    const { length } = this.state.items.peek();
    const from = this.state.position.peek();
    // With nothing on the screen the row is walked from its end.
    const position = from < 0 && by < 0 ? length - 1 : from + by;
    if (position < 0 || position >= length) {
      this.state.announce(by < 0 ? "There is no earlier item here." : "This is the last item loaded.");
      return;
    }
    this.goTo(position);
  }

  /** Put an item on the screen when none is, or say that nothing is left. */
  settle(): void {
    const { state } = this;
    if (state.current.peek()) {
      state.phase.value = "working";
      return;
    }
    const next = nextOpen(state.items.peek(), -1);
    if (next >= 0) {
      this.goTo(next);
    } else if (!state.loadTrouble.peek() && state.phase.peek() !== "empty") {
      state.phase.value = "empty";
      state.announce("Nothing left for you to label here.");
    }
  }

  /** Leave an answered item for the next one that waits. */
  #moveOn(): void {
    const { state } = this;
    const current = state.current.peek();
    const next = state.items.peek()[nextOpen(state.items.peek(), state.position.peek())];
    current?.clock.pause(this.#now());
    const pinned = new Set([
      current?.id ?? 0,
      ...state.items
        .peek()
        .filter((i) => i.hasWork)
        .map((i) => i.id),
    ]);
    const before = state.items.peek();
    state.items.value = trimAnswered(before, pinned);
    this.leases.unlock(before.filter((item) => !state.items.peek().includes(item)));
    if (next) {
      state.position.value = current ? state.items.peek().indexOf(current) : -1;
      this.goTo(state.items.peek().indexOf(next));
      this.leases.decodeAhead();
      return;
    }
    state.position.value = -1;
    // Whether anything is left is for the server to say, which may be out of reach.
    state.phase.value = "loading";
    void this.leases.refill({ force: true });
  }

  #focusFirst(item: Item): void {
    this.state.question.value = this.#questions.firstOpen(item.answers.peek());
  }

  // Answering

  answer(
    item: Item,
    question: string,
    answer: Answer | undefined,
    finished: boolean,
    started = this.#now(),
  ): void {
    // A letter typed while its item was being submitted must not end up in the next one.
    if (item !== this.state.current.peek()) return;
    const goesOn = finished && this.state.goesOn.peek();
    if (goesOn && this.#goingOn.isTooSoon(item, started)) {
      // What was clicked shows as it is: not chosen.
      item.answers.value = { ...item.answers.peek() };
      return;
    }
    const before = item.answers.peek()[question];
    this.state.question.value = question;
    if (!this.#questions.same(question, before, answer)) {
      this.#setAnswers(item, withAnswer(item.answers.peek(), question, answer));
      const kind = this.#questions.kindOf(question);
      this.#log.record({ type: "answer", item, question, before, after: answer }, (last, next) => {
        if (last.type !== "answer" || next.type !== "answer") return null;
        if (last.item !== next.item || last.question !== next.question) return null;
        return kind?.isOneStep?.(last, next) ? { ...next, before: last.before } : null;
      });
      this.#logChanged();
    }
    if (finished) {
      const next = this.#questions.nextOpen(item.answers.peek(), question);
      if (next) this.state.question.value = next;
    }
    // A note that is being written is not cut off: Enter goes on then.
    if (goesOn && this.state.panel.peek() !== "comments" && this.state.panel.peek() !== "flag") {
      this.#goingOn.leaves(item);
      this.run(() => this.submit(started).finally(() => this.#goingOn.left()));
    }
  }

  /** The keys that the focused question's kind answers to. */
  get commands(): readonly KindCommand<Question, Answer>[] {
    const question = this.state.questionNamed(this.state.question.peek());
    if (!question || !this.state.current.peek()) return [];
    return this.kinds.get(question.kind)?.commands(question) ?? [];
  }

  /** A key of the focused question's kind; false when it means nothing there now. */
  press(key: string, started: number): boolean {
    const item = this.state.current.peek();
    const question = this.state.questionNamed(this.state.question.peek());
    if (!item || !question) return false;
    const command = this.commands.find((bound) => bound.key === key);
    const acted = command?.act(this.asked(item, question)) ?? null;
    if (acted === null) return false;
    if (acted !== "done") this.answer(item, question.name, acted.answer, acted.finished, started);
    measureToPaint("dcai:answer", started);
    return true;
  }

  /** A question of the item as its kind sees it. Signals are read, so that what draws it follows them. */
  asked(item: Item, question: Question): Asked<Question, Answer> {
    return {
      question,
      value: item.answers.value[question.name],
      task: item.task,
      field: this.state.fieldOf(question),
      layer: item.layerOf(question.field),
    };
  }

  moveQuestion(by: 1 | -1): void {
    this.state.question.value = this.#questions.beside(this.state.question.peek(), by);
  }

  #setAnswers(item: Item, answers: Answers): void {
    item.answers.value = answers;
    item.problems.value = {};
    item.touched = true;
    item.edited.value = !item.open;
    this.saving.drafts.changed(item);
  }

  // Submitting and skipping

  async submit(started: number): Promise<void> {
    const item = this.state.current.peek();
    if (!item) return;
    if (item.conflict.peek()) {
      this.state.dialog.value = { kind: "conflict", task: item.id };
      return;
    }
    if (!item.open && !item.edited.peek()) {
      this.#moveOn();
      return;
    }
    const problems = this.#questions.problems(item.answers.peek());
    if (Object.keys(problems).length > 0) {
      item.problems.value = problems;
      const first = Object.keys(problems)[0] ?? "";
      this.state.question.value = first;
      const title = titleOf(this.state.questionNamed(first) ?? { name: first });
      this.state.announce(`${title}: ${problems[first]}`);
      return;
    }
    await this.#finish(
      item,
      { status: "submitted", answers: this.#questions.submitted(item.answers.peek()), skipReason: null },
      started,
    );
  }

  async skip(reason: string, started: number): Promise<void> {
    const item = this.state.current.peek();
    if (!item) return;
    this.state.panel.value = null;
    // Partial answers are left out: a skip says that no answer could be given.
    await this.#finish(item, { status: "skipped", answers: {}, skipReason: reason }, started);
  }

  /** Write the answer down in this browser, then show the next item: the network is never waited for. */
  async #finish(item: Item, after: Snapshot, started: number): Promise<void> {
    const before = item.snapshot();
    const key = await this.saving.answer(item, after);
    this.#apply(item, after);
    this.#log.record({ type: "submit", item, before, after, key });
    this.#logChanged();
    this.state.answered.value = this.state.goesOn.peek() ? this.#told(item, after) : "";
    this.#moveOn();
    measureToPaint("dcai:next-item", started);
    await this.saving.drafts.settled(item);
  }

  /** Let keys go on, or not any more: remembered for the person, in every project that leaves it to them. */
  async chooseGoesOn(on: boolean): Promise<void> {
    this.state.goesOn.value = on;
    await this.saving.rememberGoesOn(on);
  }

  #told(item: Item, { status, answers, skipReason }: Snapshot): string {
    const what = status === "skipped" ? this.state.skipWords(skipReason) : this.#questions.describe(answers);
    return `${item.task.external_id || `#${item.id}`}: ${what}`;
  }

  #apply(item: Item, snapshot: Snapshot): void {
    const { state } = this;
    if (item.open && snapshot.status !== "open") state.doneToday.value += 1;
    if (!item.open && snapshot.status === "open")
      state.doneToday.value = Math.max(0, state.doneToday.peek() - 1);
    item.answers.value = snapshot.answers;
    item.status.value = snapshot.status;
    item.skipReason.value = snapshot.skipReason;
    item.edited.value = false;
    item.refusal.value = null;
    item.problems.value = {};
    item.touched = snapshot.status === "open" && Object.keys(snapshot.answers).length > 0;
    // The row reads which items wait from their status: tell it.
    state.items.value = [...state.items.peek()];
  }

  // Undo and redo

  async undo(): Promise<void> {
    const act = this.#log.undo();
    this.#logChanged();
    this.state.answered.value = "";
    if (!act) return this.state.announce("There is nothing to undo.");
    this.open(act.item);
    if (act.type === "answer") {
      this.#setAnswers(act.item, withAnswer(act.item.answers.peek(), act.question, act.before));
      this.state.question.value = act.question;
      return this.state.announce("Undone.");
    }
    const unsent = act.before.status === "open" && (await this.saving.takeBack(act.key));
    this.#apply(act.item, act.before);
    if (unsent) act.item.clock.resume(this.#now());
    else await this.saving.answer(act.item, act.before, { takeBack: true });
    if (act.item.open) this.saving.drafts.changed(act.item);
    this.state.announce("The submission is taken back. The item is open again.");
  }

  async redo(): Promise<void> {
    const act = this.#log.redo();
    this.#logChanged();
    if (!act) return this.state.announce("There is nothing to redo.");
    this.open(act.item);
    if (act.type === "answer") {
      this.#setAnswers(act.item, withAnswer(act.item.answers.peek(), act.question, act.after));
      this.state.question.value = act.question;
      return this.state.announce("Done again.");
    }
    act.key = await this.saving.answer(act.item, act.after);
    this.#apply(act.item, act.after);
    this.#moveOn();
    await this.saving.drafts.settled(act.item);
  }

  /** Bring an item back to the screen, into the row again when it had left it. */
  open(item: Item): void {
    const { state } = this;
    if (state.current.peek() === item) return;
    if (!state.items.peek().includes(item)) {
      const at = Math.max(0, state.position.peek());
      state.items.value = [...state.items.peek().slice(0, at), item, ...state.items.peek().slice(at)];
    }
    this.goTo(state.items.peek().indexOf(item));
  }

  #logChanged(): void {
    this.state.canUndo.value = this.#log.canUndo;
    this.state.canRedo.value = this.#log.canRedo;
  }

  /** Write what a reviewer should look at, or take the person's own flag back. */
  toggleFlag(): void {
    const { state } = this;
    const item = state.current.peek();
    if (!item || !state.config.can_flag) return;
    // Taking it back needs the server anyway, so that what does it may come from there, too.
    if (item.flagged.peek())
      this.run(() => import("./flagging.ts").then((loaded) => loaded.takeFlagBack(this, item)));
    else state.panel.value = state.panel.peek() === "flag" ? null : "flag";
  }

  // What came back from the server

  /** A refused answer comes next, or at once when nothing is on the screen. */
  putBack(item: Item): void {
    const { state } = this;
    const current = state.current.peek();
    item.status.value = "open";
    state.items.value =
      current === item ? [...state.items.peek()] : bringNext(state.items.peek(), item, state.position.peek());
    state.position.value = current ? state.items.peek().indexOf(current) : -1;
    this.settle();
  }

  /** The person throws a refused answer away: the item is as if never answered. */
  async discard(item: Item): Promise<void> {
    await this.saving.discardAnswer(item);
    this.#apply(item, { status: "open", answers: {}, skipReason: null });
    this.#focusFirst(item);
  }

  resettled(item: Item): void {
    const { state } = this;
    state.items.value = [...state.items.peek()];
    state.dialog.value = null;
    if (state.current.peek() === item && !item.open) this.#moveOn();
  }

  input(): void {
    this.state.current.peek()?.clock.input(this.#now());
    this.leases.input();
  }

  hidden(): void {
    this.state.current.peek()?.clock.pause(this.#now());
    void this.saving.drafts.flush();
  }

  visible(): void {
    this.state.current.peek()?.clock.resume(this.#now());
    this.leases.visible();
    void this.saving.sender.kick(true);
  }

  /** Whether every required question of the item has an answer. */
  ready(item: Item): boolean {
    return this.#questions.complete(item.answers.value);
  }
}
