// What the person should know but need not act on at once.
import { useEditor } from "./context.ts";
import { Icon } from "./icon.tsx";

const ICONS = { info: "info", warn: "warning", danger: "error" } as const;

export function Notices() {
  const { state, guideline } = useEditor();
  const readGuideline = () => {
    state.panel.value = "guideline";
    void guideline.open();
  };
  const changed = guideline.latest.value > guideline.seen.value;
  const trouble = state.loadTrouble.value;
  const item = state.current.value;
  const sentBack = item?.status.value === "open" ? item.task.sent_back : null;
  return (
    <div class="ed-notices">
      {sentBack && (
        <div class="ed-notice" data-tone="warn" data-sent-back role="status">
          <Icon name="undo" />
          <span>
            <strong>Sent back by {sentBack.by}:</strong> {sentBack.note}
          </span>
        </div>
      )}
      {changed && (
        <div class="ed-notice" data-tone="info" role="status">
          <Icon name="guideline" />
          <span>The guideline changed (v{guideline.latest.value}).</span>
          <button type="button" class="btn btn-secondary btn-sm" onClick={readGuideline}>
            Read what changed
          </button>
        </div>
      )}
      {trouble && state.items.value.length > 0 && (
        <div class="ed-notice" data-tone="warn" role="status">
          <Icon name="warning" />
          <span>
            No further items can be loaded now: {trouble.text} The editor tries again by itself.
            {trouble.requestId && <span class="ed-request-id"> Request {trouble.requestId}</span>}
          </span>
        </div>
      )}
      {state.notices.value.map((notice) => (
        <div
          key={notice.id}
          class="ed-notice"
          data-tone={notice.tone}
          role={notice.tone === "danger" ? "alert" : "status"}
        >
          <Icon name={ICONS[notice.tone]} />
          <span>{notice.text}</span>
          {notice.actions.map((action) => (
            <button key={action.label} type="button" class="btn btn-secondary btn-sm" onClick={action.run}>
              {action.label}
            </button>
          ))}
          {notice.dismissible && (
            <button type="button" class="btn btn-quiet btn-sm" onClick={() => state.dismiss(notice.id)}>
              Close
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
