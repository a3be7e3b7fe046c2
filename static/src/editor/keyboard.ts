// The one keyboard listener of the page: it asks the keymap what a key means and does it.
import { type Command, commandFor, type Focus, type Mode } from "../core/keymap.ts";
import { scrollTopFor } from "../core/layout.ts";
import { pressOf } from "../page/presses.ts";
import type { PageKeys } from "./keys.ts";
import type { Session } from "./session/session.ts";

const PHONE = "(width < 768px)";
const TYPED_INPUTS = new Set(["text", "search", "number", "email", "url", "password", "tel"]);

/** What kind of thing has the focus. */
export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return "page";
  if (target instanceof HTMLTextAreaElement || target.isContentEditable) return "area";
  if (target instanceof HTMLInputElement) {
    if (target.type === "radio" || target.type === "checkbox") return "toggle";
    return TYPED_INPUTS.has(target.type) ? "line" : "control";
  }
  if (target.closest("button, a[href], select, summary, [role=button]")) return "control";
  return "page";
}

export interface KeyboardOptions {
  root: HTMLElement;
  session: Session;
  keys: PageKeys;
  openGuideline: () => void;
}

export class Keyboard {
  readonly #options: KeyboardOptions;
  #clicked = "";

  constructor(options: KeyboardOptions) {
    this.#options = options;
    document.addEventListener("keydown", (event) => this.#pressed(event));
    options.root.addEventListener("focusin", (event) => this.#focused(event.target));
    options.root.addEventListener("focusout", (event) => this.#focused(event.relatedTarget));
  }

  get #mode(): Mode {
    const { state } = this.#options.session;
    // A dialog of the page itself (the command palette, a menu) has the keyboard while it is open.
    if (state.dialog.peek() || document.querySelector("dialog[open], .modal.show, .dropdown-menu.show"))
      return "dialog";
    return state.panel.peek() === "skip" ? "skip" : "label";
  }

  #focused(target: EventTarget | null): void {
    const focus = focusOf(target);
    const typing = focus === "line" || focus === "area" ? focus : null;
    const answering = target instanceof Element && !target.closest("[data-own-keys]");
    this.#options.session.state.typing.value = typing && (answering ? typing : "elsewhere");
  }

  #pressed(event: KeyboardEvent): void {
    this.#clicked = "";
    if (event.defaultPrevented) return;
    const focus = focusOf(event.target);
    const inEditor = event.target instanceof Node && this.#options.root.contains(event.target);
    // Outside the editor only keys pressed at nothing in particular are ours.
    if (!inEditor && focus !== "page") return;
    // Only an answer's own input submits; the boxes of comments and flags have their buttons.
    const answering = !(event.target instanceof Element && event.target.closest("[data-own-keys]"));
    const press = pressOf(event);
    const doOwn = (command: Command | null): boolean => {
      if (
        !command ||
        command.do === "kind" ||
        (!answering && command.do !== "leave" && command.do !== "cancel")
      )
        return false;
      if (focus === "toggle" && command.do === "question" && !this.#severalQuestions) return false;
      return this.#do(command, event);
    };
    const mode = this.#mode;
    const bindings = answering ? this.#options.session.commands : [];
    const { table } = this.#options.keys;
    const command = commandFor(press, focus, mode, table, bindings);
    const done =
      command?.do === "kind"
        ? this.#press(command.key, event.timeStamp, () => doOwn(commandFor(press, focus, mode, table)))
        : doOwn(command);
    if (done) event.preventDefault();
  }

  /** A key of the question's kind; where it means nothing now, it means what it does without the kind. */
  #press(key: string, started: number, otherwise: () => boolean): boolean {
    const { session } = this.#options;
    let done = true;
    session.run(() => {
      if (!session.press(key, started)) done = otherwise();
    });
    return done;
  }

