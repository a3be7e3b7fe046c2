import { on } from "../page/dom.ts";
import { toast } from "./toasts.ts";

const MEGA = 1024 * 1024;

function size(bytes: number): string {
  return bytes < MEGA ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / MEGA).toFixed(1)} MB`;
}

function name(zone: HTMLElement, files: FileList): void {
  const words = zone.querySelector("[data-dropzone-name]");
  if (words) words.textContent = [...files].map((file) => `${file.name} (${size(file.size)})`).join(", ");
  const form = zone.closest("form");
  if (files.length && form?.matches("[data-submit-on-drop]")) form.requestSubmit();
}

function startDropzones(): void {
  on<DragEvent>("dragover", "[data-dropzone]", (event, zone) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
  on("dragleave", "[data-dropzone]", (_event, zone) => zone.classList.remove("is-over"));
  on<DragEvent>("drop", "[data-dropzone]", (event, zone) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    const input = zone.querySelector<HTMLInputElement>("input[type=file]");
    const files = event.dataTransfer?.files;
    if (!input || !files?.length) return;
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  on("change", "[data-dropzone] input[type=file]", (_event, input) => {
    const zone = input.closest<HTMLElement>("[data-dropzone]");
    const files = (input as HTMLInputElement).files;
    if (zone && files) name(zone, files);
  });
}

function show(form: HTMLFormElement, sent: number, total: number): void {
  const part = form.querySelector<HTMLElement>("[data-upload-progress]");
  if (!part) return;
  part.hidden = false;
  const share = total ? sent / total : 0;
  const progress = part.querySelector("progress");
  if (progress) progress.value = share * 100;
  part.querySelector("rect")?.setAttribute("width", `${(share * 100).toFixed(1)}%`);
  const words = part.querySelector("[data-upload-words]");
  if (words)
    words.textContent =
      share < 1 ? `${size(sent)} of ${size(total)} sent` : "Sent. The server is reading it.";
}

/** Send a form with a file by XMLHttpRequest, the one way that tells how much is sent; then follow where it leads. */
function send(form: HTMLFormElement, submitter: HTMLElement | null): void {
  const request = new XMLHttpRequest();
  const body = new FormData(form, submitter);
  const buttons = form.querySelectorAll<HTMLButtonElement>("button:not([type=button])");
  for (const button of buttons) button.disabled = true;
  request.upload.addEventListener("progress", (event) => show(form, event.loaded, event.total));
  request.addEventListener("load", () => {
    if (request.responseURL && new URL(request.responseURL).pathname !== new URL(form.action).pathname) {
      window.location.assign(request.responseURL);
      return;
    }
    // The same address again: the form with what was wrong in it, or an error page.
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = page.getElementById("main");
    const here = document.getElementById("main");
    if (main && here) {
      here.replaceWith(document.adoptNode(main));
      document.querySelector<HTMLElement>("[data-focus]")?.focus();
    } else toast("The server did not take the file. Try again.", "error");
  });
  request.addEventListener("error", () => {
    toast("The connection broke off before the file was sent. Try again.", "error");
    for (const button of buttons) button.disabled = false;
  });
  request.open("POST", form.action);
  request.send(body);
}

export function startUploads(): void {
  startDropzones();
  on<SubmitEvent>("submit", "form[data-upload]", (event, form) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    send(form as HTMLFormElement, event.submitter);
  });
}
