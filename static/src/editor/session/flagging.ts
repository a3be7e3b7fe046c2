// What a person wants a reviewer to look at: said, taken back, and said again.
import type { Flagged, Item } from "./item.ts";
import type { Saving } from "./saving.ts";
import type { EditorState } from "./state.ts";

interface Flagging {
  readonly state: EditorState;
  readonly saving: Saving;
  run(act: () => Promise<void> | void): void;
}

export function toggleFlag(flagging: Flagging): void {
  const { state } = flagging;
  const item = state.current.peek();
  if (!item || !state.config.can_flag) return;
  if (item.flagged.peek()) flagging.run(() => takeFlagBack(flagging, item));
  else state.panel.value = state.panel.peek() === "flag" ? null : "flag";
}

async function takeFlagBack(flagging: Flagging, item: Item): Promise<void> {
  const { state, saving } = flagging;
  const flagged = item.flagged.peek();
  const name = item.task.external_id || item.id;
  try {
    await saving.takeFlagBack(item);
    state.announce("Your flag is taken back.");
    state.notify({
      id: "flagged",
      tone: "info",
      text: `Your flag on item ${name} is taken back.`,
      actions: flagged ? [{ label: "Flag it again", run: () => flagAgain(flagging, item, flagged) }] : [],
      dismissible: true,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : "The server could not be told.";
    state.notify({
      id: "flagged",
      tone: "warn",
      text: `Your flag stands. ${why}`,
      actions: [],
      dismissible: true,
    });
  }
}

function flagAgain(flagging: Flagging, item: Item, { note, question }: Flagged): void {
  flagging.state.dismiss("flagged");
  flagging.run(() => flagging.saving.flag(item, note, question));
}
