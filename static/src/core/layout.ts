// How much room the parts of the label page take, in CSS pixels.

/** Sizes of an item's text, from the smallest to the largest. */
export const TEXT_SIZES: readonly number[] = [14, 16, 18, 20, 24, 28];
export const TEXT_SIZE = 16;

export const SIDE_LEAST = 280;
export const SIDE_MOST = 760;
/** As narrow as the answers are by themselves: their buttons stand in two rows. */
export const SIDE_BY_ITSELF = 340;
/** What the item keeps beside the answers. */
const ITEM_LEAST = 320;

/** An average letter of a label's title, and what stands around it: color, key, padding. */
const LETTER = 7.5;
const AROUND_TITLE = 92;
const LABEL_LEAST = 120;
const LABEL_MOST = 340;
/** Up to this many labels stand below each other; more take two columns. */
const ONE_COLUMN = 12;
const BETWEEN_COLUMNS = 6;
const AROUND_LABELS = 46;
/** Titles longer than those of this share of the labels may wrap. */
const UNWRAPPED = 0.9;

/** The next text size up or down; the size itself at either end. */
export function stepTextSize(size: number, by: 1 | -1): number {
  const larger = TEXT_SIZES.find((other) => other > size);
  const smaller = TEXT_SIZES.filter((other) => other < size).at(-1);
  return (by > 0 ? larger : smaller) ?? size;
}

/** The width in which most of these titles fit on one line, with color and key. */
export function labelWidth(titles: readonly string[]): number {
  const lengths = titles.map((title) => [...title].length).sort((a, b) => a - b);
  const long = lengths[Math.min(lengths.length - 1, Math.floor(lengths.length * UNWRAPPED))] ?? 0;
  return Math.round(Math.min(LABEL_MOST, Math.max(LABEL_LEAST, long * LETTER + AROUND_TITLE)));
}

/** The width of answers made of labels with these titles: one column of a few, two of many. */
export function labelsWidth(titles: readonly string[]): number {
  const columns = titles.length > ONE_COLUMN ? 2 : 1;
  return columns * labelWidth(titles) + (columns - 1) * BETWEEN_COLUMNS + AROUND_LABELS;
}

/** The width of the answers that fits: never too narrow to use, and the item keeps its room. */
export function sideWithin(width: number, room: number): number {
  const most = Math.max(SIDE_LEAST, Math.min(SIDE_MOST, room - ITEM_LEAST));
  return Math.round(Math.min(most, Math.max(SIDE_LEAST, width)));
}

/** A part of what is scrolled, and the window on it: all in pixels from the top of what is scrolled. */
export interface Scrolled {
  top: number;
  bottom: number;
  viewTop: number;
  viewHeight: number;
}

/** Where to scroll so that a part is in sight: as little as it takes, and to its beginning where it is too tall. */
export function scrollTopFor({ top, bottom, viewTop, viewHeight }: Scrolled): number {
  if (top < viewTop || bottom - top > viewHeight) return top;
  return Math.max(viewTop, bottom - viewHeight);
}
