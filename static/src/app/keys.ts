import { all, isTyping, on } from "../page/dom.ts";

function shown(element: HTMLElement): boolean {
  return element.checkVisibility();
}

function describe(element: HTMLElement): string {
  const named = element.dataset.keyName ?? element.getAttribute("aria-label");
  if (named) return named;
  const words = element.cloneNode(true) as HTMLElement;
  for (const key of all("kbd", words)) key.remove();
  return (words.textContent ?? "").trim();
}

/** List the keys of the page: those written in the template, and every element with data-key. */
function openKeys(): void {
  const dialog = document.getElementById("dialog-keys");
  const list = dialog?.querySelector("[data-keys]");
  if (!(dialog instanceof HTMLDialogElement) || !list || dialog.open) return;
  for (const old of all("[data-from-page]", list)) old.remove();
  const found: HTMLElement[] = [];
  for (const element of all("[data-key]").filter(shown)) {
    const term = document.createElement("dt");
    const key = document.createElement("kbd");
    const meaning = document.createElement("dd");
    term.dataset.fromPage = "";
    meaning.dataset.fromPage = "";
    key.textContent = element.dataset.key ?? "";
    meaning.textContent = describe(element);
    term.append(key);
    found.push(term, meaning);
  }
  list.prepend(...found);
  dialog.showModal();
}

/** A dialog that is open has keys of its own. */
function pressInDialog(event: KeyboardEvent): void {
  const pressed = all("dialog[open] [data-dialog-key]").find(
    (element) => element.dataset.dialogKey === event.key && shown(element),
  );
  if (!pressed) return;
  event.preventDefault();
  pressed.click();
}

/** Single keys press what carries them; inert while typing, in dialogs, and on the label page (it has its own). */
export function startKeys(): void {
  on("click", "[data-keys-open]", openKeys);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return pressInDialog(event);
    if (document.querySelector("[data-editor]")) return;
    if (event.key === "?") openKeys();
    else if (event.key === "/") document.querySelector<HTMLElement>("[data-search]")?.focus();
    else {
      const pressed = all("[data-key]").find(
        (element) => element.dataset.key === event.key && shown(element),
      );
      if (!pressed) return;
      pressed.click();
    }
    event.preventDefault();
  });
}
