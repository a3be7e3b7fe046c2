// The cards of the review page: the next ones are there before they are needed, and those decided can be come back to.
import { all, csrfToken } from "../app/dom.ts";
import { toast } from "../app/toasts.ts";
import { newKey } from "../editor/tabs.ts";
import * as items from "./item.ts";
import { keepLeases } from "./leases.ts";
import { type Answer, Sender } from "./sender.ts";

const LOW = 3;
const MOST_KNOWN = 400;
const LOOK_AGAIN_MS = 20_000;

interface Made {
  card: HTMLElement;
  key: string;
}

export class Deck {
  readonly #root: HTMLElement;
  readonly #place: HTMLElement;
  readonly #sender: Sender;
  readonly #made: Made[] = [];
  #cards: HTMLElement[] = [];
  #at = -1;
  #asking = false;
  #decided = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#place = root.querySelector<HTMLElement>("[data-deck]") ?? root;
    this.#sender = new Sender((waiting, failing) => this.#tellSaving(waiting, failing));
    keepLeases(
      root,
      () => this.#open().map((card) => Number(card.dataset.flag)),
      (flags) => this.#lose(flags),
    );
    window.setInterval(() => {
      if (document.visibilityState === "visible" && this.#current === undefined) void this.#fetch();
    }, LOOK_AGAIN_MS);
    this.#tellCount();
    void this.#fetch();
  }

  get #current(): HTMLElement | undefined {
    return this.#cards[this.#at];
  }

  #open(): HTMLElement[] {
    return this.#cards.filter((card) => card.dataset.decided === undefined);
  }

  decide(card: HTMLElement, decision: string, answer: unknown, words: string): void {
    if (card.dataset.decided !== undefined) {
      toast("You have decided this one. Undo it first.", "info");
      return;
    }
    const key = newKey();
    card.dataset.decided = key;
    this.#made.push({ card, key });
    this.#decided += 1;
    this.#say(card, words);
    this.#sender.send({
      method: "POST",
      address: `/api/flags/${card.dataset.flag}/resolution/`,
      key,
      body: () => ({
        decision,
        ...(answer === undefined ? {} : { answer }),
        labels: JSON.parse(card.dataset.seen ?? "[]"),
      }),
      answered: (reply) => this.#answered(card, key, reply),
    });
    this.#tellCount();
    this.#forward();
  }

  async #answered(card: HTMLElement, key: string, { ok, status, document: told }: Answer): Promise<void> {
    if (ok) {
      this.#closeOthers((told as { flags: number[] }).flags, card);
      document.body.dispatchEvent(new Event("dc:decided"));
      return;
    }
    this.#forget(key);
    toast(String(told.detail ?? "The decision could not be saved."), status === 409 ? "warning" : "error");
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
  #closeOthers(flags: number[], decided: HTMLElement): void {
    for (const card of this.#open()) {
      if (card !== decided && flags.includes(Number(card.dataset.flag))) this.#remove(card);
    }
  }

  undo(): void {
    // The decision on the screen, when an earlier one was come back to; else the last.
    const made = this.#made.find((one) => one.card === this.#current) ?? this.#made.at(-1);
    if (!made) return;
    const { card, key } = made;
    this.#forget(key);
    this.#show(this.#cards.indexOf(card));
    if (this.#sender.recall(key)) return;
    this.#sender.send({
      method: "DELETE",
      address: `/api/flags/${card.dataset.flag}/resolution/`,
      key: newKey(),
      body: () => undefined,
      answered: ({ ok, status, document: told }, attempts) => {
        if (ok) {
          const labels = (told as { labels: Record<string, number> }).labels;
          const { question } = card.dataset;
          const seen = question ? [labels[question]].filter(Number.isInteger) : Object.values(labels);
          card.dataset.seen = JSON.stringify(seen);
          document.body.dispatchEvent(new Event("dc:decided"));
        } else if (status !== 409 || attempts === 1) {
          toast(String(told.detail ?? "The decision could not be taken back."), "warning");
        }
      },
    });
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
    card.hidden = false;
    items.mount(card);
    card.focus({ preventScroll: true });
    if (this.#root.getBoundingClientRect().top < 0) this.#top().scrollIntoView({ block: "start" });
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
    items.prefetch(card);
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
    line.textContent = words && `You decided: ${words}. Undo with Z.`;
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
    const left = Math.max(0, Number(line.dataset.waits) - this.#decided);
    const words = [`${left.toLocaleString("en")} ${left === 1 ? "flag waits" : "flags wait"}`];
    if (this.#decided > 0) words.unshift(`${this.#decided.toLocaleString("en")} decided`);
    line.textContent = words.join(" · ");
  }

  #tellSaving(waiting: number, failing: boolean): void {
    const line = this.#root.querySelector<HTMLElement>("[data-save-state]");
    if (!line) return;
    line.dataset.saveState = failing ? "failing" : waiting > 0 ? "saving" : "saved";
    line.textContent = failing
      ? `Not saved yet: ${waiting} ${waiting === 1 ? "decision" : "decisions"}. Trying again.`
      : waiting > 0
        ? "Saving"
        : "Saved";
  }
}
