// The buttons under the answers, within reach of the thumb; the reasons of a skip open above them.
import type { Item } from "../session/item.ts";
import type { Panel } from "../session/state.ts";
import { useEditor } from "./context.ts";
import { ActionKey, Icon, Key } from "./icon.tsx";
import { SkipReasons } from "./later.tsx";

export function ActionBar({ item }: { item: Item }) {
  const { state, session } = useEditor();
  const toggle = (panel: Panel) => {
    state.panel.value = state.panel.peek() === panel ? null : panel;
  };
  const answered = !item.open && !item.edited.value;
  return (
    <div class="ed-actions">
      {state.panel.value === "skip" && <SkipReasons />}
      <div class="ed-actions-row">
        <button
          type="button"
          class="btn btn-primary ed-submit"
          data-ready={session.ready(item) || undefined}
          onClick={(event) => session.run(() => session.submit(event.timeStamp))}
        >
          {item.status.value === "open" ? "Submit" : answered ? "Go on" : "Submit the change"}
          <SubmitKey />
        </button>
        <button
          type="button"
          class="btn btn-secondary ed-skip"
          aria-expanded={state.panel.value === "skip"}
          onClick={() => toggle("skip")}
        >
          Skip <ActionKey of="skip" />
        </button>
      </div>
      <div class="ed-actions-row ed-actions-small">
        <button
          type="button"
          class="btn btn-quiet btn-sm"
          disabled={state.position.value <= 0}
          onClick={() => session.run(() => session.step(-1))}
          title="Previous item"
        >
          <Icon name="chevron-left" />
          <span class="ed-wide">Previous</span> <ActionKey of="previous" />
        </button>
        <button
          type="button"
          class="btn btn-quiet btn-sm"
          disabled={state.position.value >= state.items.value.length - 1}
          onClick={() => session.run(() => session.step(1))}
          title="Next item"
        >
          <Icon name="chevron-right" />
          <span class="ed-wide">Next</span> <ActionKey of="next" />
        </button>
        <button
          type="button"
          class="btn btn-quiet btn-sm"
          disabled={!state.canUndo.value}
          onClick={() => session.run(() => session.undo())}
          title="Undo"
        >
          <Icon name="undo" />
          <span class="ed-wide">Undo</span> <ActionKey of="undo" />
        </button>
        <button
          type="button"
          class="btn btn-quiet btn-sm"
          aria-expanded={state.panel.value === "comments"}
          onClick={() => toggle("comments")}
          title="Comment"
        >
          <Icon name="comment" />
          <span class="ed-wide">Comment</span> <ActionKey of="comment" />
        </button>
        {state.config.can_flag && (
          <button
            type="button"
            class="btn btn-quiet btn-sm"
            aria-expanded={state.panel.value === "flag"}
            aria-pressed={item.flagged.value !== null}
            onClick={() => session.toggleFlag()}
            title={item.flagged.value ? "Take your flag back" : "Flag for a reviewer"}
          >
            <Icon name="flag" />
            <span class="ed-wide">{item.flagged.value ? "Unflag" : "Flag"}</span> <ActionKey of="flag" />
          </button>
        )}
        <button
          type="button"
          class="btn btn-quiet btn-sm"
          onClick={() => {
            state.dialog.value = { kind: "help" };
          }}
          title="All keys"
        >
          <Icon name="keyboard" />
          <span class="ed-wide">Keys</span> <ActionKey of="help" />
        </button>
        <GoesOn />
      </div>
    </div>
  );
}

/** The key that submits: another one while an answer is being written. */
function SubmitKey() {
  const typing = useEditor().state.typing.value;
  if (typing === null) return <ActionKey of="submit" />;
  return typing === "elsewhere" ? null : <Key>{typing === "area" ? "Ctrl Enter" : "Enter"}</Key>;
}

/** Whether a key that is the whole answer goes on to the next item: for the person to say, or as the project does. */
function GoesOn() {
  const { state, session, keyboard } = useEditor();
  const { mine } = state.config.goes_on;
  if (!mine) return state.goesOn.value ? <span class="ed-goes-on">A key goes on</span> : null;
  return (
    <label
      class="ed-goes-on"
      title="A key or click that is the whole answer submits it and shows the next item"
    >
      <input
        type="checkbox"
        checked={state.goesOn.value}
        onChange={(event) => {
          void session.chooseGoesOn(event.currentTarget.checked);
          keyboard.focusItem();
        }}
      />
      A key goes on
    </label>
  );
}
