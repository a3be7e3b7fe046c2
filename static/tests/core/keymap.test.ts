import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Binding,
  commandFor,
  commandHelp,
  type Focus,
  type KeyPress,
  type Mode,
} from "../../src/core/keymap.ts";

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

const LABELS: readonly Binding[] = ["1", "2", "7", "a", "x", "0"].map((key) => ({ key }));

function command(
  key: string,
  more: Partial<KeyPress> = {},
  focus: Focus = "page",
  mode: Mode = "label",
  bindings: readonly Binding[] = LABELS,
) {
  return commandFor(press(key, more), focus, mode, bindings);
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
  const keys = (more: Partial<Parameters<typeof commandHelp>[0]>) =>
    commandHelp({ images: false, severalQuestions: false, canFlag: false, ...more }).map(([key]) => key);
  const always = keys({});
  assert.deepEqual(
    always.filter((key) => ["+ −", ".", "F", "↑ ↓"].includes(key)),
    [],
  );
  assert.ok(always.includes("Enter") && always.includes("Shift Z"));
  assert.deepEqual(
    keys({ images: true }).filter((key) => !always.includes(key)),
    ["+ −", "."],
  );
  assert.deepEqual(
    keys({ canFlag: true }).filter((key) => !always.includes(key)),
    ["F"],
  );
  assert.deepEqual(
    keys({ severalQuestions: true }).filter((key) => !always.includes(key)),
    ["↑ ↓"],
  );
});

test("a kind may bind Delete, Tab, Escape, arrows and Enter, and comes before the page", () => {
  const keys = ["Delete", "Tab", "Shift Tab", "Escape", "ArrowUp", "Enter", "Space"];
  const bindings = keys.map((key) => ({ key }));
  const bound = (key: string, more: Partial<KeyPress> = {}, focus: Focus = "page") =>
    command(key, more, focus, "label", bindings);
  for (const key of keys.filter((name) => !/Shift|Space/.test(name)))
    assert.deepEqual(bound(key), { do: "kind", key }, key);
  assert.deepEqual(bound(" "), { do: "kind", key: "Space" });
  assert.deepEqual(bound("Tab", { shift: true }), { do: "kind", key: "Shift Tab" });
  assert.equal(command("Tab", { shift: true }, "page", "label", [{ key: "Tab" }]), null);
  // What the focused control or a text box needs stays its own.
  for (const key of ["Enter", " ", "Tab"]) assert.equal(bound(key, {}, "control"), null, key);
  assert.deepEqual(bound("Delete", {}, "control"), { do: "kind", key: "Delete" });
  assert.equal(bound("ArrowUp", {}, "toggle")?.do, "question");
  assert.deepEqual(bound("Escape", {}, "area"), { do: "leave" });
  assert.equal(bound("Delete", {}, "line"), null);
});

test("no kind takes the letters of the page, a key of the browser, or a dialog's", () => {
  const bindings = ["z", "Shift z", "?", "c", "Delete", "Escape"].map((key) => ({ key }));
  const bound = (key: string, more: Partial<KeyPress> = {}, mode: Mode = "label") =>
    command(key, more, "page", mode, bindings);
  assert.deepEqual(bound("z"), { do: "undo" });
  assert.deepEqual(bound("Z", { shift: true }), { do: "redo" });
  assert.deepEqual(bound("?", { shift: true }), { do: "help" });
  assert.equal(bound("c", { ctrl: true }), null);
  assert.equal(bound("Delete", {}, "dialog"), null);
  assert.deepEqual(bound("Escape", {}, "skip"), { do: "cancel" });
});

test("a held key of a kind acts once, unless it says otherwise", () => {
  const bindings = [{ key: "Delete" }, { key: "ArrowLeft", repeats: true }];
  assert.equal(command("Delete", { repeat: true }, "page", "label", bindings), null);
  const held = command("ArrowLeft", { repeat: true }, "page", "label", bindings);
  assert.deepEqual(held, { do: "kind", key: "ArrowLeft" });
});
