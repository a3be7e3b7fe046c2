import assert from "node:assert/strict";
import { test } from "node:test";
import { CodePoints } from "../../src/core/code_points.ts";

test("units and code points are converted both ways, whatever the text", () => {
  const texts = ["", "plain", "😀", "a😀b👩‍👩‍👧c\n\n𝒳y", "né́ 日本 🇩🇪😀😀"];
  for (const text of texts) {
    const points = new CodePoints(text);
    const characters = [...text];
    assert.equal(points.length, characters.length);
    let unit = 0;
    for (const [point, character] of characters.entries()) {
      assert.equal(points.toUnit(point), unit, `${text} at ${point}`);
      assert.equal(points.fromUnit(unit), point, `${text} at unit ${unit}`);
      // Within a character its beginning counts.
      if (character.length === 2) assert.equal(points.fromUnit(unit + 1), point);
      unit += character.length;
    }
    assert.equal(points.toUnit(points.length), text.length);
    assert.equal(points.fromUnit(text.length), points.length);
  }
});

test("half a pair on its own is a character like any other", () => {
  const points = new CodePoints("a\ud83d😀\ude00b");
  assert.equal(points.length, 5);
  assert.equal(points.toUnit(4), 5);
});
