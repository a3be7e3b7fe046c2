// The item of a card: an image that can be zoomed and moved.
import { all } from "../app/dom.ts";
import { Viewer } from "../editor/parts/viewer.ts";

const PAN_STEP = 48;
const STEPS = { "-1": -1, "0": 0, "1": 1 } as const;
const MOVES: Record<string, { x: number; y: number }> = {
  ArrowLeft: { x: PAN_STEP, y: 0 },
  ArrowRight: { x: -PAN_STEP, y: 0 },
  ArrowUp: { x: 0, y: PAN_STEP },
  ArrowDown: { x: 0, y: -PAN_STEP },
};

async function loaded(url: string): Promise<HTMLImageElement | null> {
  const image = new Image();
  image.draggable = false;
  image.src = url;
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  }
}

const images = new WeakMap<HTMLElement, Promise<HTMLImageElement | null>>();

/** Begin to load the images of a card that is not on the screen yet. */
export function prefetch(card: HTMLElement): void {
  for (const frame of all("[data-viewer]", card)) {
    if (!images.has(frame)) images.set(frame, loaded(frame.dataset.url ?? ""));
  }
}

/** Put the images of a card into their frames, once it is on the screen. */
export function mount(card: HTMLElement): void {
  prefetch(card);
  for (const frame of all("[data-viewer]", card)) {
    if (frame.dataset.mounted !== undefined) continue;
    frame.dataset.mounted = "";
    void images.get(frame)?.then((element) => {
      if (element) view(frame, element);
      else frame.textContent = "This image cannot be shown.";
    });
  }
}

function view(frame: HTMLElement, element: HTMLImageElement): void {
  const { url, original, width, height, alt } = frame.dataset;
  element.alt = alt ?? "";
  const figure = frame.closest("figure");
  const percent = figure?.querySelector("[data-percent]");
  const viewer = new Viewer(
    frame,
    {
      element,
      size: { width: Number(width) || element.naturalWidth, height: Number(height) || element.naturalHeight },
      loadOriginal: () => (!original || original === url ? Promise.resolve(null) : loaded(original)),
    },
    (shown) => {
      if (percent) percent.textContent = `${shown}%`;
    },
  );
  for (const button of all("[data-zoom]", figure ?? frame)) {
    const by = STEPS[(button.dataset.zoom ?? "0") as keyof typeof STEPS];
    button.addEventListener("click", () => viewer.step(by));
  }
  frame.addEventListener("keydown", (event) => {
    const by = MOVES[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    viewer.panBy(by);
    event.preventDefault();
  });
}
