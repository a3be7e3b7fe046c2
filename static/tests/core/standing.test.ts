import assert from "node:assert/strict";
import { test } from "node:test";
import { leftNow, REMAINING_CAP, wantedAhead } from "../../src/core/standing.ts";

test("few are what the claim says and what is on the page; many are counted apart, or said to be many", () => {
  const counted = { left: 449, since: 3 };
  assert.equal(leftNow({ remaining: 12, loaded: 5, counted }), 17);
  assert.equal(leftNow({ remaining: 0, loaded: 0, counted }), 0);
  assert.equal(leftNow({ remaining: REMAINING_CAP, loaded: 5, counted }), 446);
  assert.equal(leftNow({ remaining: REMAINING_CAP, loaded: 5, counted: null }), null);
  assert.equal(leftNow({ remaining: null, loaded: 0, counted: null }), null);
});

test("an answer taken back is left again, and no fewer are left than are on the page", () => {
  assert.equal(leftNow({ remaining: REMAINING_CAP, loaded: 5, counted: { left: 449, since: -1 } }), 450);
  assert.equal(leftNow({ remaining: REMAINING_CAP, loaded: 9, counted: { left: 20, since: 18 } }), 9);
});

test("twenty ahead where there is plenty, a fair share where there is not, and never fewer than it takes", () => {
  const ahead = (left: number | null, people = 3, most = 20) => wantedAhead({ least: 5, most, people }, left);
  assert.equal(ahead(449), 20);
  assert.equal(ahead(60), 10);
  assert.equal(ahead(20), 5);
  assert.equal(ahead(null), 5);
  assert.equal(ahead(449, 3, 5), 5, "images");
  assert.equal(ahead(100, 0), 20);
  // All together hold at most half of what is left, while anybody holds more than the least.
  for (const left of [30, 100, 200, 1000]) assert.ok(ahead(left, 4) === 5 || 4 * ahead(left, 4) <= left / 2);
});
