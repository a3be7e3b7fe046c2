// The guideline beside the item, opened at the label under the pointer or the one chosen.
import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { GuidelineLabel } from "../../core/documents.ts";
import { titleOf } from "../../core/schema.ts";
import type { Kinds } from "../kinds/registry.ts";
import type { EditorState } from "../session/state.ts";
import { useEditor } from "./context.ts";
import { PanelFrame } from "./panel_frame.tsx";

export function GuidelinePanel() {
  const { state, guideline, session } = useEditor();
  const body = useRef<HTMLDivElement>(null);
  const document = guideline.document.value;
  useEffect(() => {
    void guideline.open();
  }, [guideline]);

  useSignalEffect(() => {
    const target = labelInSight(state, session.kinds);
    if (!guideline.document.value || !target) return;
    requestAnimationFrame(() => {
      const entries = body.current?.querySelectorAll<HTMLElement>("[data-guideline-label]") ?? [];
      for (const entry of entries) {
        const hit =
          entry.dataset.guidelineLabel === target.label &&
          entry.dataset.guidelineQuestion === target.question;
        entry.toggleAttribute("data-hit", hit);
        if (hit) entry.scrollIntoView({ block: "nearest" });
      }
    });
  });

  return (
    <PanelFrame title={document?.version ? `Guideline v${document.version}` : "Guideline"} name="guideline">
      <div ref={body} class="ed-guideline">
        {guideline.trouble.value && (
          <p class="ed-problem" role="alert">
            {guideline.trouble.value}{" "}
            <button type="button" class="btn btn-secondary btn-sm" onClick={() => void guideline.open()}>
              Try again
            </button>
          </p>
        )}
        {!document && !guideline.trouble.value && <p class="ed-hint">Loading the guideline</p>}
        {document?.version === 0 && (
          <p class="ed-hint">No guideline has been published yet. Ask the person who manages this project.</p>
        )}
        {document?.change_note && (
          <p class="ed-standing" data-tone="info">
            v{document.version}: {document.change_note}
          </p>
        )}
        {document?.labels.map((label) => (
          <LabelEntry key={`${label.question} ${label.label}`} entry={label} />
        ))}
        {document?.html && <Prose html={document.html} />}
        {state.config.urls.guideline_page && (
          <p>
            <a href={state.config.urls.guideline_page} target="_blank" rel="noopener">
              Open the guideline's own page
            </a>
          </p>
        )}
      </div>
    </PanelFrame>
  );
}

/** The label the person means: under the pointer, else the one answered in the focused question. */
function labelInSight(state: EditorState, kinds: Kinds): { question: string; label: string } | null {
  if (state.pointed.value) return state.pointed.value;
  const question = state.questionNamed(state.question.value);
  const answer = question && state.current.value?.answers.value[question.name];
  if (!question || answer === undefined) return null;
  const label = kinds.get(question.kind)?.guideLabel(answer, question) ?? null;
  return label === null ? null : { question: question.name, label };
}

function LabelEntry({ entry }: { entry: GuidelineLabel }) {
  const { state, session } = useEditor();
  const question = state.questionNamed(entry.question);
  const kind = question && session.kinds.get(question.kind);
  return (
    <section
      class="ed-guideline-label"
      data-guideline-label={entry.label}
      data-guideline-question={entry.question}
    >
      <h3 dir="auto">{kind?.labelTitle(entry.label, question) ?? entry.label}</h3>
      {state.config.schema.questions.length > 1 && question && <p class="ed-hint">{titleOf(question)}</p>}
      <Prose html={entry.definition_html} />
      {entry.use_when_html && (
        <>
          <h4>Use when</h4>
          <Prose html={entry.use_when_html} />
        </>
      )}
      {entry.not_when_html && (
        <>
          <h4>Not when</h4>
          <Prose html={entry.not_when_html} />
        </>
      )}
    </section>
  );
}

/** Markdown rendered and sanitized by the server. */
function Prose({ html }: { html: string }) {
  return html ? <div class="ed-prose" dir="auto" dangerouslySetInnerHTML={{ __html: html }} /> : null;
}
