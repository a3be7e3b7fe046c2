// Panels, dialogs and what is beside the item come later than the page: the first item does not wait for them.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Item } from "../session/item.ts";
import type { EditorState } from "../session/state.ts";
import { useEditor } from "./context.ts";

const opened = signal<typeof import("./opened.ts") | null>(null);

/** Load them before they are needed: the network may be gone by then. */
export async function loadOpened(): Promise<void> {
  opened.value ??= await import("./opened.ts");
}

export function Recent() {
  return opened.value && <opened.value.Recent />;
}

export function SideHandle({ width }: { width: number }) {
  return opened.value && <opened.value.SideHandle width={width} />;
}

export function Said({ item }: { item: Item }) {
  return opened.value && <opened.value.Said item={item} />;
}

export function SkipReasons() {
  return opened.value && <opened.value.SkipReasons />;
}

export function SidePanel() {
  const { state } = useEditor();
  const parts = useOpened(state, state.panel.value !== null && state.panel.value !== "skip");
  return parts && <parts.OpenPanel />;
}

export function Dialogs() {
  const { state } = useEditor();
  const dialog = state.dialog.value;
  const parts = useOpened(state, dialog !== null);
  return dialog && parts && <parts.OpenDialog dialog={dialog} />;
}

/** The parts, once they are there; asked for again where they could not be loaded at first. */
function useOpened(state: EditorState, wanted: boolean): typeof import("./opened.ts") | null {
  const parts = opened.value;
  useEffect(() => {
    if (!wanted || parts) return;
    loadOpened().catch((error: unknown) => {
      state.dialog.value = null;
      state.panel.value = null;
      state.notifyBroken(error);
    });
  }, [wanted, parts, state]);
  return wanted ? parts : null;
}
