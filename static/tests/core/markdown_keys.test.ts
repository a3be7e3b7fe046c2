import assert from "node:assert/strict";
import { test } from "node:test";
import {
  continued,
  type Edit,
  indented,
  prefixed,
  type Written,
  wrapped,
} from "../../src/core/markdown_keys.ts";

/** A text with its selection: "a [b] c" selects b, "a | c" only puts the caret. */
function read(marked: string): Written {
  const start = marked.search(/[[|]/);
  if (marked[start] === "|") return { text: marked.replace("|", ""), start, end: start };
  const end = marked.indexOf("]") - 1;
  return { text: marked.replace("[", "").replace("]", ""), start, end };
}

function shown(written: Written, edit: Edit | null): string | null {
  if (!edit) return null;
  const text = written.text.slice(0, edit.from) + edit.insert + written.text.slice(edit.to);
  if (edit.start === edit.end) return `${text.slice(0, edit.start)}|${text.slice(edit.start)}`;
  return `${text.slice(0, edit.start)}[${text.slice(edit.start, edit.end)}]${text.slice(edit.end)}`;
}

test("marks go around what is selected, and away again", () => {
  const cases: [string, string, string][] = [
    ["say [this] now", "**", "say **[this]** now"],
    ["say **[this]** now", "**", "say [this] now"],
    ["say [**this**] now", "**", "say [this] now"],
    ["say | now", "**", "say **|** now"],
    ["say **|** now", "**", "say | now"],
    ["say [this] now", "*", "say *[this]* now"],
    ["say *[this]* now", "*", "say [this] now"],
    ["say **[this]** now", "*", "say ***[this]*** now"],
    ["say ***[this]*** now", "*", "say **[this]** now"],
    ["say [**this**] now", "*", "say *[**this**]* now"],
    ["[x]", "`", "`[x]`"],
  ];
  for (const [before, mark, after] of cases) {
    const written = read(before);
    assert.equal(shown(written, wrapped(written, mark)), after, `${before} with ${mark}`);
  }
});

test("every selected line gets its mark, or loses it", () => {
  const cases: [string, string, string][] = [
    ["one\nt|wo", "- ", "one\n- t|wo"],
    ["one\n- t|wo", "- ", "one\nt|wo"],
    ["- |", "- ", "|"],
    ["[one\ntwo]\nthree", "> ", "[> one\n> two]\nthree"],
    ["[> one\n> two]\nthree", "> ", "[one\ntwo]\nthree"],
    ["[one\n]two", "- ", "[- one]\ntwo"],
  ];
  for (const [before, mark, after] of cases) {
    const written = read(before);
    assert.equal(shown(written, prefixed(written, mark)), after, before);
  }
});

test("Enter goes on with a list or a quote, and ends it on an empty item", () => {
  const cases: [string, string | null][] = [
    ["- one|", "- one\n- |"],
    ["- one| and more", "- one\n- | and more"],
    ["  * one|", "  * one\n  * |"],
    ["9. one|", "9. one\n10. |"],
    ["- [x] done|", "- [x] done\n- [ ] |"],
    ["> said|", "> said\n> |"],
    ["a\n- |", "a\n|"],
    ["> |", "|"],
    ["plain|", null],
    ["|- one", null],
    ["- [on]e", null],
    ["-one|", null],
  ];
  for (const [before, after] of cases) {
    const written = before === "- [x] done|" ? { text: "- [x] done", start: 10, end: 10 } : read(before);
    assert.equal(shown(written, continued(written)), after, before);
  }
});

test("Tab moves list items and several lines, and leaves the field elsewhere", () => {
  const cases: [string, boolean, string | null][] = [
    ["- o|ne", false, "  - o|ne"],
    ["  - o|ne", true, "- o|ne"],
    ["- o|ne", true, null],
    ["pl|ain", false, null],
    ["[one\n\ntwo]", false, "  [one\n\n  two]"],
    ["  [one\n  two]", true, "[one\ntwo]"],
  ];
  for (const [before, outward, after] of cases) {
    const written = read(before);
    assert.equal(shown(written, indented(written, outward)), after, before);
  }
});
