import { useLayoutEffect, useMemo } from "preact/hooks";
import { SIDE_BY_ITSELF } from "../../core/layout.ts";
import type { Item } from "../session/item.ts";
import { ActionBar } from "./actions.tsx";
import { AnswersPane } from "./answers.tsx";
import { useEditor } from "./context.ts";
import { ActionKey } from "./icon.tsx";
import { ItemPane } from "./item.tsx";
import { Dialogs, Recent, SideHandle, SidePanel } from "./later.tsx";
import { Notices } from "./notices.tsx";
import { StatusBar } from "./status.tsx";

export function App() {
  const { state, keyboard } = useEditor();
  const item = state.current.value;
  // A new item takes the focus, into its box where it is answered by typing.
  useLayoutEffect(() => keyboard.itemShown(), [item, keyboard]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only keeps the focus where it is
    <div
      class="ed"
      onMouseDown={keepFocus}
      data-panel-open={state.panel.value && state.panel.value !== "skip" ? state.panel.value : undefined}
    >
      <StatusBar />
      <Notices />
      {item ? (
        <Work item={item} />
      ) : (
        <div class="ed-work">
          <Nothing />
          <SidePanel />
        </div>
      )}
      <Recent />
      <Dialogs />
      <div class="visually-hidden" aria-live="polite" data-announcer>
        {state.announcement}
      </div>
    </div>
  );
}

/** The item beside its answers: what is only read stands in the middle of the window, an image takes all there is. */
function Work({ item }: { item: Item }) {
  const { state, session, device } = useEditor();
  const { fields, questions } = state.config.schema;
  const natural = useMemo(
    () =>
      Math.max(SIDE_BY_ITSELF, ...questions.map((asked) => session.kinds.get(asked.kind)?.width(asked) ?? 0)),
    [questions, session],
  );
  const width = Math.round(device.sideWidth.value ?? natural);
  return (
    <div
      class="ed-work"
      data-work
      data-texts={fields.every(({ type }) => type === "text") || undefined}
      style={{ "--ed-side": `${width}px`, "--ed-text-size": `${device.textSize.value}px` }}
    >
      <ItemPane item={item} />
      <SidePanel />
      <section class="ed-side" aria-label="Answers">
        <SideHandle width={width} />
        <AnswersPane item={item} />
        <ActionBar item={item} />
      </section>
    </div>
  );
}

/** After a click on a button the keys go on working: the focus stays where it was. */
function keepFocus(event: MouseEvent): void {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("button") && !target.closest("dialog, form")) event.preventDefault();
}

/** No item on the screen: still loading, cannot load, or nothing left. */
function Nothing() {
  const { state, session } = useEditor();
  const { urls, project, only } = state.config;
  const trouble = state.loadTrouble.value;
  if (trouble) {
    return (
      <section class="ed-nothing" data-nothing="trouble" role="alert">
        <h2>Your next items cannot be loaded</h2>
        <p>
          {trouble.text} The editor tries again by itself; answers you gave are kept.
          {trouble.requestId && <span class="ed-request-id"> Request {trouble.requestId}</span>}
        </p>
        <div class="ed-nothing-actions">
          <button
            type="button"
            class="btn btn-primary"
            onClick={() => void session.leases.refill({ force: true })}
          >
            Try now
          </button>
          {trouble.signedOut && (
            <a class="btn btn-secondary" href={window.location.pathname} target="_blank" rel="noopener">
              Sign in in a new tab
            </a>
          )}
        </div>
      </section>
    );
  }
  if (state.phase.value === "loading") {
    return (
      <section class="ed-nothing ed-nothing-loading" data-nothing="loading" aria-busy="true">
        <p>Loading your items</p>
      </section>
    );
  }
  return (
    <section class="ed-nothing" data-nothing="empty" data-item tabIndex={-1}>
      <h2>{only ? "Nothing left of these for you to label" : "Nothing left for you to label here"}</h2>
      <p>
        {only ? `No open item for you fits: ${only.words}.` : `${project.name} has no open item for you now.`}{" "}
        New ones appear here by themselves when there are any. Your last answers below can still be changed
        {state.canUndo.value && (
          <>
            {" "}
            (<ActionKey of="undo" /> takes the last one back)
          </>
        )}
        .
      </p>
      <div class="ed-nothing-actions">
        {only ? (
          <>
            <a class="btn btn-primary" href={only.everything}>
              Label everything else
            </a>
            <a class="btn btn-secondary" href={only.list}>
              Back to the list
            </a>
          </>
        ) : (
          <>
            <a class="btn btn-primary" href={urls.home}>
              Go to your projects
            </a>
            <a class="btn btn-secondary" href={urls.overview}>
              See how {project.name} is doing
            </a>
          </>
        )}
      </div>
    </section>
  );
}
