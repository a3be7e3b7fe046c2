// The labels on offer, shared by the kinds that have a list of them: in their groups, and found by typing.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Answer } from "../../core/documents.ts";
import {
  findLabels,
  groupLabels,
  type LabelGroup,
  type LabelOption,
  labelsWithin,
} from "../../core/labels.ts";
import { labelWidth } from "../../core/layout.ts";
import type { Question } from "../../core/schema.ts";
import type { AnswerProps, KindCommand } from "./kind.ts";

/** Beyond this many, a box to find one appears. */
const FILTER_FROM = 20;
/** Beyond this many, labels stand in columns. */
const COLUMNS_FROM = 12;
/** Titles this short fit several to a row, even on a phone. */
const SHORT_TITLE = 5;
/** More than these are not drawn at once; the filter finds the others. */
const SHOWN_AT_MOST = 200;

export function titleOfLabel(labels: readonly LabelOption[], name: string): string {
  return labels.find((option) => option.name === name)?.title ?? name;
}

/** The keys of labels with what they are called, for `?`. */
export function keysOfLabels(labels: readonly LabelOption[]): [key: string, title: string][] {
  const find: [string, string][] =
    labels.length > FILTER_FROM ? [["/", "Find a label; ↑ ↓ move, Enter takes it"]] : [];
  return [
    ...find,
    ...labels.filter(({ key }) => key).map(({ key, title }): [string, string] => [key, title]),
  ];
}

/** The key that goes to the box to find a label in. */
export function findCommand<Q extends Question, A extends Answer>(
  labels: readonly LabelOption[],
): KindCommand<Q, A>[] {
  if (labels.length <= FILTER_FROM) return [];
  const act = ({ question }: { question: Question }) => {
    const asked = `[data-question="${CSS.escape(question.name)}"]`;
    document.querySelector<HTMLElement>(`${asked} [data-filter]`)?.focus();
    return "done" as const;
  };
  return [{ key: "/", act }];
}

export interface LabelGridProps
  extends Pick<AnswerProps<Question, Answer>, "id" | "point" | "leave" | "isFolded" | "fold"> {
  labels: LabelOption[];
  selected: ReadonlySet<string>;
  type: "radio" | "checkbox";
  /** `finished`: the question is answered with it. */
  pick: (label: string, finished: boolean) => void;
}

export function LabelGrid(props: LabelGridProps) {
  const { labels, selected, type, id, pick, leave } = props;
  const [typed, setTyped] = useState("");
  const [moved, setMoved] = useState<string | null>(null);
  const width = useMemo(() => labelWidth(labels.map(({ title }) => title)), [labels]);
  const { found, best } = useMemo(() => findLabels(labels, typed), [labels, typed]);
  const within = new Set(found.slice(0, SHOWN_AT_MOST));
  // What is chosen stays in sight, whatever is looked for.
  const tree = groupLabels(labels.filter((label) => within.has(label) || selected.has(label.name)));
  const shown = labelsWithin(tree);
  const matches = shown.filter((label) => within.has(label));
  const marked = matches.find(({ name }) => name === moved) ?? best;

  const look = (text: string) => {
    setTyped(text);
    setMoved(null);
  };
  const take = () => {
    if (typed.trim() && !marked) return;
    // Of several labels one that is chosen is taken back; of one it stays.
    if (marked) pick(marked.name, true);
    look("");
    leave();
  };
  const press = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      const from = marked ? matches.indexOf(marked) : by > 0 ? -1 : 0;
      setMoved(matches[(from + by + matches.length) % matches.length]?.name ?? null);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      if (!event.repeat) take();
    } else {
      // Escape goes on to the page, which leaves the box.
      if (event.key === "Escape") look("");
      return;
    }
    event.preventDefault();
  };
  return (
    <>
      {labels.length > FILTER_FROM && (
        <LabelFinder count={labels.length} typed={typed} look={look} press={press} />
      )}
      {typed && (
        <p class="visually-hidden" role="status">
          {marked ? `${marked.title}, ${matches.indexOf(marked) + 1} of ${matches.length}` : "No label fits"}
        </p>
      )}
      <Labels
        {...props}
        group={tree}
        first={shown[0]?.name ?? ""}
        marked={marked?.name ?? null}
        unfolded={typed.trim() !== ""}
        width={width}
        many={shown.length > COLUMNS_FROM}
        short={labels.every((label) => label.title.length <= SHORT_TITLE)}
        id={id}
        type={type}
      />
      {found.length > within.size && (
        <p class="ed-hint">{found.length - within.size} more: type to find them.</p>
      )}
      {found.length === 0 && <p class="ed-hint">No label contains “{typed}”.</p>}
    </>
  );
}

