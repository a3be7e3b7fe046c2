import assert from "node:assert/strict";
import { test } from "node:test";
import { Serial } from "../../src/editor/session/serial.ts";

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("an act that waits holds back the next ones, in order", async () => {
  const done: string[] = [];
  const serial = new Serial(() => undefined);
  let finish = () => {};
  serial.run(() => {
    done.push("submit");
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  serial.run(() => {
    done.push("digit");
  });
  serial.run(async () => {
    done.push("submit again");
  });
  serial.run(() => {
    done.push("digit again");
  });
  assert.deepEqual(done, ["submit"]);
  finish();
  await settled();
  assert.deepEqual(done, ["submit", "digit", "submit again", "digit again"]);
});

test("an act that needs no waiting is done at once", () => {
  const done: string[] = [];
  new Serial(() => undefined).run(() => {
    done.push("digit");
  });
  assert.deepEqual(done, ["digit"]);
});

test("an act that fails is told and does not hold up the next", async () => {
  const failures: unknown[] = [];
  const done: string[] = [];
  const serial = new Serial((error) => failures.push((error as Error).message));
  serial.run(() => Promise.reject(new Error("storage full")));
  serial.run(() => {
    throw new Error("bug");
  });
  serial.run(() => {
    done.push("next");
  });
  await settled();
  assert.deepEqual(failures, ["storage full", "bug"]);
  assert.deepEqual(done, ["next"]);
});
