// The cards of the review page: the next ones are there before they are needed, and those decided can be come back to.
import { toast } from "../app/toasts.ts";
import type { Json } from "../core/documents.ts";
import { type DecisionEntry, type DecisionReply, labelsSeen } from "../core/outbox.ts";
import { ImageCache } from "../fields/images.ts";
import { mountFields, prefetchFields } from "../fields/page.ts";
import { all, csrfToken } from "../page/dom.ts";
import type { Api } from "../sending/api.ts";
import { newEntry } from "../sending/outbox.ts";
import type { SaveWords } from "../sending/save_words.ts";
import { Decisions } from "./decisions.ts";
import { keepLeases } from "./leases.ts";

const LOW = 3;
const MOST_KNOWN = 400;
const LOOK_AGAIN_MS = 20_000;

interface Made {
  card: HTMLElement;
  key: string;
  words: string;
}

export class Deck {
  readonly #root: HTMLElement;
  readonly #place: HTMLElement;
  readonly #images = new ImageCache();
  readonly #made: Made[] = [];
  #decisions: Decisions | null = null;
  #cards: HTMLElement[] = [];
  #at = -1;
  #asking = false;
  #decided = 0;
  /** Decisions that the server has, and how many of them it had when it last counted. */
  #sent = 0;
  #counted = 0;

  private constructor(root: HTMLElement) {
    this.#root = root;
    this.#place = root.querySelector<HTMLElement>("[data-deck]") ?? root;
  }

