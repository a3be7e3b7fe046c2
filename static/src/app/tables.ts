import { all, on } from "../page/dom.ts";

type Box = HTMLInputElement;

function refresh(table: HTMLElement): void {
  const boxes = all<Box>("input[data-select]", table);
  const chosen = boxes.filter((box) => box.checked).length;
  const every = table.querySelector<Box>("input[data-select-all]");
  if (every) {
    every.checked = chosen > 0 && chosen === boxes.length;
    every.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  const bar = (table.closest("form") ?? document).querySelector<HTMLElement>("[data-bulkbar]");
  if (!bar) return;
  bar.hidden = chosen === 0;
  const noun = bar.dataset.noun ?? "row";
  const words = bar.querySelector("[data-bulk-count]");
  if (words) words.textContent = `${chosen} ${noun}${chosen === 1 ? "" : "s"} selected`;
}

function clear(table: HTMLElement): void {
  for (const box of all<Box>("input[data-select]", table)) box.checked = false;
  refresh(table);
}

/** Selection with a bar of bulk actions, and rows that open. A grid of cards with data-selectable works the same. */
export function startTables(): void {
  let last: Box | null = null;

  on("change", "[data-selectable] input[data-select-all]", (_event, target) => {
    const table = target.closest<HTMLElement>("[data-selectable]");
    if (!table) return;
    for (const box of all<Box>("input[data-select]", table)) box.checked = (target as Box).checked;
    refresh(table);
  });
  on<MouseEvent>("click", "[data-selectable] input[data-select]", (event, target) => {
    const table = target.closest<HTMLElement>("[data-selectable]");
    const box = target as Box;
    if (!table) return;
    const boxes = all<Box>("input[data-select]", table);
    if (event.shiftKey && last && boxes.includes(last)) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((one, other) => one - other);
      for (const between of boxes.slice(from, (to ?? 0) + 1)) between.checked = box.checked;
    }
    last = box;
    refresh(table);
  });
  on("click", "[data-select-none]", (_event, button) => {
    for (const table of all("[data-selectable]", button.closest("form") ?? document)) clear(table);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open], details[data-menu][open]")) return;
    for (const table of all("[data-selectable]")) clear(table);
  });
  on<MouseEvent>("click", "tr[data-href]", (event, row) => {
    const target = event.target as Element;
    if (target.closest("a, button, input, select, label, summary") || window.getSelection()?.toString())
      return;
    const address = row.dataset.href ?? "";
    if (event.ctrlKey || event.metaKey) window.open(address, "_blank", "noopener");
    else window.location.assign(address);
  });
  // What takes the place of a selected row may not be selected.
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const table = (event.target as Element).closest<HTMLElement>("[data-selectable]");
    if (table) refresh(table);
  });
  // The browser restores ticked boxes when a page is come back to.
  window.addEventListener("pageshow", () => {
    for (const table of all("[data-selectable]")) refresh(table);
  });
}
