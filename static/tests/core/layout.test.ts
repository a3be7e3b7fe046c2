// Widths, text sizes and scrolling of the label page.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  labelsWidth,
  labelWidth,
  SIDE_LEAST,
  SIDE_MOST,
  scrollTopFor,
  sideWithin,
  stepTextSize,
  TEXT_SIZES,
} from "../../src/core/layout.ts";

const titles = (count: number, length: number) => Array.from({ length: count }, () => "x".repeat(length));

test("text sizes go up and down one at a time and stop at the ends", () => {
  assert.equal(stepTextSize(16, 1), 18);
  assert.equal(stepTextSize(16, -1), 14);
  assert.equal(stepTextSize(14, -1), 14);
  assert.equal(stepTextSize(28, 1), 28);
  // A size kept by an earlier version is none of the list: the next one in that direction follows.
  assert.equal(stepTextSize(17, 1), 18);
  assert.equal(stepTextSize(17, -1), 16);
  assert.ok(TEXT_SIZES.includes(16));
});

test("labels take the width of their titles, and a few long ones may wrap", () => {
  assert.ok(labelWidth(titles(3, 30)) > labelWidth(titles(3, 12)));
  assert.equal(labelWidth([...titles(19, 12), "x".repeat(80)]), labelWidth(titles(20, 12)));
  assert.equal(labelWidth([]), labelWidth(["x"]));
});

test("many labels take two columns as wide as their titles", () => {
  const few = labelsWidth(titles(12, 14));
  const many = labelsWidth(titles(45, 14));
  assert.ok(many > 2 * labelWidth(titles(45, 14)));
  assert.ok(few < many);
});

test("the answers are never too narrow and leave the item its room", () => {
  assert.equal(sideWithin(100, 1280), SIDE_LEAST);
  assert.equal(sideWithin(2_000, 1920), SIDE_MOST);
  assert.equal(sideWithin(600, 800), 480);
  assert.equal(sideWithin(600, 400), SIDE_LEAST);
});

test("what is in sight stays where it is; what is not comes as far as it must", () => {
  assert.equal(scrollTopFor({ top: 120, bottom: 200, viewTop: 100, viewHeight: 300 }), 100);
  assert.equal(scrollTopFor({ top: 20, bottom: 90, viewTop: 100, viewHeight: 300 }), 20);
  assert.equal(scrollTopFor({ top: 380, bottom: 500, viewTop: 100, viewHeight: 300 }), 200);
  // Too tall to be seen whole: its beginning, wherever the window stood.
  assert.equal(scrollTopFor({ top: 0, bottom: 2_000, viewTop: 1_423, viewHeight: 300 }), 0);
  assert.equal(scrollTopFor({ top: 500, bottom: 2_000, viewTop: 0, viewHeight: 300 }), 500);
});
