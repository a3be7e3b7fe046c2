import assert from "node:assert/strict";
import { test } from "node:test";
import { type SaveStanding, saveWords } from "../../src/sending/save_words.ts";

function said(more: Partial<SaveStanding>): string {
  const calm = { line: { is: "good" as const }, waiting: 0, keeping: false, durable: true };
  return saveWords({ ...calm, online: true, otherUser: null, here: "/", ...more }).text;
}

test("saved is what is submitted; a draft says where it is", () => {
  assert.equal(said({}), "Saved");
  assert.equal(said({ draft: "none" }), "Saved");
  assert.equal(said({ draft: "changed" }), "Saving");
  assert.equal(said({ draft: "kept" }), "Draft kept in this browser");
  assert.equal(said({ draft: "stored" }), "Draft saved");
});

test("what waits and what is wrong come first", () => {
  assert.equal(said({ draft: "stored", waiting: 1 }), "Saving");
  assert.equal(said({ draft: "kept", durable: false }), "Saved (this browser keeps no copy)");
  assert.match(
    said({ draft: "stored", line: { is: "offline", retryAt: 0 }, online: false, waiting: 2 }),
    /^Offline, 2 waiting/,
  );
});
