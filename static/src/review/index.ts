// The review page: what is pressed on a card becomes a decision.
import { toast } from "../app/toasts.ts";
import { all, isTyping, on } from "../page/dom.ts";
import { type Api, RequestFailed } from "../sending/api.ts";
import { read } from "./answers.ts";
import { Deck } from "./deck.ts";
import { sendBack } from "./send_back.ts";

export async function startReview(root: HTMLElement): Promise<void> {
  const deck = await Deck.open(root);
  on("click", "[data-previous]", () => deck.move(-1));
  on("click", "[data-next]", () => deck.move(1));
  on("click", "[data-undo-last]", () => deck.undo());
  on("click", "[data-decision]", (_event, button) => {
    const card = deck.card(button);
    if (!card) return;
    const { decision, answer, words } = button.dataset;
    const given = answer === undefined ? undefined : JSON.parse(answer);
    const asked = button.dataset.asksStays === undefined ? given : taskThatStays(card);
    deck.decide(card, decision ?? "", asked, words ?? "");
  });
  on<SubmitEvent>("submit", "form[data-relabel]", (event, form) => {
    event.preventDefault();
    const card = deck.card(form);
    const given = read(form as HTMLFormElement);
    if (!card) return;
    if (given) deck.decide(card, "relabel", given.answer, given.words);
    else toast("Choose a label first.", "info");
  });
  on("click", "[data-stays-next]", (_event, button) => {
    const card = deck.card(button);
    if (card) markNext(card);
  });
  on("click", "[data-others-show]", (_event, button) => {
    button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
  });
  on("click", "[data-relabel-open]", (_event, button) => focusField(button));
  on("click", "[data-comment-open]", (_event, button) => focusField(button));
  on<SubmitEvent>("submit", "form[data-comment]", (event, form) => {
    event.preventDefault();
    const card = deck.card(form);
    if (card) void comment(deck.api, card, form as HTMLFormElement);
  });
  on("click", "[data-comment-resolve]", (_event, button) => void resolve(deck.api, button));
  on("click", "[data-send-back-open]", (_event, button) => focusField(button, "note"));
  on<SubmitEvent>("submit", "form[data-send-back]", (event, form) => {
    event.preventDefault();
    void sendBack(deck.api, form as HTMLFormElement).then(() => deck.card(form)?.focus());
  });
  // Escape leaves a field, so that keys are decisions again.
  on<KeyboardEvent>("keydown", "[data-flag] :is(input, textarea)", (event, field) => {
    if (event.key === "Escape" && isTyping(field)) deck.card(field)?.focus();
  });
}

/** The copy that is marked to stay. */
function taskThatStays(card: HTMLElement): number | undefined {
  const marked = card.querySelector<HTMLInputElement>("[data-stays]:checked");
  return marked ? Number(marked.value) : undefined;
}

function markNext(card: HTMLElement): void {
  const copies = all<HTMLInputElement>("[data-stays]", card);
  const next = copies[(copies.findIndex((copy) => copy.checked) + 1) % copies.length];
  if (!next) return;
  next.checked = true;
  next.closest("li")?.scrollIntoView({ block: "nearest" });
}

function focusField(button: HTMLElement, name = ""): void {
  const field = name ? `[name=${name}]` : "input, textarea";
  button.closest("form")?.querySelector<HTMLElement>(field)?.focus();
}

/** Resolves a comment, or opens it again. */
async function resolve(api: Api, button: HTMLElement): Promise<void> {
  const resolved = button.getAttribute("aria-pressed") === "true";
  button.toggleAttribute("disabled", true);
  try {
    const address = `/api/comments/${button.dataset.commentResolve}/resolution/`;
    await (resolved ? api.remove(address) : api.post(address, {}));
  } catch (error) {
    const told = error instanceof RequestFailed && !error.offline ? error.message : "";
    toast(told || "That was not saved. Check the connection and try again.", "error");
    return;
  } finally {
    button.toggleAttribute("disabled", false);
  }
  button.setAttribute("aria-pressed", String(!resolved));
  button.closest("li")?.classList.toggle("dc-muted", !resolved);
  const words = button.querySelector("span");
  if (words) words.textContent = resolved ? "Resolve" : "Resolved";
}

async function comment(api: Api, card: HTMLElement, form: HTMLFormElement): Promise<void> {
  const field = form.elements.namedItem("body") as HTMLInputElement;
  const body = field.value.trim();
  if (!body) return;
  field.disabled = true;
  let made: { author: string; body: string };
  try {
    made = await api.post(`/api/tasks/${card.dataset.task}/comments/`, { body });
  } catch (error) {
    const told = error instanceof RequestFailed && !error.offline ? error.message : "";
    toast(told || "The comment was not saved. Check the connection and try again.", "error");
    return;
  } finally {
    field.disabled = false;
  }
  const line = document.createElement("li");
  const author = document.createElement("strong");
  const words = document.createElement("span");
  author.textContent = made.author;
  words.textContent = ` ${made.body}`;
  words.className = "dc-prewrap";
  line.append(author, words);
  card.querySelector("[data-comments]")?.append(line);
  field.value = "";
  card.focus();
}
