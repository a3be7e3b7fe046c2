// From a key press to a command: pure, so that every rule of the keyboard is one test.

export interface KeyPress {
  key: string;
  code: string;
  ctrl: boolean;
  meta: boolean;
  alt: boolean;
  shift: boolean;
  /** The key is held down and repeats. */
  repeat: boolean;
  /** An input method is composing; its Enter confirms a word. */
  composing: boolean;
}

/** What has the focus: it decides which keys belong to the page. */
export type Focus =
  | "page" // nothing that takes keys
  | "toggle" // radio or checkbox: Space and left/right are its own
  | "control" // button, link, select: Enter and Space are its own
  | "line" // one-line input
  | "area"; // textarea or other editable text

/** What is open: it decides what the keys mean. */
export type Mode = "label" | "skip" | "dialog";

/** A key that the kind of the active question answers to, named as `keyNames` names it. */
export interface Binding {
  key: string;
  /** Acts again and again while it is held down. */
  repeats?: boolean;
}

/** The commands of the page itself; those of a kind are whatever it binds. */
export type Command =
  | { do: "kind"; key: string }
  | { do: "skip_reason"; index: number }
  | { do: "submit" }
  | { do: "skip" }
  | { do: "cancel" }
  | { do: "leave" }
  | { do: "undo" }
  | { do: "redo" }
  | { do: "next" }
  | { do: "previous" }
  | { do: "guideline" }
  | { do: "comment" }
  | { do: "flag" }
  | { do: "help" }
  | { do: "question"; by: 1 | -1 }
  | { do: "zoom"; by: 1 | -1 | 0 };

/** Keys that the focused control needs for itself: no kind gets them there. */
const CONTROL_KEYS: ReadonlySet<string> = new Set(["Enter", "Space", "Tab", "Shift Tab"]);
const TOGGLE_KEYS: ReadonlySet<string> = new Set([
  ...["Space", "Tab", "Shift Tab"],
  ...["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"],
]);
const OWN_KEYS: Partial<Record<Focus, ReadonlySet<string>>> = { control: CONTROL_KEYS, toggle: TOGGLE_KEYS };

const LETTER_COMMANDS: Record<string, Command> = {
  z: { do: "undo" },
  j: { do: "next" },
  k: { do: "previous" },
  g: { do: "guideline" },
  c: { do: "comment" },
  f: { do: "flag" },
};

/** What decides which commands a page has. */
export interface PageCommands {
  images: boolean;
  severalQuestions: boolean;
  canFlag: boolean;
}

/** The first part of `?`: the commands of this page with their keys and what they do; kinds add their own. */
export function commandHelp({ images, severalQuestions, canFlag }: PageCommands): [string, string][] {
  return COMMAND_HELP.filter(([, , shown]) => {
    if (shown === "images") return images;
    if (shown === "several") return severalQuestions;
    return shown !== "flag" || canFlag;
  }).map(([keys, meaning]) => [keys, meaning]);
}

type Shown = "images" | "several" | "flag";

const COMMAND_HELP: readonly (readonly [keys: string, meaning: string, shown?: Shown])[] = [
  ["Enter", "Submit and go to the next item"],
  ["Space", "Skip, then a digit for the reason"],
  ["Z", "Undo, across items too"],
  ["Shift Z", "Redo"],
  ["J", "Next item"],
  ["K", "Previous item, up to your last ten answers"],
  ["G", "Guideline, at the label you point at"],
  ["C", "Comment on this item"],
  ["F", "Flag this item for a reviewer", "flag"],
  ["↑ ↓", "Previous or next question", "several"],
  ["+ −", "Zoom the image in, out", "images"],
  [".", "Fit the image into its frame", "images"],
  ["Ctrl Enter", "Submit while typing"],
  ["Esc", "Leave a text box, close what is open"],
  ["?", "All keys"],
];

/**
 * The key as printed on a Latin keyboard, lower case. Digits and letters are taken from their place on the
 * keyboard where the layout gives another character (AZERTY's upper row, Cyrillic letters).
 */
export function plainKey(press: KeyPress): string {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code);
  if (digit?.[1] && !press.shift) return digit[1];
  if (press.key.length === 1 && press.key.charCodeAt(0) < 128) return press.key.toLowerCase();
  const letter = /^Key([A-Z])$/.exec(press.code);
  if (letter?.[1] && press.key.length === 1) return letter[1].toLowerCase();
  return press.key;
}

/** What a kind may bind this press as, the most exact name first: "Shift Tab", "Delete", "Space", "a". */
export function keyNames(press: KeyPress): string[] {
  const key = press.key === " " ? "Space" : plainKey(press);
  if (!press.shift) return [key];
  // A letter typed with Caps Lock or Shift is still that letter; Shift Tab is not Tab.
  return key.length === 1 ? [`Shift ${key}`, key] : [`Shift ${key}`];
}

/**
 * The command a key press means, or null when the key is not ours.
 *
 * Keys bound by the active question's kind come before those of the page, except in text boxes, where the focused
 * control needs them, and for the letters that mean the same on every item.
 */
export function commandFor(
  press: KeyPress,
  focus: Focus,
  mode: Mode,
  bindings: readonly Binding[] = [],
): Command | null {
  if (press.composing) return null;
  const typing = focus === "line" || focus === "area";
  const modified = press.ctrl || press.meta || press.alt;

  if (press.key === "Enter" && (press.ctrl || press.meta) && !press.alt) {
    return mode === "label" && !press.repeat ? { do: "submit" } : null;
  }
  if (modified) return null;
  if (mode === "label" && !typing) {
    const key = boundKey(press, focus, bindings);
    if (key !== null) return { do: "kind", key };
  }
  if (press.key === "Escape") return typing ? { do: "leave" } : { do: "cancel" };
  if (mode === "dialog") return null;
  if (typing) {
    const submits = focus === "line" && press.key === "Enter" && mode === "label" && !press.repeat;
    return submits ? { do: "submit" } : null;
  }

  const key = plainKey(press);
  if (mode === "skip") {
    if (!/^[1-9]$/.test(key) || press.repeat) return null;
    return { do: "skip_reason", index: Number(key) - 1 };
  }
  return labelCommand(press, key, focus);
}

function boundKey(press: KeyPress, focus: Focus, bindings: readonly Binding[]): string | null {
  for (const name of keyNames(press)) {
    if (name in LETTER_COMMANDS || name === "Shift z" || name === "?" || OWN_KEYS[focus]?.has(name)) continue;
    const binding = bindings.find(({ key }) => key === name);
    if (binding && (binding.repeats || !press.repeat)) return name;
  }
  return null;
}

function labelCommand(press: KeyPress, key: string, focus: Focus): Command | null {
  if (press.key === "ArrowDown") return { do: "question", by: 1 };
  if (press.key === "ArrowUp") return { do: "question", by: -1 };
  if (key === "+" || key === "=") return { do: "zoom", by: 1 };
  if (key === "-") return { do: "zoom", by: -1 };
  if (key === "j" || key === "k") return LETTER_COMMANDS[key] ?? null;
  // Everything below acts once per press: a held Enter must not submit a row of items.
  if (press.repeat) return null;
  if (key === ".") return { do: "zoom", by: 0 };
  if (press.key === "Enter") return focus === "control" ? null : { do: "submit" };
  if (press.key === " ") return focus === "page" ? { do: "skip" } : null;
  if (key === "?") return { do: "help" };
  if (key === "z" && press.shift) return { do: "redo" };
  return press.shift ? null : (LETTER_COMMANDS[key] ?? null);
}
