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

/** What a key of the page does, whatever is asked; each person may give it another key. */
export type Action =
  | "submit"
  | "skip"
  | "undo"
  | "redo"
  | "next"
  | "previous"
  | "guideline"
  | "comment"
  | "flag"
  | "help"
  | "next_question"
  | "previous_question"
  | "zoom_in"
  | "zoom_out"
  | "fit";

/** The actions that are a command with a number; the others are commands by the same name. */
const COMMANDS: Partial<Record<Action, Command>> = {
  next_question: { do: "question", by: 1 },
  previous_question: { do: "question", by: -1 },
  zoom_in: { do: "zoom", by: 1 },
  zoom_out: { do: "zoom", by: -1 },
  fit: { do: "zoom", by: 0 },
};

/** All else acts once per press: a held Enter must not submit a row of items. */
const REPEATED: ReadonlySet<Action> = new Set<Action>([
  ...(["next", "previous", "next_question", "previous_question"] as const),
  ...(["zoom_in", "zoom_out"] as const),
]);

/** Letters mean the same on every item: no kind gets those of an action. */
const FIRST = /^(?:(?:Shift )?[a-z]|\?)$/;

/** An action as the server names it, with its usual key. */
export interface ActionWords {
  name: Action;
  title: string;
  key: string;
}

export type Keys = Readonly<Partial<Record<Action, string>>>;

/**
 * The keys that actions really have: those chosen, but where an answer of this project has one (`taken`) the action
 * keeps its usual key, or has none when another action was given that.
 */
export function boundKeys(actions: readonly ActionWords[], chosen: Keys, taken: ReadonlySet<string>): Keys {
  const bound: Partial<Record<Action, string>> = {};
  const held = new Set<string>();
  const give = (action: Action, key: string) => {
    if (held.has(key)) return;
    bound[action] = key;
    held.add(key);
  };
  const wanted = actions.map((action) => ({ ...action, own: chosen[action.name] ?? action.key }));
  for (const { name, key, own } of wanted) if (own === key || !taken.has(own)) give(name, own);
  for (const { name, key } of wanted) if (!bound[name]) give(name, key);
  return bound;
}

/** Which action a key does. */
export type KeyTable = ReadonlyMap<string, Action>;

export function tableOf(keys: Keys): KeyTable {
  return new Map(Object.entries(keys).map(([action, key]) => [key, action as Action]));
}

const PRINTED: Record<string, string> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  PageUp: "Page Up",
  PageDown: "Page Down",
  "-": "−",
};

/** A key as it is printed on a keyboard: "Shift Z", "↑", "Space". */
export function keyWords(key: string): string {
  const plain = key.replace("Shift ", "");
  const printed = PRINTED[plain] ?? (plain.length === 1 ? plain.toUpperCase() : plain);
  return key === plain ? printed : `Shift ${printed}`;
}

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
 * Keys bound by the active question's kind come before those of the page (`keys`), except in text boxes, where the
 * focused control needs them, and for the letters that mean the same on every item.
 */
export function commandFor(
  press: KeyPress,
  focus: Focus,
  mode: Mode,
  keys: KeyTable,
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
    const key = boundKey(press, focus, keys, bindings);
    if (key !== null) return { do: "kind", key };
  }
  if (press.key === "Escape") return typing ? { do: "leave" } : { do: "cancel" };
  if (mode === "dialog") return null;
  if (typing) {
    const submits = focus === "line" && press.key === "Enter" && mode === "label" && !press.repeat;
    return submits ? { do: "submit" } : null;
  }

  if (mode === "skip") {
    const key = plainKey(press);
    if (!/^[1-9]$/.test(key) || press.repeat) return null;
    return { do: "skip_reason", index: Number(key) - 1 };
  }
  return actionCommand(press, focus, keys);
}

function boundKey(
  press: KeyPress,
  focus: Focus,
  keys: KeyTable,
  bindings: readonly Binding[],
): string | null {
  for (const name of keyNames(press)) {
    if (keys.has(name) && FIRST.test(name)) return null;
    if (OWN_KEYS[focus]?.has(name)) continue;
    const binding = bindings.find(({ key }) => key === name);
    if (binding && (binding.repeats || !press.repeat)) return name;
  }
  return null;
}

function actionCommand(press: KeyPress, focus: Focus, keys: KeyTable): Command | null {
  const name = actionKeys(press).find((candidate) => keys.has(candidate));
  const action = name && keys.get(name);
  if (!action || (press.repeat && !REPEATED.has(action))) return null;
  // Up and down go from question to question also at a radio button; what else a control needs is its own.
  if (!name.startsWith("Arrow") && OWN_KEYS[focus]?.has(name)) return null;
  return COMMANDS[action] ?? ({ do: action } as Command);
}

/** What a press may be bound as: a letter with Shift is another key than without, a character is itself. */
export function actionKeys(press: KeyPress): string[] {
  const names = keyNames(press);
  const [name = ""] = names;
  if (/^Shift [a-z]$/.test(name)) return [name];
  const plain = name.replace("Shift ", "");
  // Plus lies on Equals: nobody should have to hold Shift for it.
  return [...names, plain === "=" ? "+" : plain];
}
