// The rules of each question kind in the browser; the server's twin has the last word.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LabelOption } from "../../src/core/labels.ts";
import type { ChoiceQuestion } from "../../src/editor/kinds/choice.tsx";
import type { AnyKind, Kind } from "../../src/editor/kinds/kind.ts";
import type { MultiChoiceQuestion } from "../../src/editor/kinds/multi_choice.tsx";
import type { RatingQuestion } from "../../src/editor/kinds/rating.tsx";
import type { TextQuestion } from "../../src/editor/kinds/text.tsx";
import { bundled } from "../support/bundled.ts";

const labels: LabelOption[] = ["a", "b", "c"].map((name, index) => ({
  name,
  title: name.toUpperCase(),
  color: "#000000",
  key: String(index + 1),
}));
const base = { name: "q", field: "text" };

/** What a key of the kind does; null when it is none. */
function press(kind: AnyKind, key: string, question: { kind: string }, value: unknown) {
  const command = kind.commands(question).find((bound) => bound.key === key);
  return command ? command.act({ question, value } as never) : null;
}

const { kind: choice } = await bundled<{ kind: Kind<ChoiceQuestion, string> }>("editor/kinds/choice.tsx");
const { kind: multi } = await bundled<{ kind: Kind<MultiChoiceQuestion, string[]> }>(
  "editor/kinds/multi_choice.tsx",
);
const { kind: rating } = await bundled<{ kind: Kind<RatingQuestion, number> }>("editor/kinds/rating.tsx");
const { kind: text } = await bundled<{ kind: Kind<TextQuestion, string> }>("editor/kinds/text.tsx");

test("choice: a key chooses its label and finishes the question", () => {
  const question: ChoiceQuestion = { ...base, kind: "choice", labels };
  assert.deepEqual(press(choice, "2", question, undefined), { answer: "b", finished: true });
  assert.equal(press(choice, "4", question, "b"), null);
  assert.equal(choice.describe("b", question), "B");
  assert.ok(choice.problem(undefined, question));
  assert.equal(choice.problem("a", question), null);
  assert.equal(choice.problem(undefined, { ...question, required: false }), null);
});

test("multi_choice: keys switch labels on and off, in the order of the schema", () => {
  const question: MultiChoiceQuestion = { ...base, kind: "multi_choice", labels, min: 1, max: 2 };
  assert.deepEqual(press(multi, "3", question, ["b"]), { answer: ["b", "c"], finished: false });
  assert.deepEqual(press(multi, "1", question, ["b", "c"]), { answer: ["a", "b", "c"], finished: false });
  assert.deepEqual(press(multi, "2", question, ["b"]), { answer: undefined, finished: false });
  assert.ok(multi.problem(undefined, question));
  assert.ok(multi.problem(["a", "b", "c"], question));
  assert.equal(multi.problem(["a", "b"], question), null);
});

test("multi_choice: none is an answer where the schema allows it", () => {
  const question: MultiChoiceQuestion = { ...base, kind: "multi_choice", labels, min: 0, max: null };
  assert.equal(multi.problem(undefined, question), null);
  assert.deepEqual(multi.submitted(undefined, question), []);
  assert.equal(multi.describe([], question), "none");
  const needed: MultiChoiceQuestion = { ...question, min: 2 };
  assert.ok(multi.problem(["a"], needed));
  assert.equal(multi.submitted(undefined, needed), undefined);
});

test("rating: digits are the numbers themselves where the scale is made of digits", () => {
  const stars: RatingQuestion = { ...base, kind: "rating", min: 1, max: 5, labels: { "1": "bad" } };
  assert.deepEqual(press(rating, "4", stars, undefined), { answer: 4, finished: true });
  assert.equal(press(rating, "6", stars, undefined), null);
  assert.equal(press(rating, "0", stars, undefined), null);
  assert.equal(rating.describe(1, stars), "1 bad");
  const ten: RatingQuestion = { ...base, kind: "rating", min: 1, max: 10 };
  assert.deepEqual(press(rating, "0", ten, undefined), { answer: 10, finished: true });
  const around: RatingQuestion = { ...base, kind: "rating", min: -2, max: 2 };
  assert.deepEqual(press(rating, "1", around, undefined), { answer: -2, finished: true });
  assert.deepEqual(press(rating, "5", around, undefined), { answer: 2, finished: true });
});

test("rating: a typed number outside the scale or with a fraction is no answer", () => {
  const percent: RatingQuestion = { ...base, kind: "rating", min: 0, max: 100 };
  assert.equal(rating.problem(100, percent), null);
  assert.ok(rating.problem(101, percent));
  assert.ok(rating.problem(3.5, percent));
  assert.ok(rating.problem(undefined, percent));
});

test("text: blank is no answer, and length is counted in characters as people see them", () => {
  const question: TextQuestion = { ...base, kind: "text", max_length: 3, multiline: true };
  assert.ok(text.problem("  \n", question));
  assert.equal(text.problem("  \n", { ...question, required: false }), null);
  assert.equal(text.submitted("  \n", question), undefined);
  assert.equal(text.problem("😀😀😀", question), null);
  assert.ok(text.problem("abcd", question));
  assert.equal(text.describe(" two\n lines ", question), "two lines");
});
