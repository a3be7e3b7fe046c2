import assert from "node:assert/strict";
import { test } from "node:test";
import { nextUnanswered, sameAnswers, withAnswer } from "../../src/core/answers.ts";
import type { Question } from "../../src/core/schema.ts";

const question = (name: string, required = true): Question => ({
  name,
  kind: "rating",
  field: "text",
  min: 1,
  max: 5,
  required,
});

test("answers are the same whatever the order of their questions", () => {
  assert.ok(sameAnswers({ a: 1, b: ["x", "y"] }, { b: ["x", "y"], a: 1 }));
  assert.ok(!sameAnswers({ b: ["x", "y"] }, { b: ["y", "x"] }));
  assert.ok(!sameAnswers({ a: 1 }, {}));
  assert.ok(!sameAnswers({ a: "1" }, { a: 1 }));
});

test("clearing an answer leaves the others", () => {
  assert.deepEqual(withAnswer({ a: 1, b: 2 }, "a", undefined), { b: 2 });
  assert.deepEqual(withAnswer({ b: 2 }, "a", "x"), { b: 2, a: "x" });
});

test("the next unanswered question is required, and the search wraps round", () => {
  const questions = [question("a"), question("b", false), question("c")];
  assert.equal(nextUnanswered(questions, { a: 1 }, "a"), "c");
  assert.equal(nextUnanswered(questions, { c: 1 }, "c"), "a");
  assert.equal(nextUnanswered(questions, { a: 1, c: 1 }, "c"), null);
  assert.equal(nextUnanswered([question("a")], {}, "a"), null);
});
