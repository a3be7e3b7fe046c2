import type { Action } from "../../core/keymap.ts";
import { useEditor } from "./context.ts";

/** A symbol of the site's icon sprite; always beside a word, so it is hidden from screen readers. */
export function Icon({ name, small = true }: { name: string; small?: boolean }) {
  const sprite = spriteOfPage();
  if (!sprite) return null;
  return (
    <svg class={small ? "dc-icon dc-icon-16" : "dc-icon"} aria-hidden="true">
      <use href={`${sprite}#${name}`} />
    </svg>
  );
}

let found: string | null | undefined;

/** The page's own frame uses the sprite too. */
function spriteOfPage(): string | null {
  if (found === undefined) {
    const use = document.querySelector('use[href*="sprite"]')?.getAttribute("href");
    found = use?.split("#")[0] ?? null;
  }
  return found;
}

export function Key({ children }: { children: string }) {
  return (
    <span class="ed-key" aria-hidden="true">
      {children}
    </span>
  );
}

/** The key that an action has here, if it has one. */
export function ActionKey({ of: action }: { of: Action }) {
  const words = useEditor().keys.words(action);
  return words ? <Key>{words}</Key> : null;
}
