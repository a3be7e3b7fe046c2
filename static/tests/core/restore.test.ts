import assert from "node:assert/strict";
import { test } from "node:test";
import { restore } from "../../src/core/restore.ts";
import { annotation, task } from "../support/outbox.ts";

test("a task nobody touched is open and empty", () => {
  const restored = restore(task());
  assert.deepEqual(
    { answers: restored.answers, status: restored.status, base: restored.base },
    { answers: {}, status: "open", base: 0 },
  );
});

test("what the server holds is shown, with its version", () => {
  const stored = {
    version: 3,
    state: "skipped",
    answers: {},
    updated_at: null,
    skip_reason: "unclear",
  } as const;
  const restored = restore(task({ annotation: stored }));
  assert.deepEqual([restored.status, restored.skipReason, restored.base], ["skipped", "unclear", 3]);
});

test("an unsent answer wins over the stored one", () => {
  const stored = { version: 1, state: "draft", answers: { intent: "a" }, updated_at: null } as const;
  const restored = restore(task({ annotation: stored }), annotation({ answers: { intent: "b" }, base: 1 }));
  assert.deepEqual([restored.status, restored.answers, restored.base], ["submitted", { intent: "b" }, 1]);
});

test("a refused answer is open again, with its words", () => {
  const refused = { ...annotation({ answers: { intent: "b" } }), status: "refused" as const };
  const restored = restore(task(), refused);
  assert.deepEqual([restored.status, restored.answers], ["open", { intent: "b" }]);
});

test("a later local draft wins over everything, and an edited submission says so", () => {
  const draft = { answers: { intent: "c" }, base: 1, leadMs: 4_000, updatedAt: 2_000 };
  const entry = annotation({ answers: { intent: "b" }, createdAt: 1_000 });
  const restored = restore(task(), entry, draft);
  assert.deepEqual([restored.answers, restored.leadMs, restored.edited], [{ intent: "c" }, 4_000, true]);
  const older = restore(task(), { ...entry, createdAt: 3_000 }, draft);
  assert.deepEqual([older.answers, older.edited], [{ intent: "b" }, false]);
});

test("a draft made on an older version keeps its base, so that the server can say 409", () => {
  const stored = { version: 4, state: "submitted", answers: { intent: "a" }, updated_at: null } as const;
  const draft = { answers: { intent: "b" }, base: 2, leadMs: 0, updatedAt: 1 };
  assert.equal(restore(task({ annotation: stored }), undefined, draft).base, 2);
});
