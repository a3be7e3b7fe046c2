// One of the items on the screen: its picture or text, and whether it is selected.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type FieldValue, isImage } from "../../core/documents.ts";
import { inWords } from "../../sending/api.ts";
import { Icon } from "../parts/icon.tsx";
import type { Tile } from "./board.ts";
import { useMany } from "./context.ts";

/** So much of a text is its name for a screen reader. */
const NAMED = 300;

export function TileView({ tile }: { tile: Tile }) {
  const { board } = useMany();
  const selected = board.selected.value.has(tile.id);
  const values = valuesOf(tile, board.question.field);
  const refusal = tile.refusal.value;
  const saidId = `many-refused-${tile.id}`;
  return (
    <li class="many-tile" data-tile={tile.id} data-selected={selected || undefined}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the checkbox inside has the keys; this is its area */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above */}
      <div
        class="many-tile-area"
        // No text is selected with Shift, and the focus goes to the checkbox.
        onMouseDown={(event) => {
          event.preventDefault();
          event.currentTarget.querySelector("input")?.focus({ preventScroll: true });
        }}
        onClick={(event) => {
          if (event.shiftKey) board.extendTo(tile.id);
          else board.toggle(tile.id);
        }}
      >
        <input
          type="checkbox"
          class="form-check-input many-tile-check"
          checked={selected}
          tabIndex={board.at.value === tile.id ? 0 : -1}
          aria-label={nameOf(tile, values)}
          aria-describedby={refusal ? saidId : undefined}
          onFocus={() => {
            board.at.value = tile.id;
          }}
          // A click from the keyboard or a screen reader: it must not count twice.
          onClick={(event) => event.stopPropagation()}
          onChange={() => board.toggle(tile.id)}
        />
        {values.map(([name, value]) =>
          isImage(value) ? (
            <img
              key={name}
              class="many-tile-image"
              src={value.thumb}
              alt=""
              loading="lazy"
              draggable={false}
            />
          ) : (
            <TileText key={name} text={String(value)} />
          ),
        )}
      </div>
      {refusal && (
        <p class="many-tile-refused" id={saidId}>
          <Icon name="error" /> Not accepted: {inWords(refusal)}
        </p>
      )}
    </li>
  );
}

/** A text as far as it fits; a button shows the rest. */
function TileText({ text }: { text: string }) {
  const { device } = useMany();
  const shown = useRef<HTMLParagraphElement>(null);
  const [isCut, setCut] = useState(false);
  const [isWhole, setWhole] = useState(false);
  const size = device.textSize.value;
  useLayoutEffect(() => {
    const element = shown.current;
    if (element && !isWhole) setCut(element.scrollHeight > element.clientHeight + 1);
  }, [isWhole, size]);
  return (
    <>
      <p ref={shown} class="many-tile-text" data-whole={isWhole || undefined} dir="auto">
        {text}
      </p>
      {isCut && (
        <button
          type="button"
          class="btn btn-quiet btn-sm many-tile-more"
          aria-expanded={isWhole}
          tabIndex={-1}
          onMouseDown={(event) => event.stopPropagation()}
          onClick={(event) => {
            event.stopPropagation();
            setWhole(!isWhole);
          }}
        >
          {isWhole ? "Less" : "More"}
        </button>
      )}
    </>
  );
}

/** The fields that have a value, the one that is asked about first. */
function valuesOf(tile: Tile, asked: string): [name: string, value: Exclude<FieldValue, null>][] {
  const values = Object.entries(tile.task.data).filter(
    (pair): pair is [string, Exclude<FieldValue, null>] => pair[1] !== null && pair[1] !== "",
  );
  return values.sort(([a], [b]) => Number(b === asked) - Number(a === asked));
}

function nameOf(tile: Tile, values: [string, Exclude<FieldValue, null>][]): string {
  const words = values.map(([, value]) => (isImage(value) ? `image ${value.name || tile.name}` : value));
  return words.join(". ").slice(0, NAMED) || `item ${tile.name}`;
}
