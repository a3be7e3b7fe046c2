// An image in its frame: pan and zoom on the DOM directly, and room for what a question's kind draws over it.
import {
  fit,
  type KeptZoom,
  keptView,
  type Point,
  pan,
  type Size,
  toFrame,
  toImage,
  type View,
  zoom,
  zoomToKeep,
} from "../core/view.ts";

const STEP = 1.25;
const PAN_STEP = 48;
/** Beyond this zoom the screen size is coarse: the original takes its place. */
const ORIGINAL_FROM = 1.5;
/** Where one pixel of the image covers this many of the screen, it is drawn as the square it is. */
const PIXELATED_FROM = 4;
const MOVES: Record<string, Point> = {
  ArrowLeft: { x: PAN_STEP, y: 0 },
  ArrowRight: { x: -PAN_STEP, y: 0 },
  ArrowUp: { x: 0, y: PAN_STEP },
  ArrowDown: { x: 0, y: -PAN_STEP },
};

/** What follows a pointer from its press to its release. Points are pixels of the image. */
export interface Drag {
  move: (at: Point, event: PointerEvent) => void;
  end: (at: Point, event: PointerEvent) => void;
  /** The browser took the pointer away, or the overlay went. */
  cancel: () => void;
}

/** What a kind lays over the image. The last one attached lies on top and is asked first. */
export interface Overlay {
  /** An SVG element is drawn in pixels of the image and follows the view by itself; a canvas fills the frame. */
  element: SVGElement | HTMLCanvasElement;
  /** The view changed: for a canvas, and for handles that keep their size. */
  draw?: (view: View, frame: Size) => void;
  /** What lies at a point of the image; null when nothing does. `slack` is what the eye calls touching. */
  hit?: (at: Point, slack: number) => string | null;
  /** Take a pointer that was just pressed, before it pans; null leaves it. */
  grab?: (at: Point, event: PointerEvent) => Drag | null;
  /** Take a key pressed in the frame, before it pans; false leaves it. */
  key?: (event: KeyboardEvent) => boolean;
}

export interface LayerImage {
  element: HTMLImageElement;
  size: Size;
  /** Load the full-size image in place of the element; called once. */
  loadOriginal: () => Promise<HTMLImageElement | null>;
}

/** Where a zoom is kept from one image to the next; null is the whole image. */
export interface ZoomKeeper {
  kept: () => KeptZoom | null;
  keep: (zoom: KeptZoom | null) => void;
}

/** How near to a shape, in pixels of the screen, counts as touching it. */
const SLACK = 6;
const SVG = "http://www.w3.org/2000/svg";

export class ImageLayer {
  readonly type = "image";
  readonly size: Size;
  readonly #frame: HTMLElement;
  readonly #image: LayerImage;
  readonly #zoomed: (percent: number) => void;
  readonly #keeper: ZoomKeeper | null;
  readonly #pointers = new Map<number, Point>();
  readonly #drags = new Map<number, { drag: Drag; overlay: Overlay }>();
  readonly #overlays: { overlay: Overlay; remove: () => void }[] = [];
  readonly #drawing = document.createElementNS(SVG, "svg");
  readonly #listening = new AbortController();
  readonly #resize: ResizeObserver;
  #element: HTMLImageElement;
  #view: View;
  #fitted = true;
  #grabbed = false;
  #originalAsked = false;

