// Many items answered at once: what is selected, where the keys lead, how many fit. Pure.
import { actionKeys, type Binding, type KeyPress, type KeyTable, keyNames, plainKey } from "./keymap.ts";

/** What has the focus: it decides which keys belong to the page. */
export type ManyFocus =
  | "page" // nothing that takes keys
  | "tile" // an item: Space is its own
  | "control" // button or link: Enter and Space are its own
  | "typing"; // a text box

export type ManyCommand =
  /** Answer what is selected: a key of the question's kind. */
  | { do: "answer"; key: string }
  | { do: "move"; by: Step; extend: boolean }
  | { do: "toggle" }
  | { do: "all" }
  | { do: "none" }
  | { do: "undo" }
  | { do: "skip" }
  | { do: "skip_reason"; index: number }
  /** Show more, before all that is on the screen is answered. */
  | { do: "more" }
  | { do: "leave" };

export type Step = "left" | "right" | "up" | "down";

const ARROWS: Record<string, Step> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** The keys of acts whose letter a label may have: then another key does it. */
export function actKeys(bindings: readonly Binding[]): { all: string; skip: string; more: string } {
  const taken = new Set(bindings.map(({ key }) => key));
  return {
    all: taken.has("a") ? "Ctrl A" : "A",
    skip: taken.has("s") ? "Shift Space" : "S",
    more: taken.has("n") ? "" : "N",
  };
}

/**
 * The command that a key press means, or null when the key is not ours. Labels come before the page's letters; undo,
 * next and previous are where the person has them on the label page (`keys`).
 */
export function manyCommand(
  press: KeyPress,
  focus: ManyFocus,
  { skipping, bindings, keys }: { skipping: boolean; bindings: readonly Binding[]; keys: KeyTable },
): ManyCommand | null {
  if (press.composing || press.alt) return null;
  if (focus === "typing") return press.key === "Escape" ? { do: "leave" } : null;
  const key = plainKey(press);
  if (press.ctrl || press.meta) return key === "a" && !press.shift ? { do: "all" } : null;
  if (press.key === "Escape") return { do: "none" };
  if (skipping && /^[1-9]$/.test(key)) {
    return press.repeat ? null : { do: "skip_reason", index: Number(key) - 1 };
  }
  if (press.key === " " || press.key === "Enter") return pressed(press, focus);
  const bound = keyNames(press).find((name) => bindings.some((binding) => binding.key === name));
  if (bound) return press.repeat ? null : { do: "answer", key: bound };
  const by = ARROWS[press.key];
  if (by) return { do: "move", by, extend: press.shift };
  const name = actionKeys(press).find((candidate) => keys.has(candidate));
  const action = name && keys.get(name);
  if (action === "next") return { do: "move", by: "right", extend: false };
  if (action === "previous") return { do: "move", by: "left", extend: false };
  if (press.repeat) return null;
  return action === "undo" ? { do: "undo" } : (LETTERS[key] ?? null);
}

function pressed(press: KeyPress, focus: ManyFocus): ManyCommand | null {
  if (press.repeat || press.key !== " " || focus === "control") return null;
  if (press.shift) return { do: "skip" };
  return focus === "page" ? { do: "toggle" } : null;
}

const LETTERS: Record<string, ManyCommand> = {
  a: { do: "all" },
  n: { do: "more" },
  s: { do: "skip" },
};

/** Where a step leads in a grid of so many columns; it stays where there is nothing. */
export function placeAfter(place: number, by: Step, { count, columns }: { count: number; columns: number }) {
  const next = place + { left: -1, right: 1, up: -columns, down: columns }[by];
  return next >= 0 && next < count ? next : place;
}

/** All that lies between two of them, both included, in their order. */
export function stretch(ids: readonly number[], from: number, to: number): number[] {
  const [a, b] = [ids.indexOf(from), ids.indexOf(to)];
  if (b < 0) return [];
  return a < 0 ? [to] : ids.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** The selection with one more, or one less. */
export function toggled(selected: ReadonlySet<number>, id: number): Set<number> {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** The row with items that come back where they stood: before all that was put in since. */
export function putBack<T>(now: readonly T[], before: readonly T[], back: readonly T[]): T[] {
  const kept = new Set([...now, ...back]);
  const known = before.filter((item) => kept.has(item));
  return [...new Set([...known, ...back, ...now])];
}

export interface Room {
  height: number;
  columns: number;
  /** Height of a tile with the gap below it. */
  row: number;
}

/** How many tiles a screen holds: whole rows, one at least. */
export function tilesWithin({ height, columns, row }: Room, most: number): number {
  const rows = Math.max(1, Math.floor(height / Math.max(1, row)));
  return Math.max(1, Math.min(most, rows * columns));
}
