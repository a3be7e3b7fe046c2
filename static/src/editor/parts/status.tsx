// The line above the item: why this task, the guideline's version, progress, and whether all is saved.
import { useEditor } from "./context.ts";
import { ActionKey, Icon } from "./icon.tsx";
import { SaveState } from "./save_state.tsx";
import { TextSize } from "./text_size.tsx";

export function StatusBar() {
  const { state, session, api, device, guideline, openGuideline } = useEditor();
  const item = state.current.value;
  const version = item?.task.guideline_version ?? guideline.latest.value;
  return (
    <div class="ed-status">
      <OnlyThese />
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
        {state.config.urls.many && (
          <a class="btn btn-quiet btn-sm" href={state.config.urls.many} title="Label many at once">
            <Icon name="grid" />
            <span class="ed-wide">Many at once</span>
          </a>
        )}
        {state.config.schema.fields.some(({ type }) => type === "text") && <TextSize device={device} />}
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
        <SaveState of={state} api={api} send={() => void session.saving.sender.kick(true)} />
      </div>
    </div>
  );
}

/** What the queue is limited to, with the way back to everything. */
function OnlyThese() {
  const { only } = useEditor().state.config;
  if (!only) return null;
  return (
    <span class="ed-only" data-only>
      <Icon name="filter" />
      <a class="ed-only-words" href={only.list} title={`Only: ${only.words}. See the list.`}>
        Only: {only.words}
      </a>
      <a
        class="btn btn-quiet btn-icon btn-sm"
        href={only.everything}
        aria-label="Label everything again"
        title="Label everything again"
      >
        <Icon name="close" />
      </a>
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
