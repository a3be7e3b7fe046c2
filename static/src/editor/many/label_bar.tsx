// The labels under the thumb: one press answers all that is selected. Skipping, selecting and undo stand beside them.
import { useRef, useState } from "preact/hooks";
import { findLabels, groupLabels, type LabelGroup } from "../../core/labels.ts";
import { titleOf } from "../../core/schema.ts";
import { Icon, Key } from "../parts/icon.tsx";
import type { AnswerOption } from "./config.ts";
import { useMany } from "./context.ts";
import { focusTile } from "./keyboard.ts";

/** Beyond this many, a box to find one appears. */
const FIND_FROM = 20;

export function LabelBar() {
  const { board } = useMany();
  const count = board.selected.value.size;
  return (
    <section class="many-bar" data-bar aria-label="Answers">
      <div class="many-bar-line">
        <p class="many-count" data-selected-count={count}>
          <strong>{count}</strong> selected
        </p>
        <Acts />
        <p class="many-told" data-told>
          {board.told.value}
        </p>
      </div>
      {board.skipping.value ? <Reasons /> : <Options />}
    </section>
  );
}

function Options() {
  const { board, root } = useMany();
  const { options } = board.config;
  const [typed, setTyped] = useState("");
  const box = useRef<HTMLInputElement>(null);
  const { found, best } = findLabels(options, typed);
  const take = () => {
    if (!typed.trim() || !best) return;
    board.answer(best);
    setTyped("");
    focusTile(root, board);
  };
  return (
    <fieldset class="many-options">
      <legend>
        {titleOf(board.question)}
        {options.length > FIND_FROM && (
          <input
            ref={box}
            class="form-control form-control-sm many-find"
            type="search"
            data-search
            aria-label={`Find one of ${options.length} labels; Enter answers with it`}
            placeholder={`Find one of ${options.length}`}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || event.isComposing || event.repeat) return;
              event.preventDefault();
              take();
            }}
          />
        )}
      </legend>
      <Group group={groupLabels(found)} best={typed.trim() ? (best?.name ?? null) : null} />
      {found.length === 0 && <p class="ed-hint">No label contains “{typed}”.</p>}
    </fieldset>
  );
}

/** The labels of a group, and the groups within it, each after its title. */
function Group({ group, best }: { group: LabelGroup<AnswerOption>; best: string | null }) {
  return (
    <>
      {group.path && group.labels.length > 0 && (
        <span class="many-group" dir="auto">
          {group.path}
        </span>
      )}
      {group.labels.map((option) => (
        <OptionButton key={option.name} option={option} isBest={option.name === best} />
      ))}
      {group.groups.map((inner) => (
        <Group key={inner.path} group={inner} best={best} />
      ))}
    </>
  );
}

function OptionButton({ option, isBest }: { option: AnswerOption; isBest: boolean }) {
  const { board } = useMany();
  const dot = (element: HTMLElement | null) => {
    if (option.color) element?.style.setProperty("--label-color", option.color);
  };
  return (
    <button
      type="button"
      class="btn btn-secondary many-option"
      data-label={option.name}
      data-best={isBest || undefined}
      title={option.description || undefined}
      aria-keyshortcuts={option.key || undefined}
      onClick={() => board.answer(option)}
    >
      {option.color && <span ref={dot} class="ed-label-dot" aria-hidden="true" />}
      <span class="many-option-title" dir="auto">
        {option.title}
      </span>
      {option.key && <Key>{option.key}</Key>}
    </button>
  );
}

function Reasons() {
  const { board } = useMany();
  return (
    <fieldset class="many-options" data-skip-reasons>
      <legend>Why skip {board.selected.value.size === 1 ? "it" : "them"}?</legend>
      {board.config.skip_reasons.map(({ name, title }, index) => (
        <button
          key={name}
          type="button"
          class="btn btn-secondary many-option"
          aria-keyshortcuts={String(index + 1)}
          onClick={() => board.skip(name)}
        >
          <Key>{String(index + 1)}</Key> {title}
        </button>
      ))}
      <button
        type="button"
        class="btn btn-quiet"
        onClick={() => {
          board.skipping.value = false;
        }}
      >
        Cancel <Key>Esc</Key>
      </button>
    </fieldset>
  );
}

function Acts() {
  const { board, keys } = useMany();
  const nothing = board.selected.value.size === 0;
  return (
    <div class="many-acts">
      <button type="button" class="btn btn-quiet btn-sm" onClick={() => board.selectAll()}>
        All <Key>{keys.all}</Key>
      </button>
      <button
        type="button"
        class="btn btn-quiet btn-sm"
        disabled={nothing}
        onClick={() => board.selectNone()}
      >
        None <Key>Esc</Key>
      </button>
      <button
        type="button"
        class="btn btn-quiet btn-sm"
        disabled={nothing}
        aria-expanded={board.skipping.value}
        onClick={() => board.askSkip()}
      >
        <Icon name="skip" /> Skip <Key>{keys.skip}</Key>
      </button>
      <button
        type="button"
        class="btn btn-quiet btn-sm"
        disabled={!board.canUndo.value}
        onClick={() => board.undo()}
      >
        <Icon name="undo" /> Undo {keys.undo && <Key>{keys.undo}</Key>}
      </button>
      {board.tiles.value.length > 0 && (board.remaining.value ?? 0) > 0 && (
        <button
          type="button"
          class="btn btn-quiet btn-sm"
          disabled={board.busy.value}
          title="Show more items below these"
          onClick={() => void board.more()}
        >
          <Icon name="plus" /> More {keys.more && <Key>{keys.more}</Key>}
        </button>
      )}
    </div>
  );
}
