import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addClaimed,
  bringNext,
  nextOpen,
  openAhead,
  refillCount,
  trimAnswered,
} from "../../src/core/timeline.ts";

/** "a" to "z" answered, "A" to "Z" open. */
function row(letters: string) {
  return [...letters].map((letter) => ({ id: letter.charCodeAt(0), open: letter === letter.toUpperCase() }));
}
const words = (slots: readonly { id: number }[]) =>
  slots.map((slot) => String.fromCharCode(slot.id)).join("");

test("claims are asked for when fewer than three are ahead, up to the number to hold", () => {
  assert.equal(refillCount([], -1, { prefetch: 5 }), 5);
  assert.equal(refillCount(row("ABCDE"), 0, { prefetch: 5 }), 0);
  assert.equal(refillCount(row("abCDEF"), 2, { prefetch: 5 }), 0);
  assert.equal(refillCount(row("abCDE"), 2, { prefetch: 5 }), 2);
  assert.equal(refillCount(row("abC"), 2, { prefetch: 5 }), 4);
  assert.equal(refillCount(row("abcDE"), 1, { prefetch: 5 }), 3);
});

test("after an answer comes the next open item, or one left open before, or none", () => {
  assert.equal(nextOpen(row("abCD"), 1), 2);
  assert.equal(nextOpen(row("aBcd"), 2), 1);
  assert.equal(nextOpen(row("abc"), 1), -1);
  assert.equal(openAhead(row("AbCD"), 0), 2);
});

test("the last ten answers stay; open items and pinned ones always do", () => {
  const slots = row("abcdefghijklmNO");
  assert.equal(words(trimAnswered(slots, new Set())), "defghijklmNO");
  assert.equal(words(trimAnswered(slots, new Set(["a".charCodeAt(0)]))), "aefghijklmNO");
  assert.equal(words(trimAnswered(row("abC"), new Set())), "abC");
});

test("a claimed task that is already there is not added twice", () => {
  assert.equal(words(addClaimed(row("aB"), row("BCD"))), "aBCD");
});

test("a refused item comes right after the one on the screen, wherever it was", () => {
  const slots = row("abCDE");
  assert.equal(words(bringNext(slots, { id: 97, open: true }, 2)), "bCaDE");
  assert.equal(words(bringNext(slots, { id: 122, open: true }, 2)), "abCzDE");
  assert.equal(words(bringNext(slots, { id: 67, open: true }, 2)), "abCDE");
  assert.equal(words(bringNext([], { id: 97, open: true }, -1)), "a");
});
