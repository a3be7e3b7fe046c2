import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AnnotationEntry,
  discardAnswer,
  type Entry,
  enqueue,
  keepMine,
  latestAnswer,
  markSending,
  type NewEntry,
  sendable,
  settle,
  summarize,
  takeBack,
  takeRefused,
  withdraw,
} from "../../src/core/outbox.ts";
import { accepted, annotation, applied, refusal } from "../support/outbox.ts";

const comment = (key: string, order: number): Entry => ({
  key,
  task: 1,
  order,
  attempts: 0,
  createdAt: 1,
  status: "waiting",
  kind: "comment",
  body: { body: "hm" },
});

function work(entry: AnnotationEntry): NewEntry {
  const { order: _o, attempts: _a, status: _s, ...rest } = entry;
  return rest;
}
const keys = (entries: readonly Entry[]) => entries.map((entry) => entry.key);
const stored = { version: 5, state: "submitted", answers: { intent: "z" }, updated_at: null } as const;

test("a newer answer replaces the one the server cannot have seen", () => {
  const first = annotation({ key: "one", base: 2 });
  const { entry, ...changes } = enqueue([first], work(annotation({ key: "two", base: 0 })));
  assert.deepEqual(keys(applied([first], changes)), ["two"]);
  assert.equal((entry as AnnotationEntry).base, 2);
});

test("an answer that may have been sent is kept, and the newer one waits behind it", () => {
  const first = annotation({ key: "one", attempts: 1 });
  const entries = applied([first], enqueue([first], work(annotation({ key: "two" }))));
  assert.deepEqual(keys(entries), ["one", "two"]);
  assert.deepEqual(keys(sendable(entries, 5)), ["one"]);
});

test("one answer per task at a time, tasks and comments side by side, oldest first", () => {
  const entries = [
    annotation({ key: "c", task: 2, order: 3 }),
    annotation({ key: "a", task: 1, order: 1, attempts: 1 }),
    annotation({ key: "b", task: 1, order: 2 }),
    comment("d", 4),
  ];
  assert.deepEqual(keys(sendable(entries, 5)), ["a", "c", "d"]);
  assert.deepEqual(keys(sendable(entries, 2)), ["a", "c"]);
});

test("an attempt is counted before it is made", () => {
  const marked = markSending([annotation({ key: "a" })], 3).put;
  assert.deepEqual(
    marked.map((entry) => entry.attempts),
    [1],
  );
});

test("an accepted answer leaves, and later ones build on its version", () => {
  const entries = [annotation({ key: "one", attempts: 1 }), annotation({ key: "two", order: 2 })];
  const after = applied(entries, settle(entries, "one", accepted(1, 4)));
  assert.deepEqual(keys(after), ["two"]);
  assert.equal((after[0] as AnnotationEntry).base, 4);
});

test("no network, a restarting server or an ended session change nothing", () => {
  const entries = [annotation({ key: "one", attempts: 3 })];
  for (const outcome of [
    { is: "offline" },
    { is: "unavailable", status: 503, retryAfter: null, requestId: null },
    { is: "signed_out" },
    { is: "forbidden", refusal },
  ] as const) {
    assert.deepEqual(applied(entries, settle(entries, "one", outcome)), entries);
  }
});

test("a refused answer is kept with the reason and holds back only its own task", () => {
  const entries = [annotation({ key: "one", attempts: 1 }), annotation({ key: "two", task: 2, order: 2 })];
  const after = applied(entries, settle(entries, "one", { is: "refused", refusal }));
  assert.deepEqual(
    summarize(after).refused.map((e) => [e.key, e.refusal?.detail]),
    [["one", "No."]],
  );
  assert.deepEqual(keys(sendable(after, 5)), ["two"]);
  assert.equal(summarize(after).waiting, 1);
});

test("the corrected answer takes the refused one's place", () => {
  const refused = {
    ...annotation({ key: "one", attempts: 1, base: 3 }),
    status: "refused" as const,
    refusal,
  };
  const entries = applied([refused], enqueue([refused], work(annotation({ key: "two", base: 0 }))));
  assert.deepEqual(keys(entries), ["two"]);
  assert.deepEqual(
    entries.map((e) => [e.status, (e as AnnotationEntry).base]),
    [["waiting", 3]],
  );
});

test("a conflict keeps both versions until the person chooses", () => {
  const entries = [annotation({ key: "one", attempts: 1 })];
  const conflict = applied(entries, settle(entries, "one", { is: "conflict", stored, refusal }));
  assert.deepEqual(
    summarize(conflict).conflicts.map((e) => e.stored?.version),
    [5],
  );
  assert.deepEqual(sendable(conflict, 5), []);

  const kept = applied(conflict, keepMine(conflict, 1, "fresh"));
  assert.deepEqual(
    kept.map((e) => [e.key, (e as AnnotationEntry).base, e.attempts, e.status, e.stored]),
    [["fresh", 5, 0, "waiting", undefined]],
  );
  assert.deepEqual(applied(conflict, discardAnswer(conflict, 1)), []);
});

test("answering again during a conflict does not slip past the choice", () => {
  const entries = [annotation({ key: "one", attempts: 1 })];
  const conflict = applied(entries, settle(entries, "one", { is: "conflict", stored, refusal }));
  const again = applied(
    conflict,
    enqueue(conflict, work(annotation({ key: "two", answers: { intent: "q" } }))),
  );
  assert.deepEqual(
    again.map((e) => [e.key, e.status]),
    [["two", "conflict"]],
  );
});

