// The row of items a person walks along: the last ten answered, the one on the screen, those claimed ahead.
// Pure: items are seen only as an id and whether they still wait for an answer.

export interface Slot {
  readonly id: number;
  /** Waits for this person's answer. */
  readonly open: boolean;
}

export const KEPT_ANSWERED = 10;

/** How many items wait after `position`. */
export function openAhead(slots: readonly Slot[], position: number): number {
  return slots.filter((slot, index) => index > position && slot.open).length;
}

/** How many items wait anywhere, the one on the screen included. */
export function openTotal(slots: readonly Slot[]): number {
  return slots.filter((slot) => slot.open).length;
}

/** How many tasks to claim now; 0 when enough are ahead. */
export function refillCount(
  slots: readonly Slot[],
  position: number,
  { prefetch, low = 3 }: { prefetch: number; low?: number },
): number {
  const ahead = openAhead(slots, position);
  if (ahead >= low) return 0;
  const current = slots[position]?.open ? 1 : 0;
  return Math.max(0, prefetch - ahead - current) || 1;
}

/** Where to go after answering the item at `position`: the next one that waits, else any that waits, else -1. */
export function nextOpen(slots: readonly Slot[], position: number): number {
  const after = slots.findIndex((slot, index) => index > position && slot.open);
  return after >= 0 ? after : slots.findIndex((slot) => slot.open);
}

/**
 * Drop the oldest answered items so that at most `keep` remain. `pinned` ones stay (the one on the screen,
 * unsent or refused ones): nobody's work leaves the page before the server has it.
 */
export function trimAnswered<S extends Slot>(
  slots: readonly S[],
  pinned: ReadonlySet<number>,
  keep = KEPT_ANSWERED,
): S[] {
  let excess = slots.filter((slot) => !slot.open).length - keep;
  return slots.filter((slot) => {
    if (excess <= 0 || slot.open || pinned.has(slot.id)) return true;
    excess -= 1;
    return false;
  });
}

/** Add claimed items at the end, leaving out those already there. */
export function addClaimed<S extends Slot>(slots: readonly S[], claimed: readonly S[]): S[] {
  const known = new Set(slots.map((slot) => slot.id));
  return [...slots, ...claimed.filter((slot) => !known.has(slot.id))];
}

/** Move the item to right after `position`, so that it is met next; returns the new order. */
export function bringNext<S extends Slot>(slots: readonly S[], item: S, position: number): S[] {
  const current = slots[position];
  if (current?.id === item.id) return [...slots];
  const others = slots.filter((slot) => slot.id !== item.id);
  const at = current ? others.findIndex((slot) => slot.id === current.id) + 1 : others.length;
  return [...others.slice(0, at), item, ...others.slice(at)];
}
