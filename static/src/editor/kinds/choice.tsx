// One label of a list.
import type { LabelOption } from "../../core/labels.ts";
import { labelsWidth } from "../../core/layout.ts";
import { isRequired, type Question } from "../../core/schema.ts";
import type { AnswerProps, Kind } from "./kind.ts";
import { findCommand, keysOfLabels, LabelGrid, titleOfLabel } from "./labels.tsx";

export interface ChoiceQuestion extends Question {
  labels: LabelOption[];
}

function ChoiceAnswers(props: AnswerProps<ChoiceQuestion, string>) {
  const { question, value, change } = props;
  return (
    <LabelGrid
      {...props}
      type="radio"
      labels={question.labels}
      selected={new Set(value === undefined ? [] : [value])}
      pick={change}
    />
  );
}

function wholeAnswers({ labels }: ChoiceQuestion): [key: string, answer: string][] {
  return labels.filter(({ key }) => key).map(({ key, name }) => [key, name]);
}

export const kind: Kind<ChoiceQuestion, string> = {
  Answers: ChoiceAnswers,
  typed: false,
  wholeAnswers,
  commands: (question) => [
    ...wholeAnswers(question).map(([key, answer]) => ({ key, act: () => ({ answer, finished: true }) })),
    ...findCommand<ChoiceQuestion, string>(question.labels),
  ],
  help: ({ labels }) => keysOfLabels(labels),
  same: (a, b) => a === b,
  isEmpty: (value) => value === undefined,
  submitted: (value) => value,
  problem: (value, question) =>
    value === undefined && isRequired(question) ? "Choose one of the labels." : null,
  describe: (value, { labels }) => titleOfLabel(labels, value),
  guideLabel: (value) => value,
  width: ({ labels }) => labelsWidth(labels.map(({ title }) => title)),
  labelTitle: (label, { labels }) => titleOfLabel(labels, label),
};
