// An image field: the frame with the image, its tools, and its own words when it cannot be shown.
import { icon } from "../page/dom.ts";
import { ImageLayer, type ZoomKeeper } from "./image_layer.ts";
import { type ImageCache, loadImage } from "./images.ts";

export interface ShownImage {
  url: string;
  original: string;
  width: number;
  height: number;
  name: string;
}

export interface ImageFieldOptions {
  title: string;
  image: ShownImage;
  images: ImageCache;
  /** What else the person can do when the image is broken. */
  brokenHint?: string;
  /** Keeps the zoom from one image to the next; without it every image is fitted. */
  zoom?: ZoomKeeper;
  /** The image is there, or gone again (null). */
  changed?: (layer: ImageLayer | null) => void;
}

export class ImageField {
  readonly #place: HTMLElement;
  readonly #options: ImageFieldOptions;
  #layer: ImageLayer | null = null;
  #attempt = 0;

  /** Show an image in a place of the page, in place of what is there. */
  constructor(place: HTMLElement, options: ImageFieldOptions) {
    this.#place = place;
    this.#options = options;
    this.#load();
  }

  destroy(): void {
    this.#attempt += 1;
    this.#drop();
    this.#place.replaceChildren();
  }

  #drop(): void {
    if (!this.#layer) return;
    this.#layer.destroy();
    this.#layer = null;
    this.#options.changed?.(null);
  }

  #load(): void {
    const { images, image } = this.#options;
    this.#attempt += 1;
    const attempt = this.#attempt;
    const decoded = images.image(image.url);
    if (decoded.element) {
      this.#show(decoded.element);
      return;
    }
    const { frame } = this.#figure();
    const loading = document.createElement("p");
    loading.className = "dc-item-loading";
    loading.textContent = "Loading the image";
    loading.setAttribute("role", "status");
    frame.append(loading);
    void decoded.waiting.then(() => {
      loading.textContent = "This image is being prepared. It appears here by itself.";
    });
    void decoded.settled.then((element) => {
      if (attempt !== this.#attempt) return;
      if (element) this.#show(element);
      else this.#broken();
    });
  }

  #show(decoded: HTMLImageElement): void {
    const { image, title, zoom, changed } = this.#options;
    const { frame, zoomed } = this.#figure();
    // The same image may stand elsewhere on the page.
    const element = decoded.isConnected ? (decoded.cloneNode() as HTMLImageElement) : decoded;
    element.alt = `${title}: ${image.name || "image"}`;
    const size = {
      width: image.width || element.naturalWidth,
      height: image.height || element.naturalHeight,
    };
    const loadOriginal = () =>
      !image.original || image.original === image.url ? Promise.resolve(null) : loadImage(image.original);
    this.#layer = new ImageLayer(frame, { element, size, loadOriginal }, zoomed, zoom);
    changed?.(this.#layer);
  }

  #figure(): { frame: HTMLElement; zoomed: (percent: number) => void } {
    const { image, title } = this.#options;
    const figure = document.createElement("figure");
    const frame = document.createElement("section");
    const tools = document.createElement("figcaption");
    const percent = document.createElement("span");
    const name = document.createElement("span");
    figure.className = "dc-item-figure";
    figure.style.setProperty("--dc-ratio", String(image.width / image.height || 1));
    frame.className = "dc-item-frame";
    frame.tabIndex = 0;
    frame.setAttribute("aria-label", title);
    tools.className = "dc-item-tools";
    percent.className = "dc-item-percent";
    percent.textContent = "100%";
    name.className = "dc-item-name";
    name.textContent = `${image.name} ${image.width} × ${image.height}`;
    const step = (by: 1 | -1 | 0) => () => this.#layer?.step(by);
    const fit = tool("Fit", "Fit (.)", step(0), "", ".");
    fit.textContent = "Fit";
    tools.append(
      tool("Zoom out", "Zoom out (−)", step(-1), "minus", "-"),
      percent,
      tool("Zoom in", "Zoom in (+)", step(1), "plus", "+"),
      fit,
      name,
    );
    figure.append(frame, tools);
    this.#place.replaceChildren(figure);
    const zoomed = (shown: number) => {
      percent.textContent = `${shown}%`;
      frame.setAttribute("aria-label", `${title}, zoom ${shown}%`);
    };
    return { frame, zoomed };
  }

  #broken(): void {
    const notice = document.createElement("div");
    const words = document.createElement("p");
    const strong = document.createElement("strong");
    const again = document.createElement("button");
    notice.className = "dc-item-broken";
    notice.setAttribute("role", "alert");
    strong.textContent = "This image cannot be shown.";
    words.append(strong, ` ${this.#options.brokenHint ?? "Try again in a moment."}`);
    again.type = "button";
    again.className = "btn btn-secondary";
    again.textContent = "Try again";
    again.addEventListener("click", () => this.#load());
    notice.append(icon("warning"), words, again);
    this.#place.replaceChildren(notice);
  }
}

/** A button under the image; `key` presses it on pages that have no keys of their own. */
function tool(name: string, title: string, press: () => void, symbol = "", key = ""): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `btn btn-quiet btn-sm${symbol ? " btn-icon" : ""}`;
  button.title = title;
  if (symbol) {
    const drawn = icon(symbol);
    drawn.classList.add("dc-icon-16");
    button.append(drawn);
    button.setAttribute("aria-label", name);
  }
  if (key) button.dataset.key = key;
  button.addEventListener("click", press);
  return button;
}
