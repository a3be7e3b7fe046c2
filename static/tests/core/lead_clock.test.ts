import assert from "node:assert/strict";
import { test } from "node:test";
import { LeadClock } from "../../src/core/lead_clock.ts";

test("counts from the moment the item is shown", () => {
  const clock = new LeadClock();
  assert.equal(clock.elapsed(500), 0);
  clock.resume(1_000);
  assert.equal(clock.elapsed(3_500), 2_500);
});

test("a stretch without input counts for thirty seconds at most", () => {
  const clock = new LeadClock();
  clock.resume(0);
  clock.input(10_000);
  clock.input(110_000);
  clock.input(112_000);
  assert.equal(clock.elapsed(113_000), 10_000 + 30_000 + 2_000 + 1_000);
});

test("hidden time does not count", () => {
  const clock = new LeadClock();
  clock.resume(0);
  clock.pause(4_000);
  clock.input(50_000);
  assert.equal(clock.elapsed(60_000), 4_000);
  clock.resume(60_000);
  assert.equal(clock.elapsed(61_000), 5_000);
});

test("resuming twice does not lose what runs, and a draft's time is carried on", () => {
  const clock = new LeadClock(7_000);
  clock.resume(0);
  clock.resume(1_500);
  assert.equal(clock.elapsed(2_000), 9_000);
});

test("a clock that steps back counts nothing", () => {
  const clock = new LeadClock();
  clock.resume(5_000);
  assert.equal(clock.elapsed(4_000), 0);
});
