// Long texts are laid out in blocks, so that the browser only works on those in sight.

const BLOCK = 2_000;

/**
 * Cut a text at line ends into blocks of about 2,000 characters. Each block is a paragraph of its own on the
 * page, so the line end between two blocks is left out; a longer line stays whole.
 */
export function blocksOf(text: string): string[] {
  if (text.length <= BLOCK * 2) return [text];
  const blocks: string[] = [];
  let start = 0;
  while (text.length - start > BLOCK) {
    const end = text.indexOf("\n", start + BLOCK);
    if (end < 0) break;
    blocks.push(text.slice(start, end));
    start = end + 1;
  }
  blocks.push(text.slice(start));
  return blocks;
}
