// Images are fetched and decoded while earlier items are being labeled, so that showing one costs no wait.
import type { FieldValue, ImageValue, TaskDoc } from "../core/documents.ts";

export type ImageState = "loading" | "ready" | "broken";

export function isImage(value: FieldValue | undefined): value is ImageValue {
  return typeof value === "object" && value !== null && "sha256" in value;
}

interface Decoded {
  element: HTMLImageElement;
  state: ImageState;
  settled: Promise<ImageState>;
}

export class MediaCache {
  readonly #images = new Map<string, Decoded>();

  /** The image element of a URL, being decoded or already so. Always the same one, ready to be inserted. */
  image(url: string): Decoded {
    const known = this.#images.get(url);
    if (known && known.state !== "broken") return known;
    const element = new Image();
    element.decoding = "sync";
    element.draggable = false;
    element.src = url;
    const decoded: Decoded = { element, state: "loading", settled: Promise.resolve("loading") };
    decoded.settled = element.decode().then(
      () => {
        decoded.state = "ready";
        return decoded.state;
      },
      () => {
        decoded.state = "broken";
        return decoded.state;
      },
    );
    this.#images.set(url, decoded);
    return decoded;
  }

  /** Decode all images of these tasks and forget those of tasks no longer loaded. */
  keep(tasks: readonly TaskDoc[]): void {
    const wanted = new Set<string>();
    for (const task of tasks) {
      for (const value of Object.values(task.data)) if (isImage(value)) wanted.add(value.url);
    }
    for (const url of wanted) this.image(url);
    for (const url of this.#images.keys()) if (!wanted.has(url)) this.#images.delete(url);
  }
}