  get #severalQuestions(): boolean {
    return this.#options.session.state.config.schema.questions.length > 1;
  }

  /** Do it; false lets the browser have the key. */
  #do(command: Exclude<Command, { do: "kind" }>, event: KeyboardEvent): boolean {
    const { session, openGuideline } = this.#options;
    const { state } = session;
    const started = event.timeStamp;
    switch (command.do) {
      case "submit":
        session.run(() => session.submit(started));
        return true;
      case "skip":
        if (state.current.peek()) state.panel.value = "skip";
        return true;
      case "skip_reason": {
        const reason = state.config.skip_reasons[command.index]?.name;
        if (reason) session.run(() => session.skip(reason, started));
        return true;
      }
      case "undo":
        session.run(() => session.undo());
        return true;
      case "redo":
        session.run(() => session.redo());
        return true;
      case "next":
        session.run(() => session.step(1));
        return true;
      case "previous":
        session.run(() => session.step(-1));
        return true;
      case "question":
        if (!this.#severalQuestions) return false;
        session.moveQuestion(command.by);
        this.focusQuestion();
        return true;
      case "guideline":
        openGuideline();
        return true;
      case "comment":
        if (state.current.peek()) state.panel.value = "comments";
        return true;
      case "flag":
        session.toggleFlag();
        return true;
      case "help":
        state.dialog.value = { kind: "help" };
        return true;
      case "zoom":
        state.current.peek()?.zoom(command.by);
        return true;
      case "leave":
        this.#leave(event.target);
        return true;
      case "cancel":
        return this.#cancel();
    }
  }

  #leave(target: EventTarget | null): void {
    const { state } = this.#options.session;
    const panel = target instanceof Element && target.closest("[data-panel]");
    if (panel) state.panel.value = null;
    if (target instanceof HTMLElement) target.blur();
    this.focusItem();
  }

  #cancel(): boolean {
    const { state } = this.#options.session;
    if (state.dialog.peek() || state.panel.peek() === null) return false;
    state.panel.value = null;
    this.focusItem();
    return true;
  }

  focusItem(): void {
    this.#options.root.querySelector<HTMLElement>("[data-item]")?.focus({ preventScroll: true });
  }

  /** What the pointer is on stays under it. */
  questionPressed(name: string): void {
    this.#clicked = name;
  }

  /** Scroll the question the keys go to into sight, `anew` on a new item; a phone's page is the person's to scroll. */
  showQuestion(name: string, { anew = false } = {}): void {
    if (anew) this.#clicked = "";
    const question = this.#fieldset(name);
    const pane = question?.closest<HTMLElement>("[data-answers]");
    if (!question || !pane || name === this.#clicked || window.matchMedia(PHONE).matches) return;
    const { top, bottom } = question.getBoundingClientRect();
    const above = pane.scrollTop - pane.getBoundingClientRect().top;
    const isFirst = name === this.#options.session.state.config.schema.questions[0]?.name;
    pane.scrollTop = scrollTopFor({
      // What is said of the item stands above the first question.
      top: isFirst ? 0 : top + above,
      bottom: bottom + above,
      viewTop: pane.scrollTop,
      viewHeight: pane.clientHeight,
    });
  }

  #fieldset(name: string): HTMLElement | null {
    return this.#options.root.querySelector<HTMLElement>(`[data-question="${CSS.escape(name)}"]`);
  }

  /** The keys go to another question: one that is answered by typing takes the focus into its box. */
  questionReached(name: string): void {
    if (this.#typedHere(name)) this.focusQuestion();
  }

  /** A new item is on the screen; somebody who is typing elsewhere is not disturbed. */
  itemShown(): void {
    // On a phone item and answers share one page: the item comes first.
    if (window.matchMedia(PHONE).matches) window.scrollTo({ top: 0, behavior: "instant" });
    const active = document.activeElement;
    const typing = active instanceof HTMLTextAreaElement || active instanceof HTMLInputElement;
    if (typing && !active.closest("fieldset")) return;
    if (this.#typedHere(this.#options.session.state.question.peek())) this.focusQuestion();
    else this.focusItem();
  }

  /** On a phone the keyboard on the screen would cover half of the item: there the person taps the box. */
  #typedHere(name: string): boolean {
    return this.#typed(name) && !window.matchMedia("(pointer: coarse)").matches;
  }

  #typed(name: string): boolean {
    const { session } = this.#options;
    const question = session.state.questionNamed(name);
    return (question && session.kinds.get(question.kind)?.typed) ?? false;
  }

  /** Put the focus on the question the keys go to: into its input where it is answered by typing. */
  focusQuestion(): void {
    const name = this.#options.session.state.question.peek();
    const fieldset = this.#fieldset(name);
    const target = this.#typed(name) ? fieldset?.querySelector<HTMLElement>("textarea, input") : fieldset;
    target?.focus({ preventScroll: false });
  }
}
