import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandLog } from "../../src/core/history.ts";

test("undo walks back, redo walks forward again", () => {
  const log = new CommandLog<string>();
  log.record("a");
  log.record("b");
  assert.equal(log.undo(), "b");
  assert.equal(log.undo(), "a");
  assert.equal(log.undo(), undefined);
  assert.equal(log.redo(), "a");
  assert.equal(log.redo(), "b");
  assert.equal(log.redo(), undefined);
});

test("a new command ends what could be redone", () => {
  const log = new CommandLog<string>();
  log.record("a");
  log.undo();
  log.record("b");
  assert.equal(log.canRedo, false);
  assert.equal(log.undo(), "b");
  assert.equal(log.canUndo, false);
});

test("commands that belong together become one, but not across an undo", () => {
  const log = new CommandLog<string>();
  const typing = (last: string, next: string) => (next.startsWith(last) ? next : null);
  log.record("h", typing);
  log.record("he", typing);
  log.record("x", typing);
  assert.equal(log.undo(), "x");
  log.record("hel", typing);
  assert.equal(log.undo(), "hel");
  assert.equal(log.undo(), "he");
  assert.equal(log.undo(), undefined);
});

test("only so many are kept, and those of a lost task can be forgotten", () => {
  const log = new CommandLog<number>(3);
  for (const command of [1, 2, 3, 4]) log.record(command);
  log.forget((command) => command === 3);
  assert.deepEqual([log.undo(), log.undo(), log.undo()], [4, 2, undefined]);
});
