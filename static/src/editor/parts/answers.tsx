// The questions and their answers, with what the server or the editor has to say about them.
import { useComputed, useSignalEffect } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import type { Answer } from "../../core/documents.ts";
import { isRequired, type Question, titleOf } from "../../core/schema.ts";
import { inWords } from "../../sending/api.ts";
import type { Item } from "../session/item.ts";
import { useEditor } from "./context.ts";
import { Icon } from "./icon.tsx";

export function AnswersPane({ item }: { item: Item }) {
  const { state, keyboard } = useEditor();
  const { questions } = state.config.schema;
  // Every item anew, also where the keys go to the same question as on the one before.
  useLayoutEffect(
    () => keyboard.showQuestion(state.question.peek(), { anew: true }),
    [item, keyboard, state],
  );
  useSignalEffect(() => keyboard.showQuestion(state.question.value));
  useSignalEffect(() => keyboard.questionReached(state.question.value));
  return (
    <div class="ed-answers" data-answers>
      <Standing item={item} />
      {questions.map((question) => (
        <QuestionView
          key={`${item.id} ${question.name}`}
          item={item}
          question={question}
          only={questions.length === 1}
        />
      ))}
    </div>
  );
}

/** What is special about this item: answered already, refused, in conflict. */
function Standing({ item }: { item: Item }) {
  const { state, session } = useEditor();
  const refusal = item.refusal.value;
  if (item.conflict.value) {
    return (
      <div class="ed-standing" data-tone="warn">
        <p>
          <Icon name="warning" /> The server holds another version of your answer.
        </p>
        <button
          type="button"
          class="btn btn-secondary btn-sm"
          onClick={() => {
            state.dialog.value = { kind: "conflict", task: item.id };
          }}
        >
          Compare and choose
        </button>
      </div>
    );
  }
  if (refusal) {
    return (
      <div class="ed-standing" data-tone="danger" role="alert">
        <p>
          <Icon name="error" /> This answer was not accepted: {inWords(refusal)} Change it and submit again.
          {refusal.requestId && <span class="ed-request-id"> Request {refusal.requestId}</span>}
        </p>
        <button
          type="button"
          class="btn btn-secondary btn-sm"
          onClick={() => session.run(() => session.discard(item))}
        >
          Discard my answer
        </button>
      </div>
    );
  }
  const status = item.status.value;
  if (status === "open") return null;
  const reason = state.skipWords(item.skipReason.value);
  return (
    <div class="ed-standing" data-tone="info">
      <p>
        <Icon name={status === "skipped" ? "skip" : "ok"} />{" "}
        {status === "skipped"
          ? `You skipped this item${reason ? `: ${reason.toLowerCase()}` : ""}.`
          : "You submitted this item."}{" "}
        {item.edited.value
          ? "Your change is not submitted yet."
          : "Change the answer and submit it again, or go on."}
      </p>
    </div>
  );
}

function QuestionView({ item, question, only }: { item: Item; question: Question; only: boolean }) {
  const { state, session, keyboard, device } = useEditor();
  const kind = session.kinds.get(question.kind);
  const focused = useComputed(() => state.question.value === question.name);
  const problem = item.problems.value[question.name];
  const id = `q-${item.id}-${question.name}`;
  if (!kind) return null;
  return (
    <fieldset
      class="ed-question"
      data-question={question.name}
      data-focused={(!only && focused.value) || undefined}
      data-problem={problem ? true : undefined}
      tabIndex={-1}
      onPointerDown={() => keyboard.questionPressed(question.name)}
      aria-describedby={problem ? `${id}-problem` : undefined}
      onFocusIn={() => {
        state.question.value = question.name;
      }}
    >
      <legend class="ed-question-title" dir="auto">
        {titleOf(question)}
        {!isRequired(question) && <span class="ed-optional"> optional</span>}
      </legend>
      {question.description && (
        <p class="ed-hint" dir="auto">
          {question.description}
        </p>
      )}
      <kind.Answers
        {...session.asked(item, question)}
        id={id}
        change={(value: Answer | undefined, finished: boolean) =>
          session.run(() => session.answer(item, question.name, value, finished))
        }
        point={(label) => {
          state.pointed.value = label === null ? null : { question: question.name, label };
        }}
        leave={() => keyboard.focusItem()}
        isFolded={(group: string) => device.isFolded(question.name, group)}
        fold={(group: string, folded: boolean) => device.fold(question.name, group, folded)}
      />
      {problem && (
        <p id={`${id}-problem`} class="ed-problem">
          <Icon name="error" /> {problem}
        </p>
      )}
    </fieldset>
  );
}
