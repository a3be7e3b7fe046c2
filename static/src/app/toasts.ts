import { icon, on } from "../page/dom.ts";

const SHOWN_MS = 6_000;
const SHOWN_WITH_UNDO_MS = 10_000;

export type Tone = "success" | "info" | "warning" | "error";
const ICONS: Record<Tone, string> = { success: "ok", info: "info", warning: "warning", error: "error" };

function schedule(toast: HTMLElement): void {
  if (toast.dataset.scheduled !== undefined) return;
  toast.dataset.scheduled = "";
  // What went wrong stays until it is dismissed.
  if (toast.classList.contains("dc-toast-error")) return;
  const span = toast.querySelector("form, [data-undo]") ? SHOWN_WITH_UNDO_MS : SHOWN_MS;
  const leave = (): void => {
    // Not while a person is about to press it.
    if (toast.matches(":hover, :focus-within")) window.setTimeout(leave, 2_000);
    else toast.remove();
  };
  window.setTimeout(leave, span);
}

/** Show a message; with `undo`, a button that takes the act back. */
export function toast(text: string, tone: Tone = "info", undo?: () => void): void {
  const region = document.getElementById("toasts");
  if (!region) return;
  const element = document.createElement("div");
  element.className = `dc-toast dc-toast-${tone}`;
  element.dataset.toast = "";
  if (tone === "error") element.setAttribute("role", "alert");
  const words = document.createElement("p");
  words.textContent = text;
  element.append(icon(ICONS[tone]), words);
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-secondary btn-sm";
    button.dataset.undo = "";
    button.textContent = "Undo";
    button.addEventListener("click", () => {
      element.remove();
      undo();
    });
    element.append(button);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-quiet btn-icon btn-sm";
  close.dataset.toastClose = "";
  close.setAttribute("aria-label", "Dismiss");
  close.append(icon("close"));
  element.append(close);
  region.append(element);
}

/** Toasts leave by themselves; also those that the server or another script adds later. */
export function startToasts(): void {
  const region = document.getElementById("toasts");
  if (!region) return;
  on("click", "[data-toast-close]", (_event, button) => button.closest("[data-toast]")?.remove());
  const scheduleAll = (): void => {
    for (const element of region.querySelectorAll<HTMLElement>("[data-toast]")) schedule(element);
  };
  scheduleAll();
  new MutationObserver(scheduleAll).observe(region, { childList: true });
}
