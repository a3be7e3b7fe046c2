import assert from "node:assert/strict";
import { test } from "node:test";
import { blocksOf, placeIn, segmentsOf } from "../../src/core/text_blocks.ts";

const texts = (text: string) => blocksOf(text).map((block) => block.text);

test("a short text is one block, line ends and all", () => {
  assert.deepEqual(texts("a\n\nb"), ["a\n\nb"]);
  assert.deepEqual(texts(""), [""]);
});

test("a long text is cut at line ends and can be put together again", () => {
  const text = Array.from({ length: 500 }, (_, line) => `line ${line} ${"word ".repeat(line % 40)}`).join(
    "\n",
  );
  const blocks = blocksOf(text);
  assert.ok(blocks.length > 5);
  assert.ok(blocks.every((block) => block.text.length < 2_400));
  assert.equal(blocks.map((block) => block.text).join("\n"), text);
  for (const block of blocks)
    assert.equal(text.slice(block.start, block.start + block.text.length), block.text);
});

test("a line is never cut, however long", () => {
  const line = "x".repeat(9_000);
  assert.deepEqual(texts(line), [line]);
  assert.deepEqual(texts(`${line}\nend`), [line, "end"]);
});

test("every place of a text lies in a block; a line end left out is the end of the block before it", () => {
  const text = Array.from({ length: 300 }, (_, line) => `line ${line} 😀`).join("\n");
  const long = text.repeat(4);
  const blocks = blocksOf(long);
  assert.ok(blocks.length > 3);
  for (let unit = 0; unit <= long.length; unit += 1) {
    const { index, offset } = placeIn(blocks, unit);
    const block = blocks[index];
    assert.ok(block && offset <= block.text.length);
    assert.ok(
      block.start + offset === unit || (long[unit - 1] === "\n" && block.start + offset === unit - 1),
    );
    if (long[unit] === "\n") assert.equal(block.start + offset, unit);
  }
});

test("stretches that overlap cut a block into segments that know what covers them", () => {
  const block = { start: 10, text: "abcdefghij" };
  const stretches = [
    { start: 0, end: 13 },
    { start: 12, end: 16 },
    { start: 30, end: 40 },
    { start: 15, end: 15 },
  ];
  assert.deepEqual(segmentsOf(block, stretches), [
    { start: 0, end: 2, covered: [0] },
    { start: 2, end: 3, covered: [0, 1] },
    { start: 3, end: 6, covered: [1] },
    { start: 6, end: 10, covered: [] },
  ]);
  assert.deepEqual(segmentsOf(block, []), [{ start: 0, end: 10, covered: [] }]);
});
