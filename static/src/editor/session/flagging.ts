// A person's own flag is taken back, and said again. Loaded when it is first needed.
import type { Flagged, Item } from "./item.ts";
import type { Saving } from "./saving.ts";
import type { EditorState, Notice } from "./state.ts";

interface Flagging {
  readonly state: EditorState;
  readonly saving: Saving;
  run(act: () => Promise<void> | void): void;
}

export async function takeFlagBack(flagging: Flagging, item: Item): Promise<void> {
  const { state, saving } = flagging;
  const flagged = item.flagged.peek();
  const tell = (tone: "info" | "warn", text: string, actions: Notice["actions"] = []) =>
    state.notify({ id: "flagged", tone, text, actions, dismissible: true });
  try {
    await saving.takeFlagBack(item);
    state.announce("Your flag is taken back.");
    tell(
      "info",
      `Your flag on item ${item.task.external_id || item.id} is taken back.`,
      flagged ? [{ label: "Flag it again", run: () => flagAgain(flagging, item, flagged) }] : [],
    );
  } catch (error) {
    // What fails here fails with an error: the client of the API throws nothing else.
    tell("warn", `Your flag stands. ${(error as Error).message}`);
  }
}

function flagAgain(flagging: Flagging, item: Item, { note, question }: Flagged): void {
  flagging.state.dismiss("flagged");
  flagging.run(() => flagging.saving.flag(item, note, question));
}
