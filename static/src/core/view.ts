// Where an image lies in its frame: geometry of fit, zoom and pan, in pixels of the original image.

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** A point p of the image is drawn at (x + p.x * scale, y + p.y * scale) of the frame. */
export interface View extends Point {
  scale: number;
}

/** Small images are enlarged until their longer side has this many pixels, but not endlessly. */
const COMFORTABLE_SIDE = 480;
const LARGEST_ENLARGEMENT = 40;
const ZOOM_LIMIT = 16;

/** The whole image, centered. */
export function fit(frame: Size, image: Size): View {
  const enlargement = Math.min(
    LARGEST_ENLARGEMENT,
    Math.max(1, COMFORTABLE_SIDE / Math.max(image.width, image.height)),
  );
  const scale = Math.min(frame.width / image.width, frame.height / image.height, enlargement);
  return { scale, x: (frame.width - image.width * scale) / 2, y: (frame.height - image.height * scale) / 2 };
}

/** Zoom by a factor, keeping what is under `at` in place; never smaller than the whole image. */
export function zoom(view: View, factor: number, at: Point, frame: Size, image: Size): View {
  const smallest = fit(frame, image).scale;
  const largest = Math.max(smallest * ZOOM_LIMIT, ZOOM_LIMIT / 2);
  const scale = Math.min(largest, Math.max(smallest, view.scale * factor));
  const ratio = scale / view.scale;
  return held({ scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }, frame, image);
}

export function pan(view: View, by: Point, frame: Size, image: Size): View {
  return held({ ...view, x: view.x + by.x, y: view.y + by.y }, frame, image);
}

/** A zoom that fits any image: how many times larger than fitted, around which part of the image. */
export interface KeptZoom {
  times: number;
  /** The middle of the frame, as shares of the image's width and height. */
  across: number;
  down: number;
}

/** What of a view is worth keeping for the next image. */
export function zoomToKeep(view: View, frame: Size, image: Size): KeptZoom {
  const middle = toImage(view, { x: frame.width / 2, y: frame.height / 2 });
  return {
    times: view.scale / fit(frame, image).scale,
    across: middle.x / image.width,
    down: middle.y / image.height,
  };
}

/** Show an image as another was left: as many times larger than fitted, around the same part. */
export function keptView({ times, across, down }: KeptZoom, frame: Size, image: Size): View {
  const middle = { x: frame.width / 2, y: frame.height / 2 };
  const { scale } = zoom(fit(frame, image), times, middle, frame, image);
  const at = { x: across * image.width, y: down * image.height };
  return held({ scale, x: middle.x - at.x * scale, y: middle.y - at.y * scale }, frame, image);
}

/** Keep the image in the frame: centered where it is smaller, without a gap where it is larger. */
function held(view: View, frame: Size, image: Size): View {
  return {
    scale: view.scale,
    x: heldAlong(view.x, image.width * view.scale, frame.width),
    y: heldAlong(view.y, image.height * view.scale, frame.height),
  };
}

function heldAlong(start: number, length: number, room: number): number {
  if (length <= room) return (room - length) / 2;
  return Math.min(0, Math.max(room - length, start));
}

/** Where a point of the image is drawn in the frame. */
export function toFrame(view: View, point: Point): Point {
  return { x: view.x + point.x * view.scale, y: view.y + point.y * view.scale };
}

/** Which point of the image is drawn here in the frame; outside of the image, too. */
export function toImage(view: View, point: Point): Point {
  return { x: (point.x - view.x) / view.scale, y: (point.y - view.y) / view.scale };
}
