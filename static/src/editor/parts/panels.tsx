// What opens beside the item: the guideline, the comments, a flag.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { CommentDoc } from "../../core/documents.ts";
import { titleOf } from "../../core/schema.ts";
import { RequestFailed } from "../../sending/api.ts";
import type { Item } from "../session/item.ts";
import { useEditor } from "./context.ts";
import { GuidelinePanel } from "./guideline.tsx";
import { Icon, Key } from "./icon.tsx";
import { PanelFrame } from "./panel_frame.tsx";

export function OpenPanel() {
  const { state } = useEditor();
  const item = state.current.value;
  switch (state.panel.value) {
    case "guideline":
      return <GuidelinePanel />;
    case "comments":
      return item && <CommentsPanel key={item.id} item={item} />;
    case "flag":
      return item && <FlagPanel key={item.id} item={item} />;
    default:
      return null;
  }
}

function CommentsPanel({ item }: { item: Item }) {
  const { state, api, session, keyboard } = useEditor();
  const comments = useSignal<CommentDoc[] | null>(null);
  const trouble = useSignal<string | null>(null);
  const said = useSignal<string[]>([]);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    area.current?.focus();
    const url = state.config.urls.comments.replace("{id}", String(item.id));
    api.get<{ results: CommentDoc[] } | CommentDoc[]>(url).then(
      (listed) => {
        const newestFirst = Array.isArray(listed) ? listed : listed.results;
        comments.value = [...newestFirst].reverse();
      },
      (error: unknown) => {
        trouble.value = error instanceof RequestFailed ? error.message : "The comments could not be loaded.";
      },
    );
  }, [item, api, state, comments, trouble]);

  const send = () => {
    const text = area.current?.value.trim() ?? "";
    if (!text || !area.current) return;
    area.current.value = "";
    session.run(async () => {
      await session.saving.comment(item, text);
      said.value = [...said.value, text];
      // The next key is meant for the item again, not for a second comment.
      keyboard.focusItem();
    });
  };
  return (
    <PanelFrame title="Comments" name="comments">
      {trouble.value && <p class="ed-hint">Earlier comments cannot be shown: {trouble.value}</p>}
      {comments.value?.length === 0 && said.value.length === 0 && (
        <p class="ed-hint">Nobody has commented on this item.</p>
      )}
      <ul class="ed-comments">
        {comments.value?.map((comment) => (
          <li key={comment.id}>
            <p class="ed-comment-head">
              <strong>{authorOf(comment)}</strong>{" "}
              <time dateTime={comment.created_at}>{when(comment.created_at)}</time>
            </p>
            <p class="ed-comment-body" dir="auto">
              {comment.body}
            </p>
          </li>
        ))}
        {said.value.map((text) => (
          <li key={text}>
            <p class="ed-comment-head">
              <strong>You</strong> just now
            </p>
            <p class="ed-comment-body" dir="auto">
              {text}
            </p>
          </li>
        ))}
      </ul>
      <form
        class="ed-form"
        data-own-keys
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <label>
          Your comment
          <textarea
            ref={area}
            class="form-control"
            rows={3}
            maxLength={5_000}
            dir="auto"
            onKeyDown={(event) => submitOnCtrlEnter(event, send)}
          />
        </label>
        <button type="submit" class="btn btn-primary">
          Comment <Key>Ctrl Enter</Key>
        </button>
      </form>
    </PanelFrame>
  );
}

function FlagPanel({ item }: { item: Item }) {
  const { state, session, keyboard } = useEditor();
  const { questions } = state.config.schema;
  const area = useRef<HTMLTextAreaElement>(null);
  const select = useRef<HTMLSelectElement>(null);
  const missing = useSignal(false);
  useEffect(() => area.current?.focus(), []);
  const send = () => {
    const note = area.current?.value.trim() ?? "";
    if (!note) {
      missing.value = true;
      area.current?.focus();
      return;
    }
    const question = select.current?.value || null;
    session.run(async () => {
      await session.saving.flag(item, note, question);
      state.panel.value = null;
      keyboard.focusItem();
      state.announce("Flagged for a reviewer.");
      state.notify({
        id: "flagged",
        tone: "info",
        text: `Item ${item.task.external_id || item.id} is flagged for a reviewer.`,
        actions: [],
        dismissible: true,
      });
    });
  };
  return (
    <PanelFrame title="Flag for a reviewer" name="flag">
      <form
        class="ed-form"
        data-own-keys
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {questions.length > 1 && (
          <label>
            About
            <select ref={select} class="form-select">
              <option value="">the whole item</option>
              {questions.map((question) => (
                <option key={question.name} value={question.name}>
                  {titleOf(question)}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          What should the reviewer look at?
          <textarea
            ref={area}
            class="form-control"
            rows={4}
            maxLength={2_000}
            dir="auto"
            aria-invalid={missing.value || undefined}
            aria-describedby={missing.value ? "ed-flag-missing" : undefined}
            onKeyDown={(event) => submitOnCtrlEnter(event, send)}
          />
        </label>
        {missing.value && (
          <p id="ed-flag-missing" class="ed-problem" role="alert">
            <Icon name="error" /> Write a few words: they are what the reviewer starts from.
          </p>
        )}
        <button type="submit" class="btn btn-primary">
          Flag <Key>Ctrl Enter</Key>
        </button>
      </form>
    </PanelFrame>
  );
}

function submitOnCtrlEnter(event: KeyboardEvent, send: () => void): void {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  send();
}

function authorOf({ author }: CommentDoc): string {
  if (!author) return "Somebody";
  return typeof author === "string" ? author : author.name || author.email || "Somebody";
}

function when(iso: string): string {
  return new Date(iso).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}
