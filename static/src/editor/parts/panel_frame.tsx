import type { ComponentChildren } from "preact";
import { useEditor } from "./context.ts";
import { Key } from "./icon.tsx";

/** The frame of everything that opens beside the item: a title and a way out. */
export function PanelFrame({
  title,
  name,
  children,
}: {
  title: string;
  name: string;
  children: ComponentChildren;
}) {
  const { state, keyboard } = useEditor();
  const close = () => {
    state.panel.value = null;
    keyboard.focusItem();
  };
  return (
    <aside class="ed-panel" data-panel={name} aria-label={title}>
      <header class="ed-panel-head">
        <h2>{title}</h2>
        <button type="button" class="btn btn-quiet btn-sm" onClick={close}>
          Close <Key>Esc</Key>
        </button>
      </header>
      <div class="ed-panel-body">{children}</div>
    </aside>
  );
}
