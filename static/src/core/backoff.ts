// How long to wait before trying again: exponential, capped, with jitter so that a restarted server is not
// met by every browser at once.

export interface BackoffOptions {
  first?: number;
  factor?: number;
  cap?: number;
}

/** Milliseconds before attempt `failures + 1`, between half and the whole of the exponential step. */
export function backoff(failures: number, random: () => number, options: BackoffOptions = {}): number {
  const { first = 1_000, factor = 2, cap = 30_000 } = options;
  const step = Math.min(cap, first * factor ** Math.max(0, failures - 1));
  return Math.round(step / 2 + (step / 2) * random());
}

/** Seconds or an HTTP date of a Retry-After header as milliseconds from `now`; null when absent or unreadable. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null || header.trim() === "") return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