test("a conflict over the very same answer needs no choice", () => {
  const entries = [
    annotation({ key: "one", attempts: 2, answers: { intent: "z" } }),
    annotation({ key: "two", order: 2 }),
  ];
  const after = applied(entries, settle(entries, "one", { is: "conflict", stored, refusal }));
  assert.deepEqual(
    after.map((e) => [e.key, (e as AnnotationEntry).base]),
    [["two", 5]],
  );
});

test("a draft's refusal bothers nobody", () => {
  const entries = [annotation({ key: "one", attempts: 1, quiet: true, state: "draft" })];
  assert.deepEqual(applied(entries, settle(entries, "one", { is: "refused", refusal })), []);
  assert.deepEqual(applied(entries, settle(entries, "one", { is: "conflict", stored, refusal })), []);
  assert.equal(summarize(entries).waiting, 0);
});

test("an autosaved draft never takes the place of a submission or of a refused answer", () => {
  const draft = work(annotation({ key: "draft", state: "draft", quiet: true }));
  for (const earlier of [
    annotation({ key: "one" }),
    annotation({ key: "one", attempts: 1 }),
    { ...annotation({ key: "one", state: "draft" }), status: "refused" as const, refusal },
  ]) {
    assert.deepEqual(keys(applied([earlier], enqueue([earlier], draft))), ["one"]);
  }
});

test("a submission taken back is no quiet matter, even when a draft follows", () => {
  const back = annotation({ key: "back", state: "draft" });
  const draft = work(annotation({ key: "draft", state: "draft", quiet: true, answers: { intent: "n" } }));
  const entries = applied([back], enqueue([back], draft));
  assert.deepEqual(
    entries.map((e) => [e.key, (e as AnnotationEntry).quiet]),
    [["draft", false]],
  );
});

test("a submission can be withdrawn only before it was handed to the network", () => {
  assert.deepEqual(withdraw([annotation({ key: "one" })], "one"), { put: [], remove: ["one"] });
  assert.equal(withdraw([annotation({ key: "one", attempts: 1 })], "one"), null);
  assert.equal(withdraw([], "one"), null);
});

test("the newest unsent answer of a task is what the person sees", () => {
  const entries = [
    annotation({ key: "b", order: 7 }),
    annotation({ key: "a", order: 3 }),
    annotation({ key: "c", task: 2, order: 9 }),
  ];
  assert.equal(latestAnswer(entries, 1)?.key, "b");
  assert.equal(latestAnswer(entries, 3), undefined);
});

const decision = (key: string, flag: number, labels: number[] = [flag * 10]): NewEntry => ({
  key,
  kind: "decision",
  task: flag,
  flag,
  question: "intent",
  createdAt: 1,
  words: "Keep",
  body: { decision: "keep", labels },
});
const retraction = (key: string, flag: number): NewEntry => ({
  key,
  kind: "retraction",
  task: flag,
  flag,
  createdAt: 1,
  words: "Keep",
});
const queued = (...works: NewEntry[]) =>
  works.reduce<Entry[]>((entries, work) => applied(entries, enqueue(entries, work)), []);

test("decisions go one after another, in order, and do not wait for answers", () => {
  const entries = [...queued(decision("a", 1), decision("b", 2)), annotation({ key: "c", order: 9 })];
  assert.deepEqual(keys(sendable(entries, 9)), ["a", "c"]);
  const sent = applied(entries, markSending(entries, 9));
  const rest = applied(sent, settle(sent, "a", { is: "accepted", reply: { flags: [1] } }));
  assert.deepEqual(keys(sendable(rest, 9)), ["b", "c"]);
});

test("a refused decision waits to be told, once, and holds up no other", () => {
  const entries = queued(decision("a", 1), decision("b", 2));
  const refused = applied(entries, settle(entries, "a", { is: "refused", refusal }));
  assert.deepEqual(keys(sendable(refused, 9)), ["b"]);
  const told = takeRefused(refused);
  assert.deepEqual(keys(told.taken), ["a"]);
  assert.deepEqual(takeRefused(applied(refused, told)).taken, []);
  assert.deepEqual(takeRefused(refused, "b").taken, []);
});

test("a decision made anew after an undo builds on the labels that the undo brings back", () => {
  const entries = queued(retraction("undo", 1), decision("again", 1, [99]), decision("other", 2));
  const reply = { flags: [1], labels: { intent: 7, mood: 8 } };
  const after = applied(entries, settle(entries, "undo", { is: "accepted", reply }));
  assert.deepEqual(
    after.map((entry) => entry.kind === "decision" && entry.body.labels),
    [[7], [20]],
  );
});

test("a decision is taken out of the outbox only while the server cannot have it", () => {
  const entries = queued(decision("a", 1));
  assert.deepEqual(withdraw(entries, "a"), { put: [], remove: ["a"] });
  const sent = applied(entries, markSending(entries, 9));
  assert.equal(withdraw(sent, "a"), null);
});

test("a decision that the server may have is taken back by telling it, in one step with looking whether it may", () => {
  const entries = queued(decision("a", 1));
  assert.deepEqual(applied(entries, takeBack(entries, "a", retraction("undo", 1))), []);
  const sent = applied(entries, markSending(entries, 9));
  assert.deepEqual(keys(applied(sent, takeBack(sent, "a", retraction("undo", 1)))), ["a", "undo"]);
  assert.deepEqual(keys(applied([], takeBack([], "a", retraction("undo", 1)))), ["undo"]);
});
