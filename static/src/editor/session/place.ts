// Where the person is in the row of items: said to screen readers, and remembered for a reload.
import type { Item } from "./item.ts";

export function whereWords(item: Item, ahead: number): string {
  const stands = { open: "", submitted: ", already submitted", skipped: ", skipped" }[item.status.peek()];
  return `Item ${item.task.external_id || item.id}${stands}. ${ahead} more loaded.`;
}

export function rememberPlace(project: string, item: Item): void {
  try {
    sessionStorage.setItem(`dcai-place ${project}`, String(item.id));
  } catch {
    // Only a convenience after a reload.
  }
}
