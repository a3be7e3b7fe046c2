import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ActionWords,
  type Binding,
  boundKeys,
  commandFor,
  type Focus,
  type KeyPress,
  type Keys,
  keyWords,
  type Mode,
  tableOf,
} from "../../src/core/keymap.ts";
import { actionsOn, keyToBind, usualKeys, withKey } from "../../src/core/rebinding.ts";

function press(key: string, more: Partial<KeyPress> = {}): KeyPress {
  const none = {
    code: "",
    ctrl: false,
    meta: false,
    alt: false,
    shift: false,
    repeat: false,
    composing: false,
  };
  return { key, ...none, ...more };
}

const ACTIONS: ActionWords[] = Object.entries({
  submit: "Enter",
  skip: "Space",
  undo: "z",
  redo: "Shift z",
  next: "j",
  previous: "k",
  guideline: "g",
  comment: "c",
  flag: "f",
  previous_question: "ArrowUp",
  next_question: "ArrowDown",
  zoom_in: "+",
  zoom_out: "-",
  fit: ".",
  help: "?",
}).map(([name, key]) => ({ name: name as ActionWords["name"], title: name, key }));
const USUAL = usualKeys(ACTIONS);

const LABELS: readonly Binding[] = ["1", "2", "7", "a", "x", "0"].map((key) => ({ key }));

function command(
  key: string,
  more: Partial<KeyPress> = {},
  focus: Focus = "page",
  mode: Mode = "label",
  bindings: readonly Binding[] = LABELS,
  keys: Keys = USUAL,
) {
  return commandFor(press(key, more), focus, mode, tableOf(keys), bindings);
}

test("digits and free letters are the kind's", () => {
  assert.deepEqual(command("1"), { do: "kind", key: "1" });
  assert.deepEqual(command("0"), { do: "kind", key: "0" });
  assert.deepEqual(command("a"), { do: "kind", key: "a" });
  assert.deepEqual(command("A", { shift: true }), { do: "kind", key: "a" });
});

test("every command has its key", () => {
  const expected = {
    Enter: "submit",
    " ": "skip",
    z: "undo",
    j: "next",
    k: "previous",
    g: "guideline",
    c: "comment",
    f: "flag",
    "?": "help",
  };
  for (const [key, does] of Object.entries(expected)) assert.deepEqual(command(key), { do: does }, key);
  assert.deepEqual(command("Z", { shift: true }), { do: "redo" });
  assert.deepEqual(command("ArrowDown"), { do: "question", by: 1 });
  assert.deepEqual(command("+"), { do: "zoom", by: 1 });
});

test("keys are inert in text boxes, but Ctrl or Cmd Enter submits and Escape leaves", () => {
  for (const focus of ["line", "area"] as const) {
    for (const key of ["1", "a", "z", "j", " ", "?", "ArrowDown"])
      assert.equal(command(key, {}, focus), null, key);
    assert.deepEqual(command("Enter", { ctrl: true }, focus), { do: "submit" });
    assert.deepEqual(command("Enter", { meta: true }, focus), { do: "submit" });
    assert.deepEqual(command("Escape", {}, focus), { do: "leave" });
  }
  assert.equal(command("Enter", {}, "area"), null);
  assert.deepEqual(command("Enter", {}, "line"), { do: "submit" });
});

test("an input method's Enter confirms a word and submits nothing", () => {
  assert.equal(command("Enter", { composing: true }), null);
  assert.equal(command("Enter", { composing: true, ctrl: true }, "area"), null);
});

test("a held key acts once, except walking along the items", () => {
  for (const key of ["Enter", " ", "1", "z", "f", "?"])
    assert.equal(command(key, { repeat: true }), null, key);
  assert.deepEqual(command("j", { repeat: true }), { do: "next" });
});

test("buttons and radios keep Enter and Space where those are their own", () => {
  assert.equal(command("Enter", {}, "control"), null);
  assert.equal(command(" ", {}, "control"), null);
  assert.equal(command(" ", {}, "toggle"), null);
  assert.deepEqual(command("Enter", {}, "toggle"), { do: "submit" });
  assert.deepEqual(command("2", {}, "toggle"), { do: "kind", key: "2" });
});

test("the browser's own shortcuts are left alone", () => {
  for (const more of [{ ctrl: true }, { meta: true }, { alt: true }]) {
    for (const key of ["z", "c", "f", "1", "k"]) assert.equal(command(key, more), null);
  }
});

test("while a reason is asked for, only the reasons and Escape mean something", () => {
  assert.deepEqual(command("1", {}, "page", "skip"), { do: "skip_reason", index: 0 });
  assert.deepEqual(command("6", {}, "page", "skip"), { do: "skip_reason", index: 5 });
  assert.deepEqual(command("Escape", {}, "page", "skip"), { do: "cancel" });
  for (const key of ["0", "Enter", " ", "a", "z"]) assert.equal(command(key, {}, "page", "skip"), null, key);
});

test("an open dialog has the keyboard", () => {
  for (const key of ["1", "Enter", " ", "z", "?"])
    assert.equal(command(key, {}, "page", "dialog"), null, key);
  assert.equal(command("Enter", { ctrl: true }, "area", "dialog"), null);
});

