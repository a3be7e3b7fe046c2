// One label of a list.
import type { ChoiceQuestion } from "../../core/schema.ts";
import { isRequired } from "../../core/schema.ts";
import type { AnswerProps, Kind } from "./kind.ts";
import { LabelGrid } from "./labels.tsx";

function ChoiceAnswers({ question, value, id, change, point }: AnswerProps<ChoiceQuestion, string>) {
  return (
    <LabelGrid
      type="radio"
      labels={question.labels}
      selected={new Set(value === undefined ? [] : [value])}
      id={id}
      pick={(label, byPointer) => change(label, byPointer)}
      point={point}
    />
  );
}

export const kind: Kind<ChoiceQuestion, string> = {
  Answers: ChoiceAnswers,
  typed: false,
  press(key, question) {
    const label = question.labels.find((option) => option.key === key);
    return label ? { answer: label.name, finished: true } : null;
  },
  submitted: (value) => value,
  problem: (value, question) =>
    value === undefined && isRequired(question) ? "Choose one of the labels." : null,
  describe: (value, question) => question.labels.find((option) => option.name === value)?.title ?? value,
};
