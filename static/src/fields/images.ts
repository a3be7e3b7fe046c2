// Images are fetched and decoded before they are looked at, so that showing one costs no wait.
import { askImage, whenMade } from "../page/images.ts";

export type ImageState = "loading" | "ready" | "broken";

/**
 * Load and decode an image; null when it cannot be shown. One whose size a worker is still making is waited for, after
 * `waiting` was called once.
 */
export async function loadImage(url: string, waiting?: () => void): Promise<HTMLImageElement | null> {
  for (let tries = 0; tries < 2; ) {
    const element = new Image();
    element.decoding = "sync";
    element.draggable = false;
    element.src = url;
    try {
      await element.decode();
      return element;
    } catch {
      const state = await askImage(url);
      if (state === "waiting") {
        waiting?.();
        if (!(await whenMade(url))) return null;
      } else if (state !== "there") return null;
      tries += 1; // it may have been made in between
    }
  }
  return null;
}

interface Decoded {
  state: ImageState;
  /** The image once it is there, null when it is broken. Two places on one page share one. */
  settled: Promise<HTMLImageElement | null>;
  element: HTMLImageElement | null;
  /** The server says that the image is not made yet. */
  waiting: Promise<void>;
}

export class ImageCache {
  readonly #images = new Map<string, Decoded>();

  /** The image of a URL, being decoded or already so; a broken one is tried again. */
  image(url: string): Decoded {
    const known = this.#images.get(url);
    if (known && known.state !== "broken") return known;
    let waits = () => {};
    const waiting = new Promise<void>((resolve) => {
      waits = resolve;
    });
    const decoded: Decoded = { state: "loading", element: null, settled: Promise.resolve(null), waiting };
    decoded.settled = loadImage(url, waits).then((element) => {
      decoded.element = element;
      decoded.state = element ? "ready" : "broken";
      return element;
    });
    this.#images.set(url, decoded);
    return decoded;
  }

  /** Decode these images and forget all others. */
  keep(urls: Iterable<string>): void {
    const wanted = new Set(urls);
    for (const url of wanted) this.image(url);
    for (const url of this.#images.keys()) if (!wanted.has(url)) this.#images.delete(url);
  }
}