  /** Open the page: first what an earlier one left is sent, then cards are asked for. */
  static async open(root: HTMLElement): Promise<Deck> {
    const deck = new Deck(root);
    deck.#decisions = await Decisions.open(root, {
      accepted: (entry, reply) => deck.#accepted(entry, reply),
      refused: (entry, words, status) => void deck.#refused(entry, words, status),
      isShown: (entry) => deck.#cards.some((card) => card.dataset.flag === String(entry.flag)),
      told: (words) => deck.#tellSaving(words),
    });
    deck.#start();
    return deck;
  }

  get api(): Api {
    return this.#kept.api;
  }

  get #kept(): Decisions {
    if (!this.#decisions) throw new Error("The deck was used before it was opened.");
    return this.#decisions;
  }

  #start(): void {
    keepLeases(
      this.#root,
      this.api,
      () => this.#open().map((card) => Number(card.dataset.flag)),
      (flags) => this.#lose(flags),
    );
    window.setInterval(() => {
      if (document.visibilityState === "visible" && this.#current === undefined) void this.#fetch();
    }, LOOK_AGAIN_MS);
    this.#root.querySelector("[data-counts]")?.addEventListener("htmx:afterSwap", (event) => {
      const now = (event.target as HTMLElement).querySelector<HTMLElement>("[data-waits-now]");
      const line = this.#root.querySelector<HTMLElement>("[data-count]");
      if (!now || !line) return;
      line.dataset.waits = now.dataset.waitsNow ?? "";
      this.#counted = this.#sent;
      this.#tellCount();
    });
    // What stands above the cards may wrap anew, open or close.
    const heights = new ResizeObserver(() => this.#measure());
    for (const part of this.#place.parentElement?.children ?? [])
      if (part !== this.#place) heights.observe(part);
    this.#tellCount();
    void this.#fetch();
  }

  get #current(): HTMLElement | undefined {
    return this.#cards[this.#at];
  }

  #open(): HTMLElement[] {
    return this.#cards.filter((card) => card.dataset.decided === undefined);
  }

  decide(card: HTMLElement, decision: string, answer: Json | undefined, words: string): void {
    if (card.dataset.revealed !== undefined && card.dataset.decided !== undefined) {
      this.undo(); // they changed their mind: the first choice stays with the flag
    } else if (card.dataset.decided !== undefined) {
      toast("You have decided this one. Undo it first.", "info");
      return;
    }
    const entry = newEntry({
      kind: "decision" as const,
      task: Number(card.dataset.task),
      flag: Number(card.dataset.flag),
      question: card.dataset.question ?? "",
      words,
      body: {
        decision,
        ...(answer === undefined ? {} : { answer }),
        labels: JSON.parse(card.dataset.seen ?? "[]") as number[],
      },
    });
    card.dataset.decided = entry.key;
    this.#made.push({ card, key: entry.key, words });
    this.#decided += 1;
    this.#say(card, words);
    void this.#kept.decide(entry).catch(() => this.#unkept(entry.key));
    this.#tellCount();
    // Where what is suggested is hidden it comes now, and they go on themselves.
    if (card.dataset.decideFirst === undefined) this.#forward();
    else this.#tellMoves();
  }

  /** Show what was hidden until a card was decided; it stays decided. */
  async #reveal(card: HTMLElement): Promise<void> {
    const [shown] = (await this.#read(new URLSearchParams({ again: card.dataset.flag ?? "" }))) ?? [];
    const at = this.#cards.indexOf(card);
    const made = this.#made.find((one) => one.card === card);
    if (!shown || !made || at < 0) return;
    shown.dataset.decided = made.key;
    shown.dataset.revealed = "";
    made.card = shown;
    this.#cards[at] = shown;
    card.replaceWith(shown);
    this.#prepare(shown);
    this.#say(shown, made.words);
    if (at === this.#at) this.#show(at);
  }

  /** The browser did not keep the decision: it is not made. */
  #unkept(key: string): void {
    this.#forget(key);
    toast("This browser did not keep the decision. Decide again, or reload the page.", "error");
  }

  #accepted(entry: DecisionEntry, { flags, labels, seen }: DecisionReply): void {
    const card = this.#cards.find((one) => one.dataset.flag === String(entry.flag));
    if (entry.kind === "decision") {
      this.#closeOthers(flags, card);
      if (card?.dataset.decideFirst !== undefined) void this.#reveal(card);
    } else if (card && labels)
      card.dataset.seen = JSON.stringify(seen ?? labelsSeen(labels, card.dataset.question ?? ""));
    this.#sent += entry.kind === "decision" ? 1 : -1;
    document.body.dispatchEvent(new Event("dc:decided"));
  }

  async #refused(entry: DecisionEntry, words: string, status: number): Promise<void> {
    const card = this.#cards.find((one) => one.dataset.flag === String(entry.flag));
    const tone = status === 409 || entry.kind === "retraction" ? "warning" : "error";
    toast(card ? words : `Your decision “${entry.words}” could not be saved: ${words}`, tone);
    if (!card || entry.kind === "retraction") return;
    this.#forget(entry.key);
    const fresh = await this.#again(card);
    this.#remove(card);
    if (fresh !== null) this.#putNext(fresh ?? card);
  }

  /** Show a card after the one on the screen, which stays: a key pressed now is meant for it. */
  #putNext(card: HTMLElement): void {
    card.hidden = true;
    this.#place.append(card);
    this.#prepare(card);
    this.#cards.splice(this.#at < 0 ? this.#cards.length : this.#at + 1, 0, card);
    if (this.#current === undefined) this.#show(this.#cards.indexOf(card));
    this.#tellMoves();
  }

  /** Other flags of the same item that the decision answered too are not asked again. */
  #closeOthers(flags: number[], decided: HTMLElement | undefined): void {
    for (const card of this.#open()) {
      if (card !== decided && flags.includes(Number(card.dataset.flag))) this.#remove(card);
    }
  }

  undo(): void {
    // The decision on the screen, when an earlier one was come back to; else the last.
    const made = this.#made.find((one) => one.card === this.#current) ?? this.#made.at(-1);
    if (!made) return;
    const { card, key, words } = made;
    this.#forget(key);
    this.#show(this.#cards.indexOf(card));
    const { task, flag } = card.dataset;
    void this.#kept.retract(key, { kind: "retraction", task: Number(task), flag: Number(flag), words });
  }

  /** Go to the next card, or the one before; decided ones are passed by on the way on, but can be come back to. */
  move(by: 1 | -1): void {
    if (by === 1) this.#forward();
    else if (this.#at > 0) this.#show(this.#at - 1);
    else if (this.#at < 0 && this.#cards.length > 0) this.#show(this.#cards.length - 1);
  }

  card(element: Element): HTMLElement | null {
    return element.closest<HTMLElement>("[data-flag]");
  }

  #forward(): void {
    const from = this.#at < 0 ? this.#cards.length : this.#at + 1;
    const next = this.#cards.findIndex((card, at) => at >= from && card.dataset.decided === undefined);
    const ahead = this.#cards.filter((card, at) => at > next && card.dataset.decided === undefined);
    if (next < 0 || ahead.length < LOW) void this.#fetch();
    this.#show(next);
  }

  #show(at: number): void {
    for (const card of this.#cards) card.hidden = true;
    this.#at = at;
    const card = this.#current;
    const waiting = this.#root.querySelector<HTMLElement>("[data-loading]");
    const nothing = this.#root.querySelector<HTMLElement>("[data-nothing]");
    if (waiting) waiting.hidden = card !== undefined || !this.#asking;
    if (nothing) nothing.hidden = card !== undefined || this.#asking;
    this.#tellMoves();
    if (!card) return;
    this.#measure();
    card.hidden = false;
    mountFields(card, this.#images);
    card.focus({ preventScroll: true });
    if (this.#root.getBoundingClientRect().top < 0) this.#top().scrollIntoView({ block: "start" });
  }

  /** Tell the styles how far down the cards begin, so that one fills what is left of the window. */
  #measure(): void {
    const top = this.#place.getBoundingClientRect().top + window.scrollY;
    this.#root.style.setProperty("--dc-card-top", `${Math.round(top)}px`);
  }

  /** Where a card begins: on a phone the filters above it would fill the screen. */
  #top(): HTMLElement {
    const bar = this.#root.querySelector<HTMLElement>(".dc-review-bar");
    return bar && window.innerWidth < 600 ? bar : this.#root;
  }

  async #fetch(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const asked = new URLSearchParams(this.#root.dataset.query);
    // Also those decided: the server may not have heard of it yet.
    for (const card of this.#cards.slice(-MOST_KNOWN)) asked.append("known", card.dataset.flag ?? "");
    // And those that another tab, or an earlier one, has decided and not sent yet.
    for (const flag of await this.#kept.flags().catch(() => [])) asked.append("known", String(flag));
    const found = await this.#read(asked);
    this.#asking = false;
    const there = new Set(this.#cards.map((card) => card.dataset.flag));
    for (const card of found ?? []) {
      if (there.has(card.dataset.flag)) continue;
      this.#place.append(card);
      this.#cards.push(card);
      this.#prepare(card);
    }
    if (this.#current === undefined) {
      this.#show(this.#cards.findIndex((card) => card.dataset.decided === undefined));
    }
    this.#tellMoves();
  }

  /** Fetch what belongs to a card before it is on the screen. */
  #prepare(card: HTMLElement): void {
    prefetchFields(card, this.#images);
    for (const place of all("[data-near]", card)) {
      const address = place.dataset.near ?? "";
      delete place.dataset.near;
      void fetch(address)
        .then(async (answer) => {
          if (answer.ok && !answer.redirected) place.innerHTML = await answer.text();
        })
        .catch(() => null); // the card can be decided without
    }
  }

  /** The card as it is now; null when its flag is closed, undefined when the server cannot be asked. */
  async #again(card: HTMLElement): Promise<HTMLElement | null | undefined> {
    const found = await this.#read(new URLSearchParams({ again: card.dataset.flag ?? "" }));
    if (!found) return undefined;
    return found[0]?.dataset.state === "open" ? found[0] : null;
  }

  async #read(asked: URLSearchParams): Promise<HTMLElement[] | null> {
    try {
      const answer = await fetch(this.#root.dataset.cards ?? "", {
        method: "POST",
        headers: { "X-CSRFToken": csrfToken() },
        body: asked,
      });
      if (!answer.ok || answer.redirected) throw new Error(`answered ${answer.status}`);
      const part = document.createElement("template");
      part.innerHTML = await answer.text();
      return all<HTMLElement>("[data-flag]", part.content);
    } catch {
      toast("The next flags cannot be fetched. Check the connection and reload the page.", "error");
      return null;
    }
  }

  #lose(flags: number[]): void {
    const gone = this.#open().filter((card) => flags.includes(Number(card.dataset.flag)));
    if (gone.some((card) => card === this.#current)) {
      toast("This flag was decided, or taken by somebody else, while you were away.", "warning");
    }
    for (const card of gone) this.#remove(card);
  }

  #remove(card: HTMLElement): void {
    const at = this.#cards.indexOf(card);
    if (at < 0) return;
    const shown = card === this.#current;
    this.#cards.splice(at, 1);
    card.remove();
    if (at < this.#at) this.#at -= 1;
    if (!shown) return;
    this.#at = at - 1;
    if (this.#at < 0) this.#show(this.#cards.findIndex((other) => other.dataset.decided === undefined));
    else this.#forward();
    if (this.#current === undefined) void this.#fetch();
  }

  #forget(key: string): void {
    const at = this.#made.findIndex((made) => made.key === key);
    const [made] = at < 0 ? [] : this.#made.splice(at, 1);
    if (!made) return;
    delete made.card.dataset.decided;
    this.#decided -= 1;
    this.#say(made.card, "");
    this.#tellCount();
    this.#tellMoves();
  }

  #say(card: HTMLElement, words: string): void {
    const line = card.querySelector<HTMLElement>("[data-decided]");
    if (!line) return;
    line.hidden = words === "";
    const now = card.dataset.revealed === undefined ? "Undo with Z." : "Go on with J, or decide anew.";
    line.textContent = words && `You decided: ${words}. ${now}`;
  }

  #tellMoves(): void {
    const enable = (name: string, on: boolean): void => {
      for (const button of all<HTMLButtonElement>(`[data-${name}]`, this.#root)) button.disabled = !on;
    };
    enable("previous", this.#at > 0 || (this.#at < 0 && this.#cards.length > 0));
    enable("next", this.#at >= 0);
    enable("undo-last", this.#made.length > 0);
  }

  #tellCount(): void {
    const line = this.#root.querySelector<HTMLElement>("[data-count]");
    if (!line) return;
    const left = Math.max(0, Number(line.dataset.waits) - (this.#decided - this.#counted));
    const words = [`${left.toLocaleString("en")} ${left === 1 ? "flag waits" : "flags wait"}`];
    if (this.#decided > 0) words.unshift(`${this.#decided.toLocaleString("en")} decided`);
    line.textContent = words.join(" · ");
  }

  #tellSaving({ text, tone, requestId, action }: SaveWords): void {
    const line = this.#root.querySelector<HTMLElement>("[data-save-state]");
    if (!line) return;
    line.dataset.saveState = tone;
    line.textContent = requestId ? `${text} (request ${requestId})` : text;
    const place = this.#root.querySelector<HTMLElement>("[data-save-action]");
    place?.replaceChildren(...(action ? [this.#actionOf(action)] : []));
  }

  #actionOf({ label, href }: { label: string; href?: string }): HTMLElement {
    const made = document.createElement(href ? "a" : "button");
    made.className = "btn btn-secondary btn-sm";
    made.textContent = label;
    if (made instanceof HTMLAnchorElement && href)
      Object.assign(made, { href, target: "_blank", rel: "noopener" });
    else made.addEventListener("click", () => this.#kept.kick());
    return made;
  }
}
