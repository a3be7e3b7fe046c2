import assert from "node:assert/strict";
import { test } from "node:test";
import { Making, type MakingState } from "../../src/core/making.ts";

/** A server that makes images, and a clock that takes no time. */
function world(states: (url: string, times: number) => MakingState) {
  const asked: string[] = [];
  const pauses: number[] = [];
  const making = new Making({
    ask: async (url) => {
      asked.push(url);
      return states(url, asked.filter((other) => other === url).length);
    },
    sleep: async (milliseconds) => {
      pauses.push(milliseconds);
    },
    random: () => 1,
  });
  return { making, asked, pauses };
}

test("an image is asked for until it is there, with longer and longer pauses", async () => {
  const { making, asked, pauses } = world((_, times) => (times < 4 ? "waiting" : "there"));
  assert.equal(await making.whenMade("/a"), true);
  assert.equal(asked.length, 4);
  assert.deepEqual(pauses, [1_000, 1_500, 2_250, 3_375]);
});

test("one that is gone is not waited for, and a server that is away makes nobody give up", async () => {
  const { making } = world((url, times) => (times < 3 ? "away" : url === "/gone" ? "gone" : "there"));
  assert.deepEqual(await Promise.all([making.whenMade("/gone"), making.whenMade("/a")]), [false, true]);
});

test("two places that want the same image ask once", async () => {
  const { making, asked } = world(() => "there");
  assert.deepEqual(await Promise.all([making.whenMade("/a"), making.whenMade("/a")]), [true, true]);
  assert.deepEqual(asked, ["/a"]);
});

test("of many, six are asked for at a time, and each in its turn", async () => {
  const urls = Array.from({ length: 20 }, (_, number) => `/${number}`);
  const { making, asked, pauses } = world((_, times) => (times < 2 ? "waiting" : "there"));
  await Promise.all(urls.map((url) => making.whenMade(url)));
  assert.equal(asked.length, 40);
  assert.deepEqual(asked.slice(0, 20), urls, "all once before any of them twice");
  assert.equal(pauses.length, 7);
});

test("after all were made, others can be waited for", async () => {
  const { making, pauses } = world(() => "there");
  await making.whenMade("/a");
  await making.whenMade("/b");
  assert.deepEqual(pauses, [1_000, 1_000]);
});
