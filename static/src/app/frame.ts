// What the frame around every page has: htmx, toasts, theme, menus and dialogs, palette, keys.
import { startFloating } from "./floating.ts";
import { startHtmx } from "./htmx.ts";
import { startKeys } from "./keys.ts";
import { startPalette } from "./palette.ts";
import { startThemeSwitch } from "./theme_switch.ts";
import { startToasts } from "./toasts.ts";

/** Start what the frame around every page has, also where the page itself is an editor. */
export function startFrame(): void {
  startHtmx();
  startToasts();
  startThemeSwitch();
  startFloating();
  startPalette();
  startKeys();
}
