import { all, on } from "../page/dom.ts";

function options(palette: HTMLElement): HTMLElement[] {
  return all('[role="option"]:not([aria-disabled])', palette);
}

function select(palette: HTMLElement, chosen: HTMLElement | undefined): void {
  if (!chosen) return;
  for (const option of options(palette)) option.setAttribute("aria-selected", String(option === chosen));
  chosen.scrollIntoView({ block: "nearest" });
  palette.querySelector("input")?.setAttribute("aria-activedescendant", chosen.id);
}

/** Open the command palette; its results come from the server. */
export function openPalette(): void {
  const palette = document.getElementById("palette");
  if (!(palette instanceof HTMLDialogElement) || palette.open) return;
  palette.showModal();
  const input = palette.querySelector("input");
  if (!input) return;
  input.value = "";
  input.focus();
  input.dispatchEvent(new CustomEvent("dc:palette"));
}

/** Do what a command says: press what carries it on the page, as a hand would in its menu. */
function press(chosen: HTMLElement): void {
  chosen.closest("dialog")?.close();
  document.querySelector<HTMLElement>(`[data-command="${chosen.dataset.press}"]`)?.click();
}

export function startPalette(): void {
  on("click", "#palette [data-press]", (_event, chosen) => press(chosen));
  on("click", "[data-palette-open]", openPalette);
  document.addEventListener("keydown", (event) => {
    if (
      event.key.toLowerCase() === "k" &&
      (event.ctrlKey || event.metaKey) &&
      !event.shiftKey &&
      !event.altKey
    ) {
      event.preventDefault();
      openPalette();
    }
  });
  on<KeyboardEvent>("keydown", "#palette input", (event, input) => {
    const palette = input.closest<HTMLElement>("dialog");
    if (!palette) return;
    const list = options(palette);
    const at = list.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") select(palette, list[(at + 1) % list.length]);
    else if (event.key === "ArrowUp") select(palette, list[(at - 1 + list.length) % list.length]);
    else if (event.key === "Enter") list[Math.max(at, 0)]?.click();
    else return;
    event.preventDefault();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.target;
    if (!(target instanceof HTMLElement) || target.id !== "palette-results") return;
    const palette = target.closest<HTMLElement>("dialog");
    if (palette) select(palette, options(palette)[0]);
  });
}
