// The edge between item and answers: dragged, or moved with the arrow keys.
import { useRef } from "preact/hooks";
import { SIDE_LEAST, SIDE_MOST, sideWithin } from "../../core/layout.ts";
import { useEditor } from "./context.ts";

const STEP = 24;

export function SideHandle({ width }: { width: number }) {
  const { device } = useEditor();
  const edge = useRef<HTMLDivElement>(null);

  const resize = (to: number) => {
    const room = edge.current?.closest("[data-work]")?.clientWidth ?? window.innerWidth;
    device.resizeSide(sideWithin(to, room));
  };
  const shown = () => edge.current?.parentElement?.offsetWidth ?? width;

  const drag = (event: PointerEvent) => {
    if (!edge.current?.hasPointerCapture(event.pointerId)) return;
    const { left, width: thick } = edge.current.getBoundingClientRect();
    resize(shown() + (left + thick / 2 - event.clientX) * reach(edge.current));
  };
  const press = (event: KeyboardEvent) => {
    const to = {
      ArrowLeft: shown() + STEP,
      ArrowRight: shown() - STEP,
      Home: SIDE_MOST,
      End: SIDE_LEAST,
    }[event.key];
    if (to === undefined) return;
    resize(to);
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved
    <div
      ref={edge}
      class="ed-edge"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the answers"
      aria-valuenow={width}
      aria-valuemin={SIDE_LEAST}
      aria-valuemax={SIDE_MOST}
      title="Drag, or press ← and →, to make the answers wider or narrower. Double-click: as the labels need it."
      onPointerDown={(event) => {
        edge.current?.setPointerCapture(event.pointerId);
        event.preventDefault();
      }}
      onPointerMove={drag}
      onDblClick={() => device.resizeSide(null)}
      onKeyDown={press}
    />
  );
}

/** How many pixels the answers grow for one that their edge moves: where all is centered, both edges move. */
function reach(edge: HTMLElement): number {
  const [side, work] = [edge.parentElement, edge.closest("[data-work]")];
  if (!side || !work) return 1;
  const free = work.getBoundingClientRect().right - side.getBoundingClientRect().right;
  return free > 1 + Number.parseFloat(getComputedStyle(work).paddingRight) ? 2 : 1;
}
