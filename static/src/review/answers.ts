// Reads another answer from the form of a card.
import type { Json } from "../core/documents.ts";
import { all } from "../page/dom.ts";

type Control = HTMLInputElement | HTMLTextAreaElement;

export interface Given {
  answer: Json;
  /** The answer in words. */
  words: string;
}

/** The answer to one question, or undefined when nothing was chosen. */
function answerOf(part: HTMLElement): Given | undefined {
  const typed = part.querySelector<Control>("[name=answer]");
  if (typed) {
    const text = typed.value.trim();
    return text ? { answer: text, words: text } : undefined;
  }
  const chosen = all<HTMLInputElement>("input:checked", part);
  const words = chosen.map((box) => box.dataset.name ?? "").join(", ");
  const values: Json[] = chosen.map((box) => JSON.parse(box.value));
  const [first] = values;
  if (part.dataset.mode === "several") return { answer: values, words: words || "nothing" };
  return first === undefined ? undefined : { answer: first, words };
}

/** What a form says: one answer, or an object of those that were given, by question. */
export function read(form: HTMLFormElement): Given | undefined {
  if (form.dataset.mode !== undefined) return answerOf(form);
  const parts = all("[data-question]", form);
  if (form.dataset.single !== undefined) return parts[0] && answerOf(parts[0]);
  const given = parts
    .map((part) => [part.dataset.question ?? "", answerOf(part)] as const)
    .filter((pair): pair is readonly [string, Given] => pair[1] !== undefined);
  if (given.length === 0) return undefined;
  return {
    answer: Object.fromEntries(given.map(([name, { answer }]) => [name, answer])),
    words: given.map(([, { words }]) => words).join("; "),
  };
}
