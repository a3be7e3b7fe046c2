// Any number of labels of a list, in the order of the schema.
import { sameAnswer } from "../../core/answers.ts";
import type { LabelOption } from "../../core/labels.ts";
import { labelsWidth } from "../../core/layout.ts";
import { isRequired, type Question } from "../../core/schema.ts";
import type { AnswerProps, Kind, KindCommand } from "./kind.ts";
import { findCommand, keysOfLabels, LabelGrid, titleOfLabel } from "./labels.tsx";

export interface MultiChoiceQuestion extends Question {
  labels: LabelOption[];
  min?: number | null;
  max?: number | null;
}

function toggled(
  question: MultiChoiceQuestion,
  value: string[] | undefined,
  label: string,
): string[] | undefined {
  const chosen = new Set(value);
  if (!chosen.delete(label)) chosen.add(label);
  const ordered = question.labels.map((option) => option.name).filter((name) => chosen.has(name));
  return ordered.length > 0 ? ordered : undefined;
}

function MultiChoiceAnswers(props: AnswerProps<MultiChoiceQuestion, string[]>) {
  const { question, value, change } = props;
  return (
    <>
      <p class="ed-hint">{limits(question)}</p>
      <LabelGrid
        {...props}
        type="checkbox"
        labels={question.labels}
        selected={new Set(value)}
        pick={(label) => change(toggled(question, value, label), false)}
      />
    </>
  );
}

function least(question: MultiChoiceQuestion): number {
  return question.min ?? 1;
}

function limits(question: MultiChoiceQuestion): string {
  const min = least(question);
  const { max } = question;
  if (max && max === min) return `Choose ${max}.`;
  if (max) return min > 0 ? `Choose ${min} to ${max}.` : `Choose up to ${max}, or none.`;
  if (min > 1) return `Choose ${min} or more.`;
  return min === 1 ? "Choose all that apply." : "Choose all that apply, or none.";
}

export const kind: Kind<MultiChoiceQuestion, string[]> = {
  Answers: MultiChoiceAnswers,
  typed: false,
  commands: ({ labels }) => [
    ...labels
      .filter(({ key }) => key)
      .map(
        ({ key, name }): KindCommand<MultiChoiceQuestion, string[]> => ({
          key,
          act: ({ question, value }) => ({ answer: toggled(question, value, name), finished: false }),
        }),
      ),
    ...findCommand<MultiChoiceQuestion, string[]>(labels),
  ],
  help: ({ labels }) => keysOfLabels(labels),
  // Always in the order of the schema.
  same: sameAnswer,
  isEmpty: (value) => value === undefined,
  // Where none is allowed, choosing none is an answer.
  submitted: (value, question) =>
    value === undefined && least(question) === 0 && isRequired(question) ? [] : value,
  problem(value, question) {
    const chosen = value?.length ?? 0;
    if (chosen === 0 && (!isRequired(question) || least(question) === 0)) return null;
    if (chosen < least(question) || (question.max && chosen > question.max)) {
      return `${limits(question)} ${chosen === 1 ? "1 is" : `${chosen} are`} chosen now.`;
    }
    return null;
  },
  describe(value, question) {
    if (value.length === 0) return "none";
    return value.map((name) => titleOfLabel(question.labels, name)).join(", ");
  },
  guideLabel: (value) => value.at(-1) ?? null,
  width: ({ labels }) => labelsWidth(labels.map(({ title }) => title)),
  labelTitle: (label, { labels }) => titleOfLabel(labels, label),
};
