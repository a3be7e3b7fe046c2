// What every page has: htmx, theme, toasts, menus and dialogs, palette, keys, tables, forms, uploads, pictures.
import { startFloating } from "./floating.ts";
import { startForms } from "./forms.ts";
import { startHtmx } from "./htmx.ts";
import { startKeys } from "./keys.ts";
import { startPalette } from "./palette.ts";
import { startPictures } from "./pictures.ts";
import { startTables } from "./tables.ts";
import { startThemeSwitch } from "./theme_switch.ts";
import { startToasts } from "./toasts.ts";
import { startUploads } from "./uploads.ts";

/** Start what every page has. */
export function startChrome(): void {
  startHtmx();
  startToasts();
  startThemeSwitch();
  startFloating();
  startPalette();
  startKeys();
  startTables();
  startPictures();
  startForms();
  startUploads();
  if (document.querySelector("textarea[data-grow]"))
    void import("./writing.ts").then(({ startWriting }) => startWriting());
  const explorer = document.querySelector<HTMLElement>("[data-explorer]");
  if (explorer) void import("./explorer.ts").then(({ startExplorer }) => startExplorer(explorer));
}