interface FinderProps {
  count: number;
  typed: string;
  look: (text: string) => void;
  press: (event: KeyboardEvent) => void;
}

function LabelFinder({ count, typed, look, press }: FinderProps) {
  const words = `Find one of ${count} labels`;
  return (
    <div class="ed-filter">
      <input
        class="form-control"
        type="search"
        data-filter
        aria-label={words}
        aria-keyshortcuts="/"
        placeholder={words}
        value={typed}
        onInput={(event) => look(event.currentTarget.value)}
        onKeyDown={press}
      />
      <span class="ed-key" aria-hidden="true">
        /
      </span>
    </div>
  );
}

interface LabelsProps extends LabelGridProps {
  group: LabelGroup;
  /** The label that the Tab key reaches, where it reaches one of them. */
  first: string;
  marked: string | null;
  /** While something is looked for, no group is closed. */
  unfolded: boolean;
  width: number;
  many: boolean;
  short: boolean;
}

/** The labels of a group, and the groups within it below them. */
function Labels(props: LabelsProps) {
  const { group, first, marked, width, many, short, selected } = props;
  return (
    <>
      {group.labels.length > 0 && (
        <div
          class="ed-labels"
          style={{ "--ed-label-width": `${width}px` }}
          data-many={many || undefined}
          data-short={short || undefined}
        >
          {group.labels.map((label) => (
            <LabelButton
              key={label.name}
              label={label}
              type={props.type}
              id={props.id}
              checked={selected.has(label.name)}
              marked={label.name === marked}
              tabbable={props.type === "radio" || label.name === first}
              pick={props.pick}
              point={props.point}
            />
          ))}
        </div>
      )}
      {group.groups.map((inner) => (
        <Group key={inner.path} {...props} group={inner} />
      ))}
    </>
  );
}

function Group(props: LabelsProps) {
  const { group, marked, unfolded, selected, isFolded, fold } = props;
  const all = labelsWithin(group);
  const open = unfolded || !isFolded(group.path) || all.some(({ name }) => name === marked);
  const chosen = open ? [] : all.filter(({ name }) => selected.has(name));
  return (
    <details class="ed-group" open={open} data-group={group.path}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a summary is pressed like a button */}
      <summary
        onMouseDown={(event) => event.preventDefault()}
        onClick={(event) => {
          event.preventDefault();
          if (!unfolded) fold(group.path, open);
        }}
      >
        <span class="ed-group-title" dir="auto">
          {group.title}
        </span>
        <span class="ed-hint">{all.length}</span>
        {chosen.length > 0 && (
          <strong class="ed-group-chosen" dir="auto">
            {chosen.map(({ title }) => title).join(", ")}
          </strong>
        )}
      </summary>
      {open && <Labels {...props} />}
    </details>
  );
}

interface LabelButtonProps extends Pick<LabelGridProps, "type" | "id" | "pick" | "point"> {
  label: LabelOption;
  checked: boolean;
  marked: boolean;
  tabbable: boolean;
}

function LabelButton({ label, type, id, checked, marked, tabbable, pick, point }: LabelButtonProps) {
  const chip = useRef<HTMLLabelElement>(null);
  const byPointer = useRef(false);
  useEffect(() => {
    if (label.color) chip.current?.style.setProperty("--label-color", label.color);
  }, [label.color]);
  useEffect(() => {
    if (marked) chip.current?.scrollIntoView({ block: "nearest" });
  }, [marked]);
  return (
    <label
      ref={chip}
      class="ed-label"
      data-checked={checked || undefined}
      data-marked={marked || undefined}
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
