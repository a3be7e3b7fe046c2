import assert from "node:assert/strict";
import { test } from "node:test";
import { blocksOf } from "../../src/core/text_blocks.ts";

test("a short text is one block, line ends and all", () => {
  assert.deepEqual(blocksOf("a\n\nb"), ["a\n\nb"]);
  assert.deepEqual(blocksOf(""), [""]);
});

test("a long text is cut at line ends and can be put together again", () => {
  const text = Array.from({ length: 500 }, (_, line) => `line ${line} ${"word ".repeat(line % 40)}`).join(
    "\n",
  );
  const blocks = blocksOf(text);
  assert.ok(blocks.length > 5);
  assert.ok(blocks.every((block) => block.length < 2_400));
  assert.equal(blocks.join("\n"), text);
});

test("a line is never cut, however long", () => {
  const line = "x".repeat(9_000);
  assert.deepEqual(blocksOf(line), [line]);
  assert.deepEqual(blocksOf(`${line}\nend`), [line, "end"]);
});
