import { continued, type Edit, indented, prefixed, type Written, wrapped } from "../core/markdown_keys.ts";
import { all, on } from "../page/dom.ts";

const ACTS: Record<string, (written: Written) => Edit> = {
  bold: (written) => wrapped(written, "**"),
  italic: (written) => wrapped(written, "*"),
  code: (written) => wrapped(written, "`"),
  heading: (written) => prefixed(written, "## "),
  list: (written) => prefixed(written, "- "),
  quote: (written) => prefixed(written, "> "),
};
const KEYS: Record<string, string> = { b: "bold", i: "italic", e: "code" };

/** Fields for long texts: as tall as what is in them; for Markdown also keys, buttons, and a preview that keeps up. */
export function startWriting(): void {
  for (const field of all<HTMLTextAreaElement>("textarea[data-grow]")) {
    grow(field);
    field.addEventListener("input", () => grow(field));
  }
  on("input", "[data-said]", (_event, entry) => {
    const said = all<HTMLTextAreaElement>("textarea", entry).some((field) => field.value.trim());
    for (const words of all("[data-nothing-said]", entry)) words.hidden = said;
  });
  // What is folded up has no height yet.
  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target instanceof HTMLElement)
        for (const field of all<HTMLTextAreaElement>("textarea[data-grow]", event.target)) grow(field);
    },
    true,
  );
  for (const field of all<HTMLTextAreaElement>("textarea[data-markdown]")) write(field);
  on<KeyboardEvent>("keydown", "form[data-save-key]", (event, form) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    const button = document.getElementById(form.dataset.saveKey ?? "");
    if (button instanceof HTMLButtonElement) button.click();
  });
}

function grow(field: HTMLTextAreaElement): void {
  if (field.offsetParent === null) return;
  // Shrinking it to measure would move the page under who writes.
  const at = window.scrollY;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
  if (window.scrollY !== at) window.scrollTo({ top: at, behavior: "instant" });
}

function write(field: HTMLTextAreaElement): void {
  let leaving = false;
  field.addEventListener("keydown", (event) => {
    const left = leaving;
    leaving = false;
    if (event.isComposing) return;
    if (event.key === "Escape") {
      leaving = true;
      return;
    }
    const edit = edited(event, field, left);
    if (!edit) return;
    event.preventDefault();
    apply(field, edit);
  });
  on("click", "[data-markdown-act]", (_event, button) => {
    if (button.dataset.for !== field.id) return;
    const act = ACTS[button.dataset.markdownAct ?? ""];
    field.focus();
    if (act) apply(field, act(read(field)));
  });
  const preview = document.getElementById(field.dataset.markdown ?? "");
  if (preview) field.addEventListener("keyup", () => follow(field, preview));
}

/** What a key changes. Tab moves on to the next field as everywhere, but for list items; after Escape for those too. */
function edited(event: KeyboardEvent, field: HTMLTextAreaElement, leaving: boolean): Edit | null {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    const act = ACTS[KEYS[event.key.toLowerCase()] ?? ""];
    return act ? act(read(field)) : null;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.key === "Tab") return leaving ? null : indented(read(field), event.shiftKey);
  return event.key === "Enter" && !event.shiftKey ? continued(read(field)) : null;
}

function read(field: HTMLTextAreaElement): Written {
  return { text: field.value, start: field.selectionStart, end: field.selectionEnd };
}

function apply(field: HTMLTextAreaElement, edit: Edit): void {
  field.setSelectionRange(edit.from, edit.to);
  // The one way that the browser's own undo remembers.
  const done = edit.insert
    ? document.execCommand("insertText", false, edit.insert)
    : edit.from === edit.to || document.execCommand("delete");
  if (!done) {
    field.setRangeText(edit.insert, edit.from, edit.to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.setSelectionRange(edit.start, edit.end);
}

/** Show of the preview what stands about as far down as the caret. */
function follow(field: HTMLTextAreaElement, preview: HTMLElement): void {
  const room = preview.scrollHeight - preview.clientHeight;
  if (room <= 0) return;
  const total = field.value.split("\n").length;
  const line = field.value.slice(0, field.selectionStart).split("\n").length - 1;
  preview.scrollTop = (preview.scrollHeight * line) / Math.max(total, 1) - preview.clientHeight / 3;
}
