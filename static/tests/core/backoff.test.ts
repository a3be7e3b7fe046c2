import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, retryAfter } from "../../src/core/backoff.ts";

test("the wait doubles with every failure and stays within half and the whole of its step", () => {
  for (const [failures, step] of [
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [5, 16_000],
  ] as const) {
    assert.equal(
      backoff(failures, () => 0),
      step / 2,
    );
    assert.equal(
      backoff(failures, () => 1),
      step,
    );
  }
});

test("the wait is capped, however many failures there were", () => {
  assert.equal(
    backoff(50, () => 1),
    30_000,
  );
  assert.equal(
    backoff(2_000, () => 1),
    30_000,
  );
});

test("Retry-After is read as seconds or as a date, and anything else is ignored", () => {
  const now = Date.parse("2026-03-01T10:00:00Z");
  assert.equal(retryAfter("7", now), 7_000);
  assert.equal(retryAfter("Sun, 01 Mar 2026 10:00:30 GMT", now), 30_000);
  assert.equal(retryAfter("Sun, 01 Mar 2026 09:00:00 GMT", now), 0);
  assert.equal(retryAfter("soon", now), null);
  assert.equal(retryAfter("", now), null);
  assert.equal(retryAfter(null, now), null);
});
