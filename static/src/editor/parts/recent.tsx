// The last ten answers, newest first: each can be opened and changed.
import { isImage } from "../../core/documents.ts";
import type { Item } from "../session/item.ts";
import { useEditor } from "./context.ts";
import { Icon } from "./icon.tsx";

export function Recent() {
  const { state } = useEditor();
  const answered = state.items.value
    .filter((item) => item.status.value !== "open")
    .slice(-10)
    .reverse();
  if (answered.length === 0) return null;
  return (
    <section class="ed-recent" aria-label="Your last answers">
      <h2 class="ed-recent-title">Your last answers</h2>
      <ol class="ed-recent-list">
        {answered.map((item) => (
          <RecentItem key={item.id} item={item} />
        ))}
      </ol>
    </section>
  );
}

function RecentItem({ item }: { item: Item }) {
  const { state, session } = useEditor();
  const current = state.current.value === item;
  const go = () => session.run(() => session.goTo(state.items.peek().indexOf(item)));
  return (
    <li>
      <button type="button" class="ed-recent-item" aria-current={current || undefined} onClick={go}>
        <Glimpse item={item} />
        <span class="ed-recent-answer" dir="auto">
          {item.status.value === "skipped" && <Icon name="skip" />}
          {item.edited.value && <Icon name="edit" />}
          {describe(item, useEditor())}
        </span>
      </button>
    </li>
  );
}

function describe(item: Item, { state, session }: ReturnType<typeof useEditor>): string {
  if (item.status.value === "skipped") {
    return state.skipWords(item.skipReason.value) ?? "Skipped";
  }
  const parts = state.config.schema.questions.flatMap((question) => {
    const answer = item.answers.value[question.name];
    const kind = session.kinds.get(question.kind);
    return answer === undefined || !kind ? [] : [kind.describe(answer, question)];
  });
  return parts.join(" · ") || "No answer";
}

function Glimpse({ item }: { item: Item }) {
  const values = Object.values(item.task.data);
  const image = values.find(isImage);
  if (image)
    return (
      <img class="ed-recent-thumb" src={image.thumb} alt={image.name || `Item ${item.id}`} loading="lazy" />
    );
  const text = values.find((value) => typeof value === "string");
  return (
    <span class="ed-recent-text" dir="auto">
      {typeof text === "string" ? text.slice(0, 120) : `Item ${item.id}`}
    </span>
  );
}