test("other keyboards: digits on shifted rows, letters of other alphabets, the number pad", () => {
  assert.deepEqual(command("&", { code: "Digit1" }), { do: "kind", key: "1" });
  assert.deepEqual(command("я", { code: "KeyZ" }), { do: "undo" });
  assert.deepEqual(command("7", { code: "Numpad7" }), { do: "kind", key: "7" });
  // A Latin layout keeps its own letters wherever they lie.
  assert.deepEqual(command("z", { code: "KeyY" }), { do: "undo" });
  assert.equal(command("F5", { code: "F5" }), null);
  assert.equal(command("Tab", { code: "Tab" }), null);
});

test("a key that no kind has bound is the page's, or nobody's", () => {
  assert.equal(command("5"), null);
  assert.equal(command("b"), null);
  assert.equal(command("0", {}, "page", "label", []), null);
});

test("a period fits the image on every item: digits are the labels' alone", () => {
  assert.deepEqual(command("."), { do: "zoom", by: 0 });
  assert.deepEqual(command(".", {}, "page", "label", []), { do: "zoom", by: 0 });
  assert.equal(command(".", {}, "area"), null);
});

test("the help lists what the page has: zoom where there are images, flags for who may flag", () => {
  const names = (more: Partial<Parameters<typeof actionsOn>[1]>) =>
    actionsOn(ACTIONS, { images: false, severalQuestions: false, canFlag: false, ...more }).map(
      ({ name }) => name,
    );
  const always = names({});
  assert.deepEqual(
    ACTIONS.map(({ name }) => name).filter((name) => !always.includes(name)),
    ["flag", "previous_question", "next_question", "zoom_in", "zoom_out", "fit"],
  );
  const more = (has: Parameters<typeof names>[0]) => names(has).filter((name) => !always.includes(name));
  assert.deepEqual(more({ images: true }), ["zoom_in", "zoom_out", "fit"]);
  assert.deepEqual(more({ severalQuestions: true }), ["previous_question", "next_question"]);
  assert.deepEqual(more({ canFlag: true }), ["flag"]);
});

test("an action has the key that the person gave it, and its usual one is free", () => {
  const keys = boundKeys(ACTIONS, { ...USUAL, next: "n", redo: "Shift n", submit: "F2" }, new Set());
  const mine = (key: string, more: Partial<KeyPress> = {}) =>
    command(key, more, "page", "label", [{ key: "x" }, { key: "n" }], keys);
  assert.deepEqual(mine("n"), { do: "next" });
  assert.deepEqual(mine("N", { shift: true }), { do: "redo" });
  assert.deepEqual(mine("F2"), { do: "submit" });
  for (const key of ["j", "Enter"]) assert.equal(mine(key), null, key);
  assert.deepEqual(mine("x"), { do: "kind", key: "x" });
  assert.deepEqual(command("Enter", { ctrl: true }, "area", "label", [], keys), { do: "submit" });
});

test("a key that answers here is no action's: that keeps its usual one while nobody else has it", () => {
  const taken = new Set(["n", "5"]);
  assert.equal(boundKeys(ACTIONS, { ...USUAL, next: "n" }, taken).next, "j");
  const crossed = boundKeys(ACTIONS, { ...USUAL, next: "n", previous: "j" }, taken);
  assert.deepEqual([crossed.next, crossed.previous], [undefined, "j"]);
  // A key of a kind that means nothing now goes on to the page, as ever.
  assert.equal(boundKeys(ACTIONS, USUAL, new Set(["Enter"])).submit, "Enter");
});

test("a key is exchanged with the action that had it", () => {
  const { keys, other } = withKey(USUAL, "next", "k");
  assert.deepEqual([keys.next, keys.previous, other], ["k", "j", "previous"]);
  assert.equal(withKey(USUAL, "next", "n").other, null);
  assert.deepEqual(withKey(USUAL, "next", "j"), { keys: USUAL, other: null });
});

test("digits, the slash, Tab, Esc and the browser's shortcuts are not to be had", () => {
  const bound = (key: string, more: Partial<KeyPress> = {}) => keyToBind(press(key, more));
  for (const key of ["5", "/", "Tab", "Escape", "Shift", "é"]) assert.equal(bound(key), null, key);
  assert.equal(bound("&", { code: "Digit1" }), null);
  assert.equal(bound("s", { ctrl: true }), null);
  assert.equal(bound("a", { composing: true }), null);
  assert.deepEqual(
    [
      bound("n"),
      bound("N", { shift: true }),
      bound("я", { code: "KeyZ" }),
      bound(" "),
      bound("+", { shift: true }),
    ],
    ["n", "Shift n", "z", "Space", "+"],
  );
  assert.deepEqual(
    [bound("ArrowRight"), bound("Enter", { shift: true }), bound("=")],
    ["ArrowRight", "Shift Enter", "="],
  );
});

test("plus needs no Shift, unless its key was given away", () => {
  assert.deepEqual(command("="), { do: "zoom", by: 1 });
  assert.deepEqual(command("=", {}, "page", "label", [], { ...USUAL, fit: "=" }), { do: "zoom", by: 0 });
});

test("keys are named as they are printed", () => {
  assert.deepEqual(["z", "Shift z", "ArrowUp", "-", "Space", "PageDown"].map(keyWords), [
    "Z",
    "Shift Z",
    "↑",
    "−",
    "Space",
    "Page Down",
  ]);
});
