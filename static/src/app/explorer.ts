import { all, isTyping, on } from "../page/dom.ts";

type Box = HTMLInputElement;

function rows(explorer: HTMLElement): HTMLElement[] {
  return all("[data-row]", explorer);
}

function link(row: HTMLElement | undefined): HTMLElement | null {
  return row?.querySelector<HTMLElement>("[data-row-link]") ?? null;
}

/** The row that has the focus; -1: none has. */
function marked(list: HTMLElement[]): number {
  return list.findIndex((row) => row.contains(document.activeElement));
}

/** How many tiles stand side by side: up and down move by that many. */
function columns(list: HTMLElement[]): number {
  const top = list[0]?.offsetTop;
  if (list[0]?.tagName === "TR") return 1;
  const next = list.findIndex((row) => row.offsetTop !== top);
  return next > 0 ? next : Math.max(1, list.length);
}

function step(key: string, list: HTMLElement[], at: number): number | null {
  if (key === "j") return 1;
  if (key === "k") return -1;
  if (at < 0) return null;
  if (key === "ArrowDown") return columns(list);
  if (key === "ArrowUp") return -columns(list);
  if (list[at]?.tagName === "TR") return null;
  return key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : null;
}

function move(explorer: HTMLElement, key: string): boolean {
  const list = rows(explorer);
  const at = marked(list);
  const by = step(key, list, at);
  if (by === null || list.length === 0) return false;
  const to = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + by));
  const target = link(list[to]);
  target?.focus();
  list[to]?.scrollIntoView({ block: "nearest" });
  return target !== null;
}

/** Select the marked row the way a press on its box does; with Shift, the range since the last one. */
function toggle(explorer: HTMLElement, shiftKey: boolean): boolean {
  const list = rows(explorer);
  const box = list[marked(list)]?.querySelector<Box>("input[data-select]");
  if (!box) return false;
  box.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey }));
  return true;
}

function startKeys(explorer: HTMLElement): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open], details[data-menu][open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const done = key === "x" ? toggle(explorer, event.shiftKey) : move(explorer, key);
    if (done) event.preventDefault();
  });
}

/** Empty conditions stay out of the address. */
function startFilters(): void {
  document.addEventListener("formdata", (event) => {
    if (!(event.target instanceof HTMLFormElement) || !event.target.matches("[data-without-empty]")) return;
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
}

/** One press more selects what is not on the page too; any change of the selection takes that back. */
function startMatching(explorer: HTMLElement): void {
  const form = explorer.querySelector<HTMLFormElement>("#bulk");
  const scope = form?.querySelector<Box>("[data-scope]");
  const every = form?.querySelector<HTMLElement>("[data-select-matching]");
  if (!form || !scope) return;
  const page = form.querySelector<Box>("input[data-select-page]");
  const boxes = (): Box[] => all<Box>("input[data-select]", form);
  const refresh = (): void => {
    const chosen = boxes().filter((box) => box.checked).length;
    scope.value = "page";
    if (every) every.hidden = chosen === 0 || chosen < boxes().length;
    if (page) {
      page.checked = chosen > 0 && chosen === boxes().length;
      page.indeterminate = chosen > 0 && chosen < boxes().length;
    }
  };
  // After the handlers that write the number of selected rows.
  const later = (): void => {
    window.setTimeout(refresh);
  };
  form.addEventListener("change", later);
  on("click", "#bulk [data-select-none]", later);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") later();
  });
  page?.addEventListener("click", () => {
    // The first box stands for the table's own: a press on it and on the last one with Shift makes the range.
    for (const box of boxes()) if (box.checked !== page.checked) box.click();
  });
  every?.addEventListener("click", () => {
    scope.value = "matching";
    every.hidden = true;
    const words = form.querySelector("[data-bulk-count]");
    if (words) words.textContent = every.dataset.words ?? "";
  });
  window.addEventListener("pageshow", later);
}

/** The dialog that gives a label says to how many tasks: in the words of the bar that opened it. */
function startAssigning(explorer: HTMLElement): void {
  on("click", '[data-explorer] [data-open="assign"]', () => {
    const selected = explorer.querySelector("[data-bulk-count]")?.textContent ?? "";
    const title = document.getElementById("dialog-assign-title");
    if (title)
      title.textContent = `Assign to ${selected.replace(" selected", "").replace(/^[A-Z]/, (first) => first.toLowerCase())}`;
  });
}

/** The task explorer: keys, tidy addresses, selecting beyond the page. */
export function startExplorer(explorer: HTMLElement): void {
  startKeys(explorer);
  startFilters();
  startMatching(explorer);
  startAssigning(explorer);
  explorer.dataset.ready = "";
}
