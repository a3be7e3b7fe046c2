// The page of many items: how they were chosen, the items, and the labels that answer them.
import { useSignalEffect } from "@preact/signals";
import { Icon } from "../parts/icon.tsx";
import { SaveState } from "../parts/save_state.tsx";
import { TextSize } from "../parts/text_size.tsx";
import { useMany } from "./context.ts";
import { focusTile } from "./keyboard.ts";
import { LabelBar } from "./label_bar.tsx";
import { TileView } from "./tile.tsx";

export function ManyPage() {
  const { board, device, root } = useMany();
  // After an act the keys go on from the next item, unless somebody is typing.
  useSignalEffect(() => {
    board.tiles.value;
    queueMicrotask(() => {
      const active = document.activeElement;
      if (active === document.body || active === null) focusTile(root, board);
    });
  });
  return (
    <div
      class="many"
      aria-busy={board.busy.value}
      style={{ "--many-text-size": `${device.textSize.value}px` }}
    >
      <Status />
      <Notices />
      {board.tiles.value.length > 0 ? <Tiles /> : <Nothing />}
      <LabelBar />
      <div class="visually-hidden" aria-live="polite" data-announcer>
        {board.announcement.value}
      </div>
    </div>
  );
}

function Status() {
  const { board, api, saving, device } = useMany();
  const { fields } = board.config.schema;
  const left = board.remaining.value === null ? null : board.remaining.value + board.tiles.value.length;
  return (
    <div class="many-status">
      <p class="many-why" data-why={whyKind(board.alike.value, board.config.filter)}>
        {whyThese(board.alike.value, board.config.filter)}
        {board.shared.value && " Others label here too, so each gets a share."}
      </p>
      <div class="ed-status-tools">
        {fields.some(({ type }) => type === "text") && <TextSize device={device} />}
        <span class="ed-progress">
          <span title="Answers you gave today">
            <strong>{board.doneToday.value}</strong> today
          </span>
          {left !== null && (
            <span title="Items still open for you">
              <strong>{(board.remaining.value ?? 0) >= 100 ? "100+" : left.toLocaleString("en")}</strong> left
            </span>
          )}
        </span>
        <SaveState of={board} api={api} send={() => void saving.sender.kick(true)} />
      </div>
    </div>
  );
}

function whyKind(alike: boolean | null, filter: string): "filter" | "alike" | "queue" | undefined {
  if (filter) return "filter";
  if (alike === null) return undefined;
  return alike ? "alike" : "queue";
}

function whyThese(alike: boolean | null, filter: string): string {
  switch (whyKind(alike, filter)) {
    case "filter":
      return "Items that fit your filter.";
    case "alike":
      return "The next item of your queue, and those most like it.";
    case "queue":
      return "In the order of your queue: no check has compared the items yet.";
    default:
      return "";
  }
}

function Notices() {
  const { board } = useMany();
  const { one_by_one, filter } = board.config;
  const trouble = board.loadTrouble.value;
  const conflicts = board.conflicts.value;
  return (
    <div class="many-notices">
      {board.trouble.value && (
        <p class="ed-notice" data-tone="danger" role="alert">
          <Icon name="error" /> {board.trouble.value}
        </p>
      )}
      {trouble && board.tiles.value.length > 0 && (
        <p class="ed-notice" data-tone="warn" role="status">
          <Icon name="warning" /> No further items can be loaded now: {trouble.text} The page tries again by
          itself.
        </p>
      )}
      {board.sentBack.value > 0 && !filter && (
        <p class="ed-notice" data-tone="warn" role="status">
          <Icon name="undo" />
          <span>
            {board.sentBack.value === 1 ? "One answer was" : `${board.sentBack.value} answers were`} sent back
            to you. <a href={one_by_one}>Look at them one by one</a>
          </span>
        </p>
      )}
      {conflicts.length > 0 && (
        <p class="ed-notice" data-tone="warn" role="alert">
          <Icon name="warning" />
          <span>
            Your answer to {conflicts.join(", ")} meets another version on the server. Nothing was
            overwritten. <a href={one_by_one}>Compare and choose</a>
          </span>
        </p>
      )}
    </div>
  );
}

function Tiles() {
  const { board } = useMany();
  const { schema } = board.config;
  const pictures = schema.fields.find(({ name }) => name === board.question.field)?.type === "image";
  return (
    <ul
      class="many-tiles"
      data-tiles
      data-pictures={pictures || undefined}
      data-mixed={(pictures && board.tiles.value.some(hasText)) || undefined}
      aria-label="Items"
    >
      {board.tiles.value.map((tile) => (
        <TileView key={tile.id} tile={tile} />
      ))}
    </ul>
  );
}

function hasText({ task }: { task: { data: Record<string, unknown> } }): boolean {
  return Object.values(task.data).some((value) => typeof value === "string" && value !== "");
}

/** No item on the screen: still loading, cannot load, or nothing left. */
function Nothing() {
  const { board, claims } = useMany();
  const { project, one_by_one, urls } = board.config;
  const trouble = board.loadTrouble.value;
  if (trouble) {
    return (
      <section class="ed-nothing" data-nothing="trouble" role="alert">
        <h2>Your next items cannot be loaded</h2>
        <p>
          {trouble.text} The page tries again by itself; answers you gave are kept.
          {trouble.requestId && <span class="ed-request-id"> Request {trouble.requestId}</span>}
        </p>
        <div class="ed-nothing-actions">
          <button type="button" class="btn btn-primary" onClick={() => void claims.refill({ force: true })}>
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
  if (board.phase.value !== "empty") {
    return (
      <section class="ed-nothing ed-nothing-loading" data-nothing="loading" aria-busy="true">
        <p>Loading your items</p>
      </section>
    );
  }
  return (
    <section class="ed-nothing" data-nothing="empty">
      <h2>Nothing left for you to label here</h2>
      <p>
        {project.name} has no open item for you now. New ones appear here by themselves when there are any.
      </p>
      <div class="ed-nothing-actions">
        <a class="btn btn-primary" href={urls.home}>
          Go to your projects
        </a>
        <a class="btn btn-secondary" href={one_by_one}>
          Your last answers, one by one
        </a>
      </div>
    </section>
  );
}
