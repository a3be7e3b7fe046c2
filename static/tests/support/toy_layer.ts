// A toy of what a kind may lay over an item: rectangles on an image, marks in a text. For the browser tests.
import type { Point } from "../../src/core/view.ts";
import { ImageField } from "../../src/fields/image_field.ts";
import type { ImageLayer, Overlay } from "../../src/fields/image_layer.ts";
import { ImageCache } from "../../src/fields/images.ts";
import { TextLayer } from "../../src/fields/text_layer.ts";

const SVG = "http://www.w3.org/2000/svg";

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Show an image in which a press draws a rectangle, unless the space bar's pan is asked for with Alt. */
export function showImage(place: HTMLElement, url: string, size: { width: number; height: number }) {
  const boxes: Box[] = [];
  const group = document.createElementNS(SVG, "g");
  let layer: ImageLayer | null = null;
  const overlay: Overlay = {
    element: group,
    hit: ({ x, y }, slack) => {
      const found = boxes.findIndex(
        (box) =>
          x >= box.x - slack &&
          y >= box.y - slack &&
          x <= box.x + box.width + slack &&
          y <= box.y + box.height + slack,
      );
      return found < 0 ? null : String(found);
    },
    grab: (from: Point, event) => {
      if (event.altKey) return null;
      const shape = document.createElementNS(SVG, "rect");
      group.append(shape);
      const to = (at: Point): Box => ({
        x: Math.min(from.x, at.x),
        y: Math.min(from.y, at.y),
        width: Math.abs(at.x - from.x),
        height: Math.abs(at.y - from.y),
      });
      return {
        move: (at) => {
          for (const [name, value] of Object.entries(to(at))) shape.setAttribute(name, String(value));
        },
        end: (at) => boxes.push(to(at)),
        cancel: () => shape.remove(),
      };
    },
  };
  new ImageField(place, {
    title: "Toy",
    image: { url, original: url, name: "", ...size },
    images: new ImageCache(),
    changed: (ready) => {
      layer = ready;
      ready?.attach(overlay);
    },
  });
  return {
    boxes: () => boxes,
    hit: (x: number, y: number) => layer?.hit({ x, y }) ?? null,
    screen: (x: number, y: number) => layer?.screenPoint({ x, y }) ?? null,
    view: () => layer?.view ?? null,
    zoom: () => layer?.step(1),
  };
}

/** Show a text in which stretches of code points are marked, and selected ones are told. */
export function showText(place: HTMLElement, text: string) {
  const layer = new TextLayer(place, text);
  return {
    mark: (marks: { start: number; end: number }[]) =>
      layer.mark(marks, (piece, covered) => {
        piece.dataset.toy = covered.join(" ");
      }),
    marked: (index: number) =>
      [...place.querySelectorAll<HTMLElement>("[data-toy]")]
        .filter((piece) => piece.dataset.toy?.split(" ").includes(String(index)))
        .map((piece) => piece.textContent)
        .join("|"),
    /** Select a stretch as a person does, and say what is selected in code points. */
    select: (start: number, end: number) => {
      const selection = document.getSelection();
      selection?.removeAllRanges();
      selection?.addRange(layer.rangeOf({ start, end }));
      return { ...layer.selected(), words: selection?.toString() };
    },
  };
}
