import htmx from "htmx.org";
import { csrfToken } from "../page/dom.ts";
import { toast } from "./toasts.ts";

type ConfigRequest = CustomEvent<{ verb: string; headers: Record<string, string> }>;
type ResponseError = CustomEvent<{ xhr: XMLHttpRequest; elt: Element }>;

/** Whether a person waits for this request; what polls by itself fails in silence and asks again. */
function isAskedFor(element: Element): boolean {
  return !(element.getAttribute("hx-trigger") ?? "").includes("every");
}

function words(xhr: XMLHttpRequest): string {
  if (xhr.status === 403) return "Your role does not allow this, or you were signed out. Reload the page.";
  if (xhr.status === 404) return "What you asked for is gone. Reload the page.";
  if (xhr.status === 503)
    return "A part of the site is not there just now. Try again in a few seconds; what you saved is safe.";
  if (xhr.status === 507)
    return "The disk of the server is full: nothing of this was saved. Ask the person who runs this site.";
  if (xhr.status >= 500) return "Something broke on our side. Nothing you saved is lost; try again.";
  return "This could not be done. Reload the page and try again.";
}

/** The one place where htmx is set up: CSRF on every write, errors in words. */
export function startHtmx(): void {
  document.addEventListener("htmx:configRequest", (event) => {
    const { verb, headers } = (event as ConfigRequest).detail;
    if (verb !== "get") headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // A form that comes back with its errors is a page to show.
    const detail = (event as CustomEvent<{ xhr: XMLHttpRequest; shouldSwap: boolean; isError: boolean }>)
      .detail;
    if (detail.xhr.status === 422 || detail.xhr.status === 409) {
      detail.shouldSwap = true;
      detail.isError = false;
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr, elt } = (event as ResponseError).detail;
    if (isAskedFor(elt)) toast(words(xhr), "error");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (isAskedFor((event as ResponseError).detail.elt)) {
      toast("The server cannot be reached. Check the connection and try again.", "error");
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.target;
    if (target instanceof HTMLElement) announceFinishedJobs(target);
  });
  // htmx must be part of the page before its attributes are read.
  (window as unknown as { htmx: typeof htmx }).htmx = htmx;
}

const OVER = new Set(["succeeded", "failed", "cancelled"]);

function announceFinishedJobs(target: HTMLElement): void {
  const card = target.matches("[data-job]") ? target : target.closest<HTMLElement>("[data-job]");
  const current = card && document.getElementById(card.id);
  if (!current || !OVER.has(current.dataset.jobState ?? "")) return;
  current.dispatchEvent(
    new CustomEvent("dc:job-over", { bubbles: true, detail: { id: current.dataset.job } }),
  );
  document.body.dispatchEvent(new Event("dc:jobs"));
  if (current.closest("[data-reload-when-over]")) window.location.reload();
}
