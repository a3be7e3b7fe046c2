// Images of the server, whose sizes may still be in the making.
import { Making, type MakingState } from "../core/making.ts";

/** Ask the server how an image is. To ask is to have it made. */
export async function askImage(url: string): Promise<MakingState> {
  try {
    const { status } = await fetch(url, { method: "HEAD", cache: "no-store" });
    if (status === 200) return "there";
    if (status === 202) return "waiting";
    return status === 429 || status >= 500 ? "away" : "gone";
  } catch {
    return "away";
  }
}

const making = new Making({
  ask: askImage,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  random: Math.random,
});

/** Wait until an image is there; false when it is gone instead. */
export function whenMade(url: string): Promise<boolean> {
  return making.whenMade(url);
}
