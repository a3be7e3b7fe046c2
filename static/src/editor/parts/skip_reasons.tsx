// Why an item is skipped: opens above the buttons.
import { useEffect, useRef } from "preact/hooks";
import { useEditor } from "./context.ts";
import { Key } from "./icon.tsx";

export function SkipReasons() {
  const { state, session } = useEditor();
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    list.current?.focus({ preventScroll: true });
  }, []);
  return (
    <section
      ref={list}
      class="ed-skip-reasons"
      aria-labelledby="ed-skip-title"
      tabIndex={-1}
      data-panel="skip"
    >
      <div class="ed-skip-head">
        <h2 id="ed-skip-title">Why skip it?</h2>
        <button
          type="button"
          class="btn btn-quiet btn-sm"
          onClick={() => {
            state.panel.value = null;
          }}
        >
          Cancel <Key>Esc</Key>
        </button>
      </div>
      <div class="ed-skip-list">
        {state.config.skip_reasons.map(({ name, title }, index) => (
          <button
            key={name}
            type="button"
            class="btn btn-secondary"
            aria-keyshortcuts={String(index + 1)}
            onClick={(event) => session.run(() => session.skip(name, event.timeStamp))}
          >
            <Key>{String(index + 1)}</Key> {title}
          </button>
        ))}
      </div>
    </section>
  );
}
