// Asking where the person stands: exactly how much is left, and how much they answered, on whatever device.
import { effect } from "@preact/signals";
import type { Standing } from "../../core/documents.ts";
import { REMAINING_CAP } from "../../core/standing.ts";
import type { Api } from "../../sending/api.ts";
import type { EditorState } from "./state.ts";

/** Others answer too: what is counted down here is asked for again after this long. */
const AGAIN_MS = 120_000;

/** Keep the counts true: asked for when all is saved, anew after the network was away and while there are many. */
export function keepStanding(state: EditorState, api: Api, now: () => number): void {
  let due = true;
  let asking = false;
  let askedAt = 0;
  effect(() => {
    const saved = state.waiting.value === 0 && !state.keeping.value;
    const good = state.line.value.is === "good";
    const remaining = state.remaining.value;
    if (!good) due = true;
    const old = remaining === REMAINING_CAP && now() - askedAt > AGAIN_MS;
    if (!good || !saved || asking || remaining === null || !(due || old)) return;
    asking = true;
    askedAt = now();
    void ask(state, api).then((counted) => {
      asking = false;
      due = !counted;
    });
  });
}

/** Ask once; false when something was answered meanwhile, which the count may or may not know of. */
async function ask(state: EditorState, api: Api): Promise<boolean> {
  const before = state.doneToday.peek();
  try {
    const standing = await api.get<Standing>(state.config.urls.claims);
    if (state.doneToday.peek() !== before || state.waiting.peek() > 0 || state.keeping.peek()) return false;
    state.doneToday.value = standing.today;
    // Where the queue is limited, what is left of all says nothing of what is left of these.
    if (!state.config.only) state.standing.value = standing;
    return true;
  } catch {
    // Left as it was: what is shown counts on from the last count.
    return false;
  }
}
