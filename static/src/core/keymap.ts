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

export type Command =
  | { do: "answer"; key: string }
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

const LETTER_COMMANDS: Record<string, Command> = {
  z: { do: "undo" },
  j: { do: "next" },
  k: { do: "previous" },
  g: { do: "guideline" },
  c: { do: "comment" },
  f: { do: "flag" },
};

/** The last two columns of `?`: every command with its keys and what it does. */
export const COMMAND_HELP: readonly (readonly [keys: string, meaning: string])[] = [
  ["Enter", "Submit and go to the next item"],
  ["Space", "Skip, then 1–6 for the reason"],
  ["Z", "Undo, across items too"],
  ["Shift Z", "Redo"],
  ["J", "Next item"],
  ["K", "Previous item, up to your last ten answers"],
  ["G", "Guideline, at the label you point at"],
  ["C", "Comment on this item"],
  ["F", "Flag this item for a reviewer"],
  ["↑ ↓", "Previous or next question"],
  ["+ − 0", "Zoom the image in, out, to fit"],
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

/** The command a key press means, or null when the key is not ours. */
export function commandFor(press: KeyPress, focus: Focus, mode: Mode): Command | null {
  if (press.composing) return null;
  const typing = focus === "line" || focus === "area";
  const modified = press.ctrl || press.meta || press.alt;

  if (press.key === "Enter" && (press.ctrl || press.meta) && !press.alt) {
    return mode === "label" && !press.repeat ? { do: "submit" } : null;
  }
  if (modified) return null;
  if (press.key === "Escape") return typing ? { do: "leave" } : { do: "cancel" };
  if (mode === "dialog") return null;
  if (typing) {
    const submits = focus === "line" && press.key === "Enter" && mode === "label" && !press.repeat;
    return submits ? { do: "submit" } : null;
  }

  const key = plainKey(press);
  if (mode === "skip") {
    if (!/^[1-6]$/.test(key) || press.repeat) return null;
    return { do: "skip_reason", index: Number(key) - 1 };
  }
  return labelCommand(press, key, focus);
}

function labelCommand(press: KeyPress, key: string, focus: Focus): Command | null {
  if (press.key === "ArrowDown") return { do: "question", by: 1 };
  if (press.key === "ArrowUp") return { do: "question", by: -1 };
  if (key === "+" || key === "=") return { do: "zoom", by: 1 };
  if (key === "-") return { do: "zoom", by: -1 };
  if (key === "j" || key === "k") return LETTER_COMMANDS[key] ?? null;
  // Everything below acts once per press: a held Enter must not submit a row of items.
  if (press.repeat) return null;
  if (press.key === "Enter") return focus === "control" ? null : { do: "submit" };
  if (press.key === " ") return focus === "page" ? { do: "skip" } : null;
  if (key === "?") return { do: "help" };
  if (key === "z" && press.shift) return { do: "redo" };
  const command = LETTER_COMMANDS[key];
  if (command) return press.shift ? null : command;
  return /^[0-9a-z]$/.test(key) ? { do: "answer", key } : null;
}
