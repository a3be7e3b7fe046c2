// Long texts are laid out in blocks, so that the browser only works on those in sight.

const BLOCK = 2_000;

export interface TextBlock {
  /** Where the block begins in the whole text, in UTF-16 units. */
  start: number;
  text: string;
}

/** A stretch of the text, in units or code points; the end is not part of it. */
export interface Stretch {
  start: number;
  end: number;
}

/**
 * Cut a text at line ends into blocks of about 2,000 characters. Each block is a paragraph of its own on the
 * page, so the line end between two blocks is left out; a longer line stays whole.
 */
export function blocksOf(text: string): TextBlock[] {
  if (text.length <= BLOCK * 2) return [{ start: 0, text }];
  const blocks: TextBlock[] = [];
  let start = 0;
  while (text.length - start > BLOCK) {
    const end = text.indexOf("\n", start + BLOCK);
    if (end < 0) break;
    blocks.push({ start, text: text.slice(start, end) });
    start = end + 1;
  }
  blocks.push({ start, text: text.slice(start) });
  return blocks;
}

/** The block that shows this unit of the whole text, and where in it; a left out line end is the block's end. */
export function placeIn(blocks: readonly TextBlock[], unit: number): { index: number; offset: number } {
  let [low, high] = [0, blocks.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((blocks[middle]?.start ?? 0) <= unit) low = middle;
    else high = middle - 1;
  }
  const block = blocks[low];
  const offset = Math.min(Math.max(0, unit - (block?.start ?? 0)), block?.text.length ?? 0);
  return { index: low, offset };
}

/** A piece of a block that the same stretches cover. */
export interface Segment extends Stretch {
  /** Which stretches, by their place in the list; none outside of all. */
  covered: number[];
}

/** Cut a block where stretches of the whole text (in units) begin and end; segments are in units of the block. */
export function segmentsOf(block: TextBlock, stretches: readonly Stretch[]): Segment[] {
  const { length } = block.text;
  const inside = stretches
    .map(({ start, end }, place) => ({ start: start - block.start, end: end - block.start, place }))
    .filter(({ start, end }) => start < length && end > 0 && start < end);
  const cuts = [
    0,
    length,
    ...inside.flatMap(({ start, end }) => [Math.max(0, start), Math.min(length, end)]),
  ];
  const places = [...new Set(cuts)].sort((a, b) => a - b);
  return places.slice(0, -1).map((start, index) => {
    const end = places[index + 1] ?? length;
    const covered = inside.filter((one) => one.start <= start && one.end >= end).map(({ place }) => place);
    return { start, end, covered };
  });
}
