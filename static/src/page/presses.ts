// What the browser says of a key, as the rules of the keyboard need it.
import type { KeyPress } from "../core/keymap.ts";

export function pressOf(event: KeyboardEvent): KeyPress {
  return {
    key: event.key,
    code: event.code,
    ctrl: event.ctrlKey,
    meta: event.metaKey,
    alt: event.altKey,
    shift: event.shiftKey,
    repeat: event.repeat,
    composing: event.isComposing || event.keyCode === 229,
  };
}
