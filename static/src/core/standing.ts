// How much is left, and how much to have at hand: from exact counts that are asked for now and then.

/** Claims count what remains no further than this: the exact number is asked for apart. */
export const REMAINING_CAP = 100;

export interface Left {
  /** What the last claim said could still be taken, capped; null before the first. */
  remaining: number | null;
  /** Open items on the page. */
  loaded: number;
  /** An exact count, and what was answered here since; null while it is not known. */
  counted: { left: number; since: number } | null;
}

/** How many items wait for the person; null while nobody knows, or only that they are many. */
export function leftNow({ remaining, loaded, counted }: Left): number | null {
  if (remaining !== null && remaining < REMAINING_CAP) return remaining + loaded;
  return counted && Math.max(loaded, counted.left - counted.since);
}

export interface Sharing {
  /** Items to have ahead in any case, and at most. */
  least: number;
  most: number;
  /** People who may label in the project. */
  people: number;
}

/**
 * How many items to hold ahead of the one on the screen. All people together hold at most half of what is left, so that
 * nobody waits for what another has not come to; towards the end it is the few that it takes not to wait.
 */
export function wantedAhead({ least, most, people }: Sharing, left: number | null): number {
  const share = left === null ? 0 : Math.floor(left / (2 * Math.max(1, people)));
  return Math.max(least, Math.min(most, share));
}
