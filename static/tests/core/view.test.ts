import assert from "node:assert/strict";
import { test } from "node:test";
import { fit, keptView, pan, toFrame, toImage, zoom, zoomToKeep } from "../../src/core/view.ts";

const frame = { width: 800, height: 600 };

test("a large image is shown whole and centered", () => {
  assert.deepEqual(fit(frame, { width: 1600, height: 800 }), { scale: 0.5, x: 0, y: 100 });
});

test("a small image is enlarged, but not endlessly", () => {
  assert.equal(fit(frame, { width: 8, height: 8 }).scale, 40);
  assert.equal(fit(frame, { width: 240, height: 120 }).scale, 2);
  assert.equal(fit(frame, { width: 600, height: 500 }).scale, 1);
});

test("zooming keeps what is under the pointer in place", () => {
  const image = { width: 1600, height: 1200 };
  const at = { x: 300, y: 200 };
  const before = fit(frame, image);
  const after = zoom(before, 2, at, frame, image);
  assert.equal(after.scale, 1);
  assert.equal((at.x - after.x) / after.scale, (at.x - before.x) / before.scale);
  assert.equal((at.y - after.y) / after.scale, (at.y - before.y) / before.scale);
});

test("zooming out ends at the whole image, zooming in at a limit", () => {
  const image = { width: 1600, height: 1200 };
  assert.deepEqual(zoom(fit(frame, image), 0.1, { x: 0, y: 0 }, frame, image), fit(frame, image));
  assert.equal(zoom(fit(frame, image), 1e6, { x: 0, y: 0 }, frame, image).scale, 8);
});

test("panning leaves no gap beside the image", () => {
  const image = { width: 1600, height: 1200 };
  const near = zoom(fit(frame, image), 2, { x: 0, y: 0 }, frame, image);
  assert.deepEqual(pan(near, { x: 500, y: 500 }, frame, image), { scale: 1, x: 0, y: 0 });
  assert.deepEqual(pan(near, { x: -5_000, y: -100 }, frame, image), { scale: 1, x: -800, y: -100 });
  assert.deepEqual(pan(fit(frame, image), { x: 50, y: 50 }, frame, image), fit(frame, image));
});

test("a kept zoom shows the same part of an image of another size, as many times larger than fitted", () => {
  const [photo, small] = [
    { width: 1600, height: 1200 },
    { width: 320, height: 240 },
  ];
  const near = pan(
    zoom(fit(frame, photo), 4, { x: 400, y: 300 }, frame, photo),
    { x: -200, y: 90 },
    frame,
    photo,
  );
  const kept = zoomToKeep(near, frame, photo);
  assert.deepEqual(kept, { times: 4, across: 0.5625, down: 0.4625 });
  assert.deepEqual(keptView(kept, frame, photo), near);
  const view = keptView(kept, frame, small);
  assert.equal(view.scale, fit(frame, small).scale * 4);
  assert.deepEqual(toImage(view, { x: 400, y: 300 }), { x: 180, y: 111 });
});

test("a kept zoom stays within what can be zoomed to, without a gap beside the image", () => {
  const image = { width: 1600, height: 1200 };
  assert.deepEqual(keptView({ times: 0.2, across: 0, down: 0 }, frame, image), fit(frame, image));
  assert.deepEqual(keptView({ times: 2, across: 0, down: 1 }, frame, image), { scale: 1, x: 0, y: -600 });
});

test("a point of the image is found again where it is drawn", () => {
  const view = { x: -30.5, y: 12, scale: 2.5 };
  assert.deepEqual(toFrame(view, { x: 10, y: 4 }), { x: -5.5, y: 22 });
  assert.deepEqual(toImage(view, toFrame(view, { x: 7, y: -3 })), { x: 7, y: -3 });
});
