// The line above the item: why this task, the guideline's version, progress, and whether all is saved.
import { useSignal, useSignalEffect } from "@preact/signals";
import { stepTextSize } from "../../core/layout.ts";
import { saveWords } from "../../sending/save_words.ts";
import { useEditor } from "./context.ts";
import { ActionKey, Icon } from "./icon.tsx";

/** A save that takes less than this is not worth a word to a screen reader. */
const SLOW_AFTER_MS = 1_500;

export function StatusBar() {
  const { state, guideline, openGuideline } = useEditor();
  const item = state.current.value;
  const version = item?.task.guideline_version ?? guideline.latest.value;
  return (
    <div class="ed-status">
      <p class="ed-why">
        {item && (
          <>
            <span class="ed-why-id">{item.task.external_id || `#${item.id}`}</span>
            <span class="ed-why-reason">{item.task.reason || "Next in the queue"}</span>
          </>
        )}
        {state.answered.value && (
          <span class="ed-answered" data-answered>
            <Icon name="ok" /> <span dir="auto">{state.answered.value}</span> <ActionKey of="undo" />
          </span>
        )}
      </p>
      <div class="ed-status-tools">
        <TextSize />
        <button
          type="button"
          class="btn btn-quiet btn-sm"
          onClick={openGuideline}
          aria-expanded={state.panel.value === "guideline"}
        >
          <Icon name="guideline" />
          <span>Guideline{version > 0 ? ` v${version}` : ""}</span>
          <ActionKey of="guideline" />
        </button>
        <Progress />
        <SaveState />
      </div>
    </div>
  );
}

/** Smaller and larger text, where there is text to read. */
function TextSize() {
  const { state, device } = useEditor();
  if (!state.config.schema.fields.some(({ type }) => type === "text")) return null;
  const size = device.textSize.value;
  const button = (by: 1 | -1, title: string) => (
    <button
      type="button"
      class="btn btn-quiet btn-sm ed-text-size"
      title={title}
      aria-label={title}
      disabled={stepTextSize(size, by) === size}
      data-by={by}
      onClick={() => device.resizeText(stepTextSize(size, by))}
    >
      A
    </button>
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: two buttons are no part of a form
    <span role="group" aria-label="Text size">
      {button(-1, "Smaller text")}
      {button(1, "Larger text")}
    </span>
  );
}

function Progress() {
  const { state } = useEditor();
  const { remaining } = state;
  const loaded = state.items.value.filter((item) => item.open).length;
  const left = remaining.value === null ? null : remaining.value + loaded;
  return (
    <span class="ed-progress">
      <span title="Answers you gave today">
        <strong>{state.doneToday.value}</strong> today
      </span>
      {left !== null && (
        <span title="Items still open for you">
          <strong>{(remaining.value ?? 0) >= 100 ? "100+" : left.toLocaleString("en")}</strong> left
        </span>
      )}
    </span>
  );
}

export function SaveState() {
  const { state, session, api } = useEditor();
  const slow = useSignal(false);
  useSignalEffect(() => {
    if (state.waiting.value === 0 && !state.keeping.value) {
      slow.value = false;
      return undefined;
    }
    const timer = setTimeout(() => {
      slow.value = true;
    }, SLOW_AFTER_MS);
    return () => clearTimeout(timer);
  });
  const words = saveWords({
    line: state.line.value,
    waiting: state.waiting.value,
    keeping: state.keeping.value,
    durable: state.durable.value,
    online: navigator.onLine,
    otherUser: api.otherUser,
    here: window.location.pathname,
  });
  const troubled = useSignal(false);
  const trouble = words.tone === "warn" || words.tone === "danger";
  useSignalEffect(() => {
    if (state.line.value.is !== "good") troubled.value = true;
  });
  // Read out what is out of the ordinary and its end, not every single save.
  const worthSaying = trouble || (words.tone === "busy" ? slow.value : troubled.value);
  return (
    <span class="ed-save" data-tone={words.tone}>
      <span class="ed-save-words" data-save-state={words.tone}>
        <Icon name={words.icon} />
        <span>{words.text}</span>
      </span>
      {words.requestId && <span class="ed-request-id ed-save-request">Request {words.requestId}</span>}
      <span class="visually-hidden" role="status" aria-live="polite">
        {worthSaying ? words.text : ""}
      </span>
      {words.action?.href && (
        <a class="btn btn-secondary btn-sm" href={words.action.href} target="_blank" rel="noopener">
          {words.action.label}
        </a>
      )}
      {words.action && !words.action.href && (
        <button
          type="button"
          class="btn btn-secondary btn-sm"
          onClick={() => void session.saving.sender.kick(true)}
        >
          {words.action.label}
        </button>
      )}
    </span>
  );
}
