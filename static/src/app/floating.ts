import { all, on } from "../page/dom.ts";

function closeMenus(except?: Element | null): void {
  for (const menu of all<HTMLDetailsElement>("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

function open(name: string): void {
  const dialog = document.getElementById(`dialog-${name}`);
  if (dialog instanceof HTMLDialogElement) show(dialog);
}

function show(dialog: HTMLDialogElement): void {
  if (dialog.open) return;
  dialog.showModal();
  const body = ".dc-dialog-body";
  const first =
    dialog.querySelector<HTMLElement>(`${body} [aria-invalid=true]`) ??
    dialog.querySelector<HTMLElement>(
      `${body} :is(input:not([type=hidden]), select, textarea, button):not([disabled])`,
    );
  first?.focus();
}

/** Menus (details) and dialogs: opened by a press, closed by Escape, a press outside, or a choice. */
export function startFloating(): void {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const menu = target?.closest("details[data-menu]");
    const chosen = target?.closest(".dc-menu-body .dc-menu-item");
    closeMenus(chosen ? null : menu);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector<HTMLDetailsElement>("details[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  on<KeyboardEvent>("keydown", "details[data-menu][open]", (event, menu) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const items = all(".dc-menu-item, .dc-segments button", menu);
    const step = event.key === "ArrowDown" ? 1 : -1;
    const at = items.indexOf(document.activeElement as HTMLElement);
    items[(at + step + items.length) % items.length]?.focus();
    event.preventDefault();
  });

  on("click", "[data-open]", (_event, button) => open(button.dataset.open ?? ""));
  on("click", "dialog [data-close]", (_event, button) => button.closest("dialog")?.close());
  document.addEventListener("click", (event) => {
    // A press on the backdrop has the dialog itself as target.
    if (event.target instanceof HTMLDialogElement && event.target.open) event.target.close();
  });
  openMarked(document);
  document.addEventListener("htmx:load", (event) => openMarked(event.target as ParentNode));
}

function openMarked(within: ParentNode): void {
  for (const mark of all("dialog [data-open-now]", within)) {
    const dialog = mark.closest("dialog");
    if (dialog) show(dialog);
  }
}
