// Free words.
import { useLayoutEffect, useRef } from "preact/hooks";
import { isRequired, type Question, titleOf } from "../../core/schema.ts";
import type { AnswerProps, Kind } from "./kind.ts";

export interface TextQuestion extends Question {
  max_length?: number | null;
  multiline?: boolean;
}

/** Room for some words in a line. */
const WIDTH = 420;
const TALLEST_PX = 320;
const NEARLY_FULL = 0.8;

function TextAnswers({ question, value, id, change }: AnswerProps<TextQuestion, string>) {
  const area = useRef<HTMLTextAreaElement>(null);
  const text = value ?? "";
  const limit = question.max_length ?? null;
  const multiline = question.multiline !== false;
  useLayoutEffect(() => {
    if (!area.current) return;
    area.current.style.setProperty("height", "auto");
    area.current.style.setProperty("height", `${Math.min(TALLEST_PX, area.current.scrollHeight + 2)}px`);
  });
  const shared = {
    id,
    class: "form-control ed-text",
    dir: "auto" as const,
    value: text,
    "aria-label": titleOf(question),
    onInput: (event: { currentTarget: { value: string } }) =>
      change(event.currentTarget.value || undefined, false),
  };
  return (
    <>
      {multiline ? <textarea ref={area} rows={4} {...shared} /> : <input type="text" {...shared} />}
      <p class="ed-hint">
        <span class="ed-typing-keys">
          <kbd class="ed-key">{multiline ? "Ctrl Enter" : "Enter"}</kbd> submits,{" "}
          <kbd class="ed-key">Esc</kbd> leaves the box
        </span>
        {limit !== null && length(text) > limit * NEARLY_FULL && (
          <span class="ed-count" data-over={length(text) > limit || undefined}>
            {length(text)} of {limit} characters
          </span>
        )}
      </p>
    </>
  );
}

/** Length as the server counts it: in Unicode code points. */
function length(text: string): number {
  return [...text].length;
}

function isBlank(value: string | undefined): value is undefined {
  return value === undefined || value.trim() === "";
}

export const kind: Kind<TextQuestion, string> = {
  Answers: TextAnswers,
  typed: true,
  commands: () => [],
  help: () => [],
  same: (a, b) => a === b,
  isEmpty: (value) => isBlank(value),
  // Typing is one step of undo, not one per letter.
  isOneStep: () => true,
  submitted: (value) => (isBlank(value) ? undefined : value),
  problem(value, question) {
    if (isBlank(value)) {
      return isRequired(question) ? "Write an answer." : null;
    }
    const limit = question.max_length;
    if (limit && length(value) > limit) {
      return `The answer may have ${limit} characters; it has ${length(value)}.`;
    }
    return null;
  },
  describe: (value) => value.replace(/\s+/g, " ").trim(),
  width: () => WIDTH,
  guideLabel: () => null,
  labelTitle: (label) => label,
};
