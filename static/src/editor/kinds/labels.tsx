// The grid of labels shared by the kinds that offer a list of them.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { labelWidth } from "../../core/layout.ts";

/** Beyond this many, a box to filter them appears. */
const FILTER_FROM = 30;
/** Titles this short fit several to a row, even on a phone. */
const SHORT_TITLE = 5;
/** More than these are not drawn at once; the filter finds the others. */
const SHOWN_AT_MOST = 200;

/** A label on offer, as the server normalized it. */
export interface LabelOption {
  name: string;
  title: string;
  color: string;
  key: string;
  description?: string;
}

export function titleOfLabel(labels: readonly LabelOption[], name: string): string {
  return labels.find((option) => option.name === name)?.title ?? name;
}

/** The keys of labels with what they are called, for `?`. */
export function keysOfLabels(labels: readonly LabelOption[]): [key: string, title: string][] {
  return labels.filter(({ key }) => key).map(({ key, title }) => [key, title]);
}

export interface LabelGridProps {
  labels: LabelOption[];
  selected: ReadonlySet<string>;
  type: "radio" | "checkbox";
  id: string;
  pick: (label: string, byPointer: boolean) => void;
  point: (label: string | null) => void;
}

export function LabelGrid({ labels, selected, type, id, pick, point }: LabelGridProps) {
  const [filter, setFilter] = useState("");
  const width = useMemo(() => labelWidth(labels.map(({ title }) => title)), [labels]);
  const found = matching(labels, filter);
  const shown = found.filter((label, place) => place < SHOWN_AT_MOST || selected.has(label.name));
  return (
    <>
      {labels.length > FILTER_FROM && (
        <input
          class="form-control ed-filter"
          type="search"
          aria-label={`Find one of ${labels.length} labels`}
          placeholder={`Find one of ${labels.length} labels`}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      <div
        class="ed-labels"
        style={{ "--ed-label-width": `${width}px` }}
        data-many={shown.length > 12 || undefined}
        data-short={labels.every((label) => label.title.length <= SHORT_TITLE) || undefined}
      >
        {shown.map((label, index) => (
          <LabelButton
            key={label.name}
            label={label}
            type={type}
            id={id}
            checked={selected.has(label.name)}
            tabbable={type === "radio" || index === 0}
            pick={pick}
            point={point}
          />
        ))}
      </div>
      {found.length > shown.length && (
        <p class="ed-hint">{found.length - shown.length} more: type to find them.</p>
      )}
      {found.length === 0 && <p class="ed-hint">No label contains “{filter}”.</p>}
    </>
  );
}

function matching(labels: LabelOption[], filter: string): LabelOption[] {
  const words = filter.trim().toLocaleLowerCase();
  if (!words) return labels;
  return labels.filter((label) => `${label.title} ${label.name}`.toLocaleLowerCase().includes(words));
}

interface LabelButtonProps extends Omit<LabelGridProps, "labels" | "selected"> {
  label: LabelOption;
  checked: boolean;
  tabbable: boolean;
}

function LabelButton({ label, type, id, checked, tabbable, pick, point }: LabelButtonProps) {
  const chip = useRef<HTMLLabelElement>(null);
  const byPointer = useRef(false);
  useEffect(() => {
    if (label.color) chip.current?.style.setProperty("--label-color", label.color);
  }, [label.color]);
  return (
    <label
      ref={chip}
      class="ed-label"
      data-checked={checked || undefined}
      data-label={label.name}
      title={label.description || undefined}
      onPointerDown={() => {
        byPointer.current = true;
      }}
      // The focus stays where it was: after a click the keys go on working as before.
      onMouseDown={(event) => event.preventDefault()}
      onPointerEnter={() => point(label.name)}
      onPointerLeave={() => point(null)}
    >
      <input
        class="ed-label-input"
        type={type}
        name={id}
        value={label.name}
        checked={checked}
        tabIndex={tabbable ? undefined : -1}
        aria-keyshortcuts={label.key || undefined}
        onChange={() => {
          pick(label.name, byPointer.current);
          byPointer.current = false;
        }}
        onKeyDown={type === "checkbox" ? moveBetween : undefined}
        onFocus={() => point(label.name)}
        onBlur={() => point(null)}
      />
      <span class="ed-label-dot" aria-hidden="true" />
      <span class="ed-label-title" dir="auto">
        {label.title}
      </span>
      {label.key && (
        <span class="ed-key" aria-hidden="true">
          {label.key}
        </span>
      )}
    </label>
  );
}

/** Checkboxes are one stop of the Tab key, like radios; left and right go from one to the next. */
function moveBetween(event: KeyboardEvent): void {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const box = event.currentTarget as HTMLInputElement;
  if (!by) return;
  const boxes = [
    ...(box.closest("fieldset")?.querySelectorAll<HTMLInputElement>("input[type=checkbox]") ?? []),
  ];
  boxes[(boxes.indexOf(box) + by + boxes.length) % boxes.length]?.focus();
  event.preventDefault();
}
