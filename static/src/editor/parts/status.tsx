// The line above the item: why this task, the guideline's version, progress, and whether all is saved.
import { REMAINING_CAP } from "../../core/standing.ts";
import { useEditor } from "./context.ts";
import { ActionKey, Icon } from "./icon.tsx";
import { Said } from "./later.tsx";
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
            <Said item={item} />
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
        <SaveState
          of={state}
          draft={item?.draft.value}
          api={api}
          send={() => void session.saving.sender.kick(true)}
        />
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
  const left = state.left.value;
  const many = left === null && state.remaining.value !== null;
  const answered = state.answeredInAll.value;
  return (
    <span class="ed-progress">
      <span title="Answers you gave today">
        <strong>{state.doneToday.value}</strong> today
      </span>
      {(left !== null || many) && (
        <span title="Items still open for you" data-left>
          <strong>{left === null ? `${REMAINING_CAP}+` : left.toLocaleString("en")}</strong> left
        </span>
      )}
      {left !== null && answered !== null && (
        <span
          class="ed-progress-bar"
          title={`You answered ${answered.toLocaleString("en")} of ${(answered + left).toLocaleString("en")}`}
          style={{ "--ed-done": `${(100 * answered) / Math.max(1, answered + left)}%` }}
        />
      )}
    </span>
  );
}
