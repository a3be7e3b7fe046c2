// What every page but the label page has: the frame, tables, forms, uploads, pictures.
import { startForms } from "./forms.ts";
import { startFrame } from "./frame.ts";
import { startPictures } from "./pictures.ts";
import { startTables } from "./tables.ts";
import { startUploads } from "./uploads.ts";

/** Start what every page has. */
export function startChrome(): void {
  startFrame();
  startTables();
  startPictures();
  startForms();
  startUploads();
  if (document.querySelector("textarea[data-grow]"))
    void import("./writing.ts").then(({ startWriting }) => startWriting());
  const explorer = document.querySelector<HTMLElement>("[data-explorer]");
  if (explorer) void import("./explorer.ts").then(({ startExplorer }) => startExplorer(explorer));
}
