// Pan and zoom of one image in its frame, on the DOM directly: no rendering per pointer move.
import { fit, type Point, pan, type Size, type View, zoom } from "../../core/view.ts";

const STEP = 1.25;
/** Beyond this zoom the screen size is coarse: the original takes its place. */
const ORIGINAL_FROM = 1.5;
/** Where one pixel of the image covers this many of the screen, it is drawn as the square it is. */
const PIXELATED_FROM = 4;

export interface ViewerImage {
  element: HTMLImageElement;
  size: Size;
  /** Load the full-size image in place of the element; called once. */
  loadOriginal: () => Promise<HTMLImageElement | null>;
}

export class Viewer {
  readonly #frame: HTMLElement;
  readonly #image: ViewerImage;
  readonly #zoomed: (percent: number) => void;
  readonly #pointers = new Map<number, Point>();
  readonly #resize: ResizeObserver;
  #element: HTMLImageElement;
  #view: View;
  #fitted = true;
  #originalAsked = false;

  constructor(frame: HTMLElement, image: ViewerImage, zoomed: (percent: number) => void) {
    this.#frame = frame;
    this.#image = image;
    this.#zoomed = zoomed;
    this.#element = image.element;
    this.#insert(image.element);
    this.#view = fit(this.#size, image.size);
    this.#resize = new ResizeObserver(() => this.#resized());
    this.#resize.observe(frame);
    frame.addEventListener("wheel", this.#wheel, { passive: false });
    frame.addEventListener("pointerdown", this.#down);
    frame.addEventListener("pointermove", this.#move);
    frame.addEventListener("pointerup", this.#up);
    frame.addEventListener("pointercancel", this.#up);
    frame.addEventListener("dblclick", this.#double);
    this.#draw();
  }

  destroy(): void {
    this.#resize.disconnect();
    this.#frame.removeEventListener("wheel", this.#wheel);
    this.#frame.removeEventListener("pointerdown", this.#down);
    this.#frame.removeEventListener("pointermove", this.#move);
    this.#frame.removeEventListener("pointerup", this.#up);
    this.#frame.removeEventListener("pointercancel", this.#up);
    this.#frame.removeEventListener("dblclick", this.#double);
    this.#element.remove();
  }

  /** 1 in, -1 out, 0 fit. */
  step(by: 1 | -1 | 0): void {
    if (by === 0) this.#set(fit(this.#size, this.#image.size), true);
    else this.#zoom(by > 0 ? STEP : 1 / STEP, { x: this.#size.width / 2, y: this.#size.height / 2 });
  }

  panBy(by: Point): void {
    this.#set(pan(this.#view, by, this.#size, this.#image.size), this.#fitted);
  }

  get #size(): Size {
    return { width: this.#frame.clientWidth || 1, height: this.#frame.clientHeight || 1 };
  }

  #insert(element: HTMLImageElement): void {
    element.className = "ed-image";
    element.style.setProperty("width", `${this.#image.size.width}px`);
    element.style.setProperty("height", `${this.#image.size.height}px`);
    this.#frame.append(element);
  }

  #resized(): void {
    if (this.#fitted) this.#set(fit(this.#size, this.#image.size), true);
    else this.#set(pan(this.#view, { x: 0, y: 0 }, this.#size, this.#image.size), false);
  }

  #zoom(factor: number, at: Point): void {
    const view = zoom(this.#view, factor, at, this.#size, this.#image.size);
    this.#set(view, view.scale <= fit(this.#size, this.#image.size).scale * 1.001);
  }

  #set(view: View, fitted: boolean): void {
    this.#view = view;
    this.#fitted = fitted;
    this.#draw();
    const relative = view.scale / fit(this.#size, this.#image.size).scale;
    if (relative > ORIGINAL_FROM && !this.#originalAsked) void this.#useOriginal();
  }

  #draw(): void {
    const { x, y, scale } = this.#view;
    this.#element.style.setProperty("transform", `translate(${x}px, ${y}px) scale(${scale})`);
    this.#element.style.setProperty("image-rendering", scale >= PIXELATED_FROM ? "pixelated" : "auto");
    this.#frame.dataset.fitted = String(this.#fitted);
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
    if (event.button !== 0) return;
    this.#pointers.set(event.pointerId, this.#at(event));
    this.#frame.setPointerCapture(event.pointerId);
  };

  readonly #move = (event: PointerEvent): void => {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
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
  };

  readonly #double = (event: MouseEvent): void => {
    if (this.#fitted) this.#zoom(2, this.#at(event));
    else this.step(0);
  };
}
