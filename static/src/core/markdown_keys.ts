// What keys do in a field for Markdown: pure, from the text and the selection to the change.

/** A text and what of it is selected (start and end are the same where nothing is). */
export interface Written {
  text: string;
  start: number;
  end: number;
}

/** Replace `from`..`to` by `insert`, and select `start`..`end` of the text that comes of it. */
export interface Edit {
  from: number;
  to: number;
  insert: string;
  start: number;
  end: number;
}

const ITEM = /^(\s*)(?:([-*+])|(\d{1,4})([.)]))(\s+)(\[[ xX]\]\s+)?/;
const QUOTE = /^(\s*>\s?)+/;
const INDENT = "  ";

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Put marks around what is selected, or take them away where they are. */
export function wrapped({ text, start, end }: Written, mark: string): Edit {
  const size = mark.length;
  const inside = text.slice(start, end);
  const marked = inside.length >= 2 * size && inside.startsWith(mark) && inside.endsWith(mark);
  if (marked && !(size === 1 && isStrong(inside))) {
    const bare = inside.slice(size, inside.length - size);
    return { from: start, to: end, insert: bare, start, end: start + bare.length };
  }
  const before = text.slice(start - size, start);
  if (
    start >= size &&
    before === mark &&
    text.slice(end, end + size) === mark &&
    !besideStrong(text, start, end, mark)
  ) {
    return { from: start - size, to: end + size, insert: inside, start: start - size, end: end - size };
  }
  return { from: start, to: end, insert: mark + inside + mark, start: start + size, end: end + size };
}

function isStrong(inside: string): boolean {
  return inside.startsWith("**") && inside.endsWith("**") && !inside.startsWith("***");
}

/** Whether the single mark beside the selection is half of a double one. */
function besideStrong(text: string, start: number, end: number, mark: string): boolean {
  if (mark.length !== 1) return false;
  return text[start - 2] === mark && text[end + 1] === mark && text[start - 3] !== mark;
}

/** Begin every selected line with a mark (`- `, `> `, `## `), or take it away where all begin with it. */
export function prefixed({ text, start, end }: Written, mark: string): Edit {
  const from = lineStart(text, start);
  const to = lineEnd(text, end > start && text[end - 1] === "\n" ? end - 1 : end);
  const lines = text.slice(from, to).split("\n");
  const all = lines.every((line) => line.startsWith(mark));
  const insert = lines.map((line) => (all ? line.slice(mark.length) : mark + line)).join("\n");
  if (start === end) {
    const at = Math.max(from, start + (all ? -mark.length : mark.length));
    return { from, to, insert, start: at, end: at };
  }
  return { from, to, insert, start: from, end: from + insert.length };
}

/** Go on with the list or the quote on a new line; on an item that has nothing yet, end it. Null: an ordinary Enter. */
export function continued({ text, start, end }: Written): Edit | null {
  if (start !== end) return null;
  const from = lineStart(text, start);
  const line = text.slice(from, lineEnd(text, start));
  const item = ITEM.exec(line);
  const mark = item?.[0] ?? QUOTE.exec(line)?.[0];
  if (!mark || start - from < mark.length) return null;
  if (line.trim() === mark.trim())
    return { from, to: from + line.length, insert: "", start: from, end: from };
  const next = item?.[3]
    ? `${item[1]}${Number(item[3]) + 1}${item[4]}${item[5]}${item[6] ? "[ ] " : ""}`
    : unchecked(mark);
  const insert = `\n${next}`;
  return { from: start, to: start, insert, start: start + insert.length, end: start + insert.length };
}

function unchecked(mark: string): string {
  return mark.replace(/\[[xX]\]/, "[ ]");
}

/** Move list items and selected lines in, or out. Null: the key is not for us, and leaves the field. */
export function indented({ text, start, end }: Written, outward: boolean): Edit | null {
  const from = lineStart(text, start);
  const to = lineEnd(text, end);
  const lines = text.slice(from, to).split("\n");
  if (lines.length === 1 && !ITEM.test(lines[0] ?? "")) return null;
  const moved = lines.map((line) => (outward ? line.replace(/^ {1,2}/, "") : line ? INDENT + line : line));
  const insert = moved.join("\n");
  if (insert === text.slice(from, to)) return null;
  const first = (moved[0]?.length ?? 0) - (lines[0]?.length ?? 0);
  const begin = Math.max(from, start + first);
  return { from, to, insert, start: begin, end: Math.max(begin, end + insert.length - (to - from)) };
}
