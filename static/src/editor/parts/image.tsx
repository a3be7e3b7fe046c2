// An image field: fitted, with zoom and pan; its own words when it cannot be shown.
import { useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ImageValue } from "../../core/documents.ts";
import type { ImageState } from "../media.ts";
import { useEditor } from "./context.ts";
import { Icon, Key } from "./icon.tsx";
import { Viewer } from "./viewer.ts";

const PAN_STEP = 48;

export function ImageField({ value, title }: { value: ImageValue; title: string }) {
  const { media, state } = useEditor();
  const frame = useRef<HTMLElement>(null);
  const viewer = useRef<Viewer | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [status, setStatus] = useState<ImageState>(() => media.image(value.url).state);
  const [percent, setPercent] = useState(100);

  useEffect(() => {
    let here = true;
    const image = media.image(value.url);
    setStatus(image.state);
    void image.settled.then((settled) => here && setStatus(settled));
    return () => {
      here = false;
    };
  }, [value.url, attempt]);

  useLayoutEffect(() => {
    if (status !== "ready" || !frame.current) return undefined;
    const { element } = media.image(value.url);
    element.alt = `${title}: ${value.name || "image"}`;
    const made = new Viewer(
      frame.current,
      {
        element,
        size: { width: value.width, height: value.height },
        loadOriginal: () => (value.original === value.url ? Promise.resolve(null) : loaded(value.original)),
      },
      setPercent,
    );
    viewer.current = made;
    return () => {
      made.destroy();
      viewer.current = null;
    };
  }, [status, value, title, media]);

  useSignalEffect(() => {
    const { by, nonce } = state.zoom.value;
    if (nonce > 0) viewer.current?.step(by);
  });

  if (status === "broken") {
    return (
      <div class="ed-broken" role="alert">
        <Icon name="warning" small={false} />
        <p>
          <strong>This image cannot be shown.</strong> Try again, or skip the item with <Key>Space</Key> and
          choose “Broken or bad data”.
        </p>
        <button type="button" class="btn btn-secondary" onClick={() => setAttempt(attempt + 1)}>
          Try again
        </button>
      </div>
    );
  }
  return (
    <figure class="ed-figure">
      <section
        ref={frame}
        class="ed-frame"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the frame is panned with the arrow keys
        tabIndex={0}
        aria-label={`${title}, zoom ${percent}%`}
        onKeyDown={(event) => pannedByKey(event, viewer.current)}
      >
        {status === "loading" && <p class="ed-loading">Loading the image</p>}
      </section>
      <figcaption class="ed-figure-tools">
        <button
          type="button"
          class="btn btn-quiet btn-sm btn-icon"
          onClick={() => viewer.current?.step(-1)}
          aria-label="Zoom out"
          title="Zoom out (−)"
        >
          <Icon name="minus" />
        </button>
        <span class="ed-percent">{percent}%</span>
        <button
          type="button"
          class="btn btn-quiet btn-sm btn-icon"
          onClick={() => viewer.current?.step(1)}
          aria-label="Zoom in"
          title="Zoom in (+)"
        >
          <Icon name="plus" />
        </button>
        <button
          type="button"
          class="btn btn-quiet btn-sm"
          onClick={() => viewer.current?.step(0)}
          title="Fit (0)"
        >
          Fit
        </button>
        <span class="ed-figure-name">
          {value.name} {value.width} × {value.height}
        </span>
      </figcaption>
    </figure>
  );
}

function pannedByKey(event: KeyboardEvent, viewer: Viewer | null): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const by = {
    ArrowLeft: { x: PAN_STEP, y: 0 },
    ArrowRight: { x: -PAN_STEP, y: 0 },
    ArrowUp: { x: 0, y: PAN_STEP },
    ArrowDown: { x: 0, y: -PAN_STEP },
  }[event.key];
  if (!by || !viewer) return;
  viewer.panBy(by);
  event.preventDefault();
}

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
