import assert from "node:assert/strict";
import { test } from "node:test";
import { type Action, type KeyPress, tableOf } from "../../src/core/keymap.ts";
import {
  actKeys,
  type ManyFocus,
  manyCommand,
  placeAfter,
  putBack,
  stretch,
  tilesWithin,
  toggled,
} from "../../src/core/many.ts";

const USUAL: Partial<Record<Action, string>> = { undo: "z", redo: "Shift z", next: "j", previous: "k" };

function press(key: string, more: Partial<KeyPress> = {}): KeyPress {
  const none = { code: "", ctrl: false, meta: false, alt: false, shift: false };
  return { key, ...none, repeat: false, composing: false, ...more };
}

function command(
  key: string,
  more: Partial<KeyPress> = {},
  { focus = "tile" as ManyFocus, skipping = false, labels = ["1", "2"], keys = USUAL } = {},
) {
  const bindings = labels.map((label) => ({ key: label }));
  return manyCommand(press(key, more), focus, { skipping, bindings, keys: tableOf(keys) });
}

test("every act has its key", () => {
  assert.deepEqual(command("1"), { do: "answer", key: "1" });
  assert.deepEqual(command("a"), { do: "all" });
  assert.deepEqual(command("A", { shift: true }), { do: "all" });
  assert.deepEqual(command("Escape"), { do: "none" });
  assert.deepEqual(command("z"), { do: "undo" });
  assert.deepEqual(command("s"), { do: "skip" });
  assert.deepEqual(command("n"), { do: "more" });
  assert.deepEqual(command("ArrowDown"), { do: "move", by: "down", extend: false });
  assert.deepEqual(command("ArrowRight", { shift: true }), { do: "move", by: "right", extend: true });
  assert.deepEqual(command("j"), { do: "move", by: "right", extend: false });
  assert.equal(command("x"), null);
});

test("undo, next and previous are where the person has them on the label page", () => {
  const keys: typeof USUAL = { ...USUAL, undo: "u", next: "Shift j" };
  assert.deepEqual(command("u", {}, { keys }), { do: "undo" });
  assert.equal(command("z", {}, { keys }), null);
  assert.deepEqual(command("J", { shift: true }, { keys }), { do: "move", by: "right", extend: false });
  assert.equal(command("Z", { shift: true }), null, "redo means nothing here");
});

test("a label's letter comes before the page's, which then has another key", () => {
  const labels = { labels: ["a", "s"] };
  assert.deepEqual(command("a", {}, labels), { do: "answer", key: "a" });
  assert.deepEqual(command("s", {}, labels), { do: "answer", key: "s" });
  assert.deepEqual(command("a", { ctrl: true }, labels), { do: "all" });
  assert.deepEqual(command(" ", { shift: true }, labels), { do: "skip" });
  assert.deepEqual(actKeys([{ key: "a" }, { key: "s" }]), { all: "Ctrl A", skip: "Shift Space", more: "N" });
  assert.equal(actKeys([{ key: "n" }]).more, "");
  assert.deepEqual(actKeys([{ key: "1" }]), { all: "A", skip: "S", more: "N" });
});

test("a key that is held down moves, and answers nothing", () => {
  const held = { repeat: true };
  assert.deepEqual(command("ArrowRight", held), { do: "move", by: "right", extend: false });
  for (const key of ["1", "a", "z", "s", " "]) assert.equal(command(key, held), null, key);
});

test("while a reason is asked for, digits are reasons", () => {
  assert.deepEqual(command("1", {}, { skipping: true }), { do: "skip_reason", index: 0 });
  assert.deepEqual(command("Escape", {}, { skipping: true }), { do: "none" });
});

test("what has the focus keeps its own keys", () => {
  assert.deepEqual(command(" ", {}, { focus: "page" }), { do: "toggle" });
  assert.equal(command(" "), null, "a checkbox selects by itself");
  for (const key of [" ", "Enter"]) assert.equal(command(key, {}, { focus: "control" }), null, key);
  for (const key of ["1", "a", "ArrowLeft", " "]) assert.equal(command(key, {}, { focus: "typing" }), null);
  assert.deepEqual(command("Escape", {}, { focus: "typing" }), { do: "leave" });
  assert.equal(command("1", { ctrl: true }), null);
  assert.equal(command("a", { composing: true }), null);
});

test("arrows walk the grid and stay inside it", () => {
  const grid = { count: 7, columns: 3 };
  assert.equal(placeAfter(1, "down", grid), 4);
  assert.equal(placeAfter(5, "down", grid), 5);
  assert.equal(placeAfter(1, "up", grid), 1);
  assert.equal(placeAfter(6, "right", grid), 6);
  assert.equal(placeAfter(3, "left", grid), 2);
});

test("a stretch reaches in both directions", () => {
  const ids = [5, 3, 9, 1];
  assert.deepEqual(stretch(ids, 3, 1), [3, 9, 1]);
  assert.deepEqual(stretch(ids, 1, 3), [3, 9, 1]);
  assert.deepEqual(stretch(ids, 77, 9), [9], "its beginning has left the page");
  assert.deepEqual(stretch(ids, 3, 77), []);
});

test("a selection is changed by one", () => {
  assert.deepEqual([...toggled(new Set([1]), 2)], [1, 2]);
  assert.deepEqual([...toggled(new Set([1, 2]), 1)], [2]);
});

test("what is taken back stands where it stood, whatever came since", () => {
  const before = ["a", "b", "c", "d"];
  assert.deepEqual(putBack(["b", "d", "x", "y"], before, ["a", "c"]), ["a", "b", "c", "d", "x", "y"]);
  // "d" was given to somebody else meanwhile; "c" had come back by itself.
  assert.deepEqual(putBack(["c", "b", "x"], before, ["a", "c"]), ["a", "b", "c", "x"]);
  assert.deepEqual(putBack([], before, before), before);
});

test("undo restores every row exactly, for any selection", () => {
  const row = [1, 2, 3, 4, 5];
  for (let chosen = 1; chosen < 2 ** row.length; chosen += 1) {
    const gone = row.filter((_, place) => chosen & (1 << place));
    const left = row.filter((id) => !gone.includes(id));
    assert.deepEqual(putBack([...left, 6, 7], row, gone), [...row, 6, 7]);
  }
});

test("whole rows fill the screen, one at least, and no more than may be held", () => {
  assert.equal(tilesWithin({ height: 500, columns: 4, row: 120 }, 50), 16);
  assert.equal(tilesWithin({ height: 90, columns: 2, row: 120 }, 50), 2);
  assert.equal(tilesWithin({ height: 2_000, columns: 12, row: 120 }, 50), 50);
});
