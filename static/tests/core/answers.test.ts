import assert from "node:assert/strict";
import { test } from "node:test";
import { nextUnanswered, sameAnswer, sameAnswers, withAnswer } from "../../src/core/answers.ts";
import type { Answers } from "../../src/core/documents.ts";
import type { Question } from "../../src/core/schema.ts";

const question = (name: string, required = true): Question => ({
  name,
  kind: "rating",
  field: "text",
  required,
});

test("answers are the same whatever the order of their questions", () => {
  assert.ok(sameAnswers({ a: 1, b: ["x", "y"] }, { b: ["x", "y"], a: 1 }));
  assert.ok(!sameAnswers({ b: ["x", "y"] }, { b: ["y", "x"] }));
  assert.ok(!sameAnswers({ a: 1 }, {}));
  assert.ok(!sameAnswers({ a: "1" }, { a: 1 }));
});

test("answers made of objects are the same when their content is", () => {
  const regions = () => [{ id: "a", at: { x: 1, y: 2.5 }, label: "cat", notes: [null, true] }];
  assert.ok(sameAnswer(regions(), regions()));
  assert.ok(sameAnswer({ a: 1, b: [2] }, { b: [2], a: 1 }));
  assert.ok(!sameAnswer(regions(), [{ ...regions()[0], label: "dog" }] as never));
  assert.ok(!sameAnswer({ a: 1 }, { b: 1 }));
  assert.ok(!sameAnswer({ a: 1 }, { a: 1, b: 2 }));
  assert.ok(!sameAnswer([], {}));
  assert.ok(!sameAnswer(null, {}));
  assert.ok(sameAnswers({ marks: regions() }, { marks: regions() }));
});

test("clearing an answer leaves the others", () => {
  assert.deepEqual(withAnswer({ a: 1, b: 2 }, "a", undefined), { b: 2 });
  assert.deepEqual(withAnswer({ b: 2 }, "a", "x"), { b: 2, a: "x" });
});

test("the next unanswered question is required, and the search wraps round", () => {
  const questions = [question("a"), question("b", false), question("c")];
  const given = (answers: Answers) => (asked: Question) => answers[asked.name] !== undefined;
  assert.equal(nextUnanswered(questions, given({ a: 1 }), "a"), "c");
  assert.equal(nextUnanswered(questions, given({ c: 1 }), "c"), "a");
  assert.equal(nextUnanswered(questions, given({ a: 1, c: 1 }), "c"), null);
  assert.equal(nextUnanswered([question("a")], given({}), "a"), null);
});