  constructor(
    frame: HTMLElement,
    image: LayerImage,
    zoomed: (percent: number) => void,
    keeper: ZoomKeeper | null = null,
  ) {
    this.#frame = frame;
    this.#image = image;
    this.#zoomed = zoomed;
    this.#keeper = keeper;
    this.size = image.size;
    this.#element = image.element;
    this.#drawing.setAttribute("class", "dc-item-overlay");
    frame.append(this.#drawing);
    this.#insert(image.element);
    this.#view = fit(this.#frameSize, this.size);
    this.#resize = new ResizeObserver(() => this.#resized());
    this.#resize.observe(frame);
    const { signal } = this.#listening;
    frame.addEventListener("wheel", this.#wheel, { passive: false, signal });
    frame.addEventListener("pointerdown", this.#down, { signal });
    frame.addEventListener("pointermove", this.#move, { signal });
    frame.addEventListener("pointerup", this.#up, { signal });
    frame.addEventListener("pointercancel", this.#cancel, { signal });
    frame.addEventListener("dblclick", this.#double, { signal });
    frame.addEventListener("keydown", this.#key, { signal });
    const kept = keeper?.kept() ?? null;
    this.#set(kept ? keptView(kept, this.#frameSize, this.size) : this.#view, kept === null);
  }

  destroy(): void {
    this.#resize.disconnect();
    this.#listening.abort();
    for (const { remove } of [...this.#overlays]) remove();
    this.#drawing.remove();
    this.#element.remove();
  }

  /** Lay something over the image; returns what takes it away again. */
  attach(overlay: Overlay): () => void {
    const { element } = overlay;
    let holder: Element = element;
    if (element instanceof SVGElement) {
      holder = document.createElementNS(SVG, "g");
      holder.append(element);
      this.#drawing.append(holder);
    } else {
      element.classList.add("dc-item-overlay");
      this.#frame.append(element);
    }
    const attached = {
      overlay,
      remove: () => {
        holder.remove();
        for (const [pointer, held] of this.#drags) {
          if (held.overlay !== overlay) continue;
          held.drag.cancel();
          this.#drags.delete(pointer);
        }
        const place = this.#overlays.indexOf(attached);
        if (place >= 0) this.#overlays.splice(place, 1);
        this.#frame.toggleAttribute("data-overlaid", this.#overlays.length > 0);
      },
    };
    this.#overlays.push(attached);
    this.#frame.toggleAttribute("data-overlaid", true);
    this.#draw();
    return attached.remove;
  }

  /** Where the image lies in its frame now. */
  get view(): View {
    return this.#view;
  }

  /** The point of the image under a pointer. */
  imagePoint(event: MouseEvent): Point {
    return toImage(this.#view, this.#at(event));
  }

  /** Where a point of the image is on the screen, for what floats above the page. */
  screenPoint(point: Point): Point {
    const box = this.#frame.getBoundingClientRect();
    const { x, y } = toFrame(this.#view, point);
    return { x: box.left + x, y: box.top + y };
  }

  /** What lies at a point of the image, as the uppermost overlay that has something there says. */
  hit(at: Point): string | null {
    for (const overlay of this.#fromTop()) {
      const found = overlay.hit?.(at, SLACK / this.#view.scale) ?? null;
      if (found !== null) return found;
    }
    return null;
  }

  /** 1 in, -1 out, 0 fit. */
  step(by: 1 | -1 | 0): void {
    if (by === 0) this.#moved(fit(this.#frameSize, this.size), true);
    else
      this.#zoom(by > 0 ? STEP : 1 / STEP, { x: this.#frameSize.width / 2, y: this.#frameSize.height / 2 });
  }

  panBy(by: Point): void {
    this.#moved(pan(this.#view, by, this.#frameSize, this.size), this.#fitted);
  }

  #fromTop(): Overlay[] {
    return this.#overlays.map(({ overlay }) => overlay).reverse();
  }

  get #frameSize(): Size {
    return { width: this.#frame.clientWidth || 1, height: this.#frame.clientHeight || 1 };
  }

  #insert(element: HTMLImageElement): void {
    element.className = "dc-item-image";
    element.style.setProperty("width", `${this.size.width}px`);
    element.style.setProperty("height", `${this.size.height}px`);
    this.#drawing.before(element);
  }

  #resized(): void {
    if (this.#fitted) this.#set(fit(this.#frameSize, this.size), true);
    else this.#set(pan(this.#view, { x: 0, y: 0 }, this.#frameSize, this.size), false);
  }

  #zoom(factor: number, at: Point): void {
    const view = zoom(this.#view, factor, at, this.#frameSize, this.size);
    this.#moved(view, view.scale <= fit(this.#frameSize, this.size).scale * 1.001);
  }

  /** The person changed the view: the next image is shown alike. */
  #moved(view: View, fitted: boolean): void {
    this.#set(view, fitted);
    this.#keeper?.keep(fitted ? null : zoomToKeep(view, this.#frameSize, this.size));
  }

  #set(view: View, fitted: boolean): void {
    this.#view = view;
    this.#fitted = fitted;
    this.#draw();
    const relative = view.scale / fit(this.#frameSize, this.size).scale;
    if (relative > ORIGINAL_FROM && !this.#originalAsked) void this.#useOriginal();
  }

  #draw(): void {
    const { x, y, scale } = this.#view;
    this.#element.style.setProperty("transform", `translate(${x}px, ${y}px) scale(${scale})`);
    this.#element.style.setProperty("image-rendering", scale >= PIXELATED_FROM ? "pixelated" : "auto");
    this.#frame.dataset.fitted = String(this.#fitted);
    for (const group of this.#drawing.children) {
      group.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    }
    for (const { overlay } of this.#overlays) overlay.draw?.(this.#view, this.#frameSize);
    this.#zoomed(Math.round(scale * 100));
  }

  async #useOriginal(): Promise<void> {
    this.#originalAsked = true;
    const original = await this.#image.loadOriginal();
    if (!original || !this.#element.isConnected) return;
    original.alt = this.#element.alt;
    const screen = this.#element;
    this.#element = original;
    this.#insert(original);
    this.#draw();
    screen.remove();
  }

  #at(event: MouseEvent): Point {
    const box = this.#frame.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  readonly #wheel = (event: WheelEvent): void => {
    event.preventDefault();
    this.#zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), this.#at(event));
  };

  readonly #down = (event: PointerEvent): void => {
    if (event.button !== 0 || this.#drags.size > 0) return;
    this.#grabbed = false;
    for (const overlay of this.#fromTop()) {
      const drag = overlay.grab?.(this.imagePoint(event), event) ?? null;
      if (!drag) continue;
      this.#drags.set(event.pointerId, { drag, overlay });
      this.#grabbed = true;
      break;
    }
    if (!this.#grabbed) this.#pointers.set(event.pointerId, this.#at(event));
    this.#frame.setPointerCapture(event.pointerId);
  };

  readonly #move = (event: PointerEvent): void => {
    const held = this.#drags.get(event.pointerId);
    if (held) {
      held.drag.move(this.imagePoint(event), event);
      return;
    }
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      this.#frame.toggleAttribute("data-hit", this.hit(this.imagePoint(event)) !== null);
      return;
    }
    const now = this.#at(event);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, now);
    if (!other) {
      this.panBy({ x: now.x - before.x, y: now.y - before.y });
      return;
    }
    const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y) || 1;
    this.#zoom(distance(now, other) / distance(before, other), {
      x: (now.x + other.x) / 2,
      y: (now.y + other.y) / 2,
    });
  };

  readonly #up = (event: PointerEvent): void => {
    this.#pointers.delete(event.pointerId);
    const held = this.#drags.get(event.pointerId);
    this.#drags.delete(event.pointerId);
    held?.drag.end(this.imagePoint(event), event);
  };

  readonly #cancel = (event: PointerEvent): void => {
    this.#pointers.delete(event.pointerId);
    const held = this.#drags.get(event.pointerId);
    this.#drags.delete(event.pointerId);
    held?.drag.cancel();
  };

  readonly #double = (event: MouseEvent): void => {
    // Two presses that an overlay took were not meant for the view.
    if (this.#grabbed) return;
    if (this.#fitted) this.#zoom(2, this.#at(event));
    else this.step(0);
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = MOVES[event.key];
    const taken = this.#fromTop().some((overlay) => overlay.key?.(event) ?? false);
    if (!taken && by) this.panBy(by);
    if (taken || by) event.preventDefault();
  };
}
