// Sending the answer behind a card back to who gave it, with a note; the flag waits for the new answer or a decision.
import { toast } from "../app/toasts.ts";
import { type Api, RequestFailed } from "../sending/api.ts";

export async function sendBack(api: Api, form: HTMLFormElement): Promise<void> {
  const field = form.elements.namedItem("note") as HTMLInputElement;
  const answer = form.elements.namedItem("answer") as HTMLInputElement | HTMLSelectElement;
  const chosen = answer instanceof HTMLSelectElement ? answer.selectedOptions[0] : answer;
  const note = field.value.trim();
  if (!chosen) return;
  if (!note) {
    field.focus();
    toast("Say in the note what to look at again.", "info");
    return;
  }
  const who = answer instanceof HTMLSelectElement ? chosen.textContent : chosen.dataset.who;
  field.disabled = true;
  try {
    await api.post(`/api/annotations/${answer.value}/return/`, {
      version: Number(chosen.dataset.version),
      note,
    });
    field.value = "";
    form.dataset.sent = "";
    toast(`Sent back to ${who}: it comes first in their queue. The flag waits for your decision.`, "success");
  } catch (error) {
    const told = error instanceof RequestFailed && !error.offline ? error.message : "";
    toast(told || "It was not sent back. Check the connection and try again.", "error");
  } finally {
    field.disabled = false;
  }
}
