import { all, on } from "../page/dom.ts";
import { toast } from "./toasts.ts";

/** Small manners of forms: focus, copying, sending once, selects that apply at once, waiting for the server. */
export function startForms(): void {
  // The first field that is marked before the words above them, which are read out anyhow; dialogs see to their own.
  const first =
    document.querySelector<HTMLElement>("[aria-invalid=true]:not(dialog *)") ??
    document.querySelector<HTMLElement>("[data-focus]") ??
    document.querySelector<HTMLElement>("[autofocus]");
  first?.focus();

  on("click", "[data-copy]", (_event, button) => {
    const source = document.getElementById(button.dataset.copy ?? "");
    const text = source instanceof HTMLInputElement ? source.value : (source?.textContent ?? "");
    void navigator.clipboard
      .writeText(text)
      .then(() => toast("Copied.", "success"))
      .catch(() => {
        if (source instanceof HTMLInputElement) source.select();
        toast("The browser does not allow copying here. The text is selected: press Ctrl+C.", "warning");
      });
  });
  on("focusin", "[data-select-on-focus]", (_event, input) => (input as HTMLInputElement).select());
  on("change", "[data-submit-on-change]", (_event, control) => control.closest("form")?.requestSubmit());
  // What is being mended is no longer marked.
  on("input", "[aria-invalid=true]", (_event, field) => field.removeAttribute("aria-invalid"));
  on("click", "[data-back]", () => window.history.back());

  on<SubmitEvent>("submit", "form[method=post]:not([data-upload])", (event, form) => {
    if (event.defaultPrevented) return;
    // A second press while the first is under way sends nothing; enabled again when the page is come back to.
    if (form.dataset.sending !== undefined) event.preventDefault();
    form.dataset.sending = "";
  });
  window.addEventListener("pageshow", () => {
    for (const form of all("form[data-sending]")) delete form.dataset.sending;
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-unsaved]:not([data-sending])")) event.preventDefault();
  });
  on("input", "form[data-guard]", (_event, form) => {
    form.dataset.unsaved = "";
  });

  for (const waiting of all("[data-retry]")) retry(waiting.dataset.retry ?? "/");
}

function retry(address: string): void {
  window.setTimeout(() => {
    fetch(address, { cache: "no-store" })
      .then(isBack)
      .then((back) => (back ? window.location.reload() : retry(address)))
      .catch(() => retry(address));
  }, 3_000);
}

/** Pages need the database and nothing else; what else is away, they say themselves. */
async function isBack(answer: Response): Promise<boolean> {
  if (answer.ok) return true;
  const { checks } = (await answer.json()) as { checks?: { database?: string } };
  return checks?.database === "ok";
}
