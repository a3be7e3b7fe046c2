// Dialogs: all keys, and the choice between two versions of an answer.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Answers, StoredAnnotation } from "../../core/documents.ts";
import type { ActionWords, Keys } from "../../core/keymap.ts";
import { actionsOn } from "../../core/rebinding.ts";
import { type Question, titleOf } from "../../core/schema.ts";
import { KeyList } from "../../keys/key_list.tsx";
import type { Dialog, EditorState } from "../session/state.ts";
import { useEditor } from "./context.ts";

export function OpenDialog({ dialog }: { dialog: Dialog }) {
  return dialog.kind === "help" ? <HelpDialog /> : <ConflictDialog key={dialog.task} task={dialog.task} />;
}

function Modal({ title, children }: { title: string; children: ComponentChildren }) {
  const { state } = useEditor();
  const element = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    element.current?.showModal();
    // Not a button: the Enter that was on its way must not choose anything.
    heading.current?.focus();
  }, []);
  const close = () => {
    state.dialog.value = null;
  };
  return (
    <dialog
      ref={element}
      class="ed-dialog"
      aria-labelledby="ed-dialog-title"
      onClose={close}
      onCancel={close}
    >
      <h2 id="ed-dialog-title" ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}

/** Keys that are nobody's to choose. */
const FIXED: readonly (readonly [keys: string, meaning: string])[] = [
  ["Ctrl Enter", "Submit while typing"],
  ["Esc", "Leave a text box, close what is open"],
];

function HelpDialog() {
  const { state, keys } = useEditor();
  const changing = useSignal(false);
  const { actions, can_flag, schema } = state.config;
  const shown = actionsOn(actions, {
    images: schema.fields.some(({ type }) => type === "image"),
    severalQuestions: schema.questions.length > 1,
    canFlag: can_flag,
  });
  const bound = shown.flatMap(({ name, title }): [string, string][] => {
    const words = keys.words(name);
    return words ? [[words, title]] : [];
  });
  return (
    <Modal title="Keys of this page">
      {changing.value ? (
        <ChangeKeys shown={shown} />
      ) : (
        <>
          <KeyWords keys={[...bound, ...FIXED]} />
          {schema.questions.map((question) => (
            <QuestionKeys key={question.name} question={question} />
          ))}
          <p class="ed-hint">
            Keys do nothing while you type in a box. With several questions, digits answer the one that is
            marked.
          </p>
        </>
      )}
      <div class="ed-dialog-actions">
        <button
          type="button"
          class="btn btn-primary"
          onClick={() => {
            state.dialog.value = null;
          }}
        >
          Close
        </button>
        <button
          type="button"
          class="btn btn-secondary"
          onClick={() => {
            changing.value = !changing.peek();
          }}
        >
          {changing.value ? "Back to all keys" : "Change keys"}
        </button>
      </div>
    </Modal>
  );
}

function ChangeKeys({ shown }: { shown: readonly ActionWords[] }) {
  const { state, keys, api } = useEditor();
  const { actions, urls } = state.config;
  const save = async (chosen: Keys) => {
    await api.patch(urls.me, { keys: chosen });
  };
  return <KeyList actions={actions} shown={shown} chosen={keys.chosen} answers={keys.answers} save={save} />;
}

function KeyWords({ keys }: { keys: readonly (readonly [keys: string, meaning: string])[] }) {
  return (
    <dl class="ed-keys">
      {keys.map(([key, meaning]) => (
        <div key={key}>
          <dt>
            <kbd class="ed-key">{key}</kbd>
          </dt>
          <dd dir="auto">{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}

function QuestionKeys({ question }: { question: Question }) {
  const keys = useEditor().session.kinds.get(question.kind)?.help(question) ?? [];
  if (keys.length === 0) return null;
  return (
    <>
      <h3>{titleOf(question)}</h3>
      <KeyWords keys={keys} />
    </>
  );
}

function ConflictDialog({ task }: { task: number }) {
  const { state, session } = useEditor();
  const item = state.item(task);
  const stored = item?.conflict.value;
  if (!item || !stored) return null;
  return (
    <Modal title="Two versions of your answer">
      <p>
        Item {item.task.external_id || item.id} was answered under your name somewhere else after you opened
        it here. Nothing has been overwritten. Which one should count?
      </p>
      <div class="ed-versions">
        <Version
          title="Mine, on this page"
          answers={item.answers.value}
          note={skipNote(state, item.skipReason.value)}
        />
        <Version title="Stored" answers={stored.answers} note={storedNote(state, stored)} />
      </div>
      <div class="ed-dialog-actions">
        <button
          type="button"
          class="btn btn-primary"
          onClick={() => session.run(() => session.saving.keepMine(item))}
        >
          Keep mine
        </button>
        <button
          type="button"
          class="btn btn-secondary"
          onClick={() => session.run(() => session.saving.takeStored(item))}
        >
          Take stored
        </button>
        <button
          type="button"
          class="btn btn-quiet"
          onClick={() => {
            state.dialog.value = null;
          }}
        >
          Decide later
        </button>
      </div>
    </Modal>
  );
}

function storedNote(editor: EditorState, stored: StoredAnnotation): string {
  const state = { draft: "Draft", submitted: "Submitted", skipped: "Skipped" }[stored.state];
  const when = stored.updated_at
    ? `, ${new Date(stored.updated_at).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}`
    : "";
  return `${skipNote(editor, stored.skip_reason) ?? state}${when}`;
}

function skipNote(state: EditorState, skipReason: string | null | undefined): string | null {
  const reason = state.skipWords(skipReason);
  return reason ? `Skipped (${reason.toLowerCase()})` : null;
}

function Version({ title, answers, note }: { title: string; answers: Answers; note: string | null }) {
  const { state, session } = useEditor();
  return (
    <section class="ed-version">
      <h3>{title}</h3>
      {note && <p class="ed-hint">{note}</p>}
      <dl>
        {state.config.schema.questions.map((question) => {
          const answer = answers[question.name];
          const kind = session.kinds.get(question.kind);
          return (
            <div key={question.name}>
              <dt>{titleOf(question)}</dt>
              <dd dir="auto">
                {answer === undefined || !kind ? "No answer" : kind.describe(answer, question)}
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
