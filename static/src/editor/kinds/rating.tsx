// A whole number on an ordered scale.
import { useRef } from "preact/hooks";
import { isRequired, type Question } from "../../core/schema.ts";
import type { AnswerProps, Kind } from "./kind.ts";

export interface RatingQuestion extends Question {
  min: number;
  max: number;
  /** Names of steps, by their number. */
  labels?: Record<string, string>;
}

/** Up to this many named steps are explained below the scale. */
const NAMES_BELOW = 3;
/** Ten steps in a row, or a list of named ones, in pixels. */
const WIDTH = 360;
const DIGITS = "1234567890";
/** Longer scales are entered as a number. */
const BUTTONS_AT_MOST = 21;

function steps(question: RatingQuestion): number[] {
  return Array.from({ length: question.max - question.min + 1 }, (_, index) => question.min + index);
}

/** The digit of a step: its own where the scale is made of digits, its place otherwise; "" beyond ten. */
function keyOf(question: RatingQuestion, step: number): string {
  if (question.min >= 0 && question.max <= 9) return String(step);
  return DIGITS[step - question.min] ?? "";
}

function RatingAnswers(props: AnswerProps<RatingQuestion, number>) {
  const { question, value, id, change, point } = props;
  const byPointer = useRef(false);
  const all = steps(question);
  if (all.length > BUTTONS_AT_MOST) return <RatingNumber {...props} />;
  // A few names, of the ends mostly, stand below the scale; many make a list of the steps.
  const names = Object.entries(question.labels ?? {});
  const listed = names.length > NAMES_BELOW;
  return (
    <>
      <div class="ed-rating" data-named={listed || undefined}>
        {all.map((step) => {
          const name = listed ? question.labels?.[String(step)] : undefined;
          const key = keyOf(question, step);
          return (
            <label
              key={step}
              class="ed-label ed-rating-step"
              data-checked={step === value || undefined}
              onPointerDown={() => {
                byPointer.current = true;
              }}
              onMouseDown={(event) => event.preventDefault()}
              onPointerEnter={() => point(String(step))}
              onPointerLeave={() => point(null)}
            >
              <input
                class="ed-label-input"
                type="radio"
                name={id}
                value={step}
                checked={step === value}
                aria-keyshortcuts={key || undefined}
                onChange={() => {
                  change(step, byPointer.current);
                  byPointer.current = false;
                }}
              />
              {key === String(step) ? (
                <span class="ed-key ed-rating-number">{step}</span>
              ) : (
                <span class="ed-rating-number">{step}</span>
              )}
              {name && (
                <span class="ed-label-title" dir="auto">
                  {name}
                </span>
              )}
              {key && key !== String(step) && (
                <span class="ed-key" aria-hidden="true">
                  {key}
                </span>
              )}
            </label>
          );
        })}
      </div>
      {!listed && names.length > 0 && (
        <p class="ed-rating-names">
          {names.map(([step, name]) => (
            <span key={step} dir="auto">
              {step} {name}
            </span>
          ))}
        </p>
      )}
    </>
  );
}

function RatingNumber({ question, value, id, change }: AnswerProps<RatingQuestion, number>) {
  return (
    <input
      id={id}
      class="form-control ed-rating-input"
      type="number"
      inputMode="numeric"
      min={question.min}
      max={question.max}
      step={1}
      aria-label={`A number from ${question.min} to ${question.max}`}
      placeholder={`${question.min} to ${question.max}`}
      value={value ?? ""}
      onInput={(event) => {
        const number = event.currentTarget.valueAsNumber;
        change(Number.isFinite(number) ? number : undefined, false);
      }}
    />
  );
}

function wholeAnswers(question: RatingQuestion): [key: string, answer: number][] {
  return steps(question)
    .map((step): [string, number] => [keyOf(question, step), step])
    .filter(([key]) => key);
}

export const kind: Kind<RatingQuestion, number> = {
  Answers: RatingAnswers,
  typed: false,
  wholeAnswers,
  commands: (question) =>
    wholeAnswers(question).map(([key, answer]) => ({ key, act: () => ({ answer, finished: true }) })),
  help: ({ min, max }) => [[`${min}–${max}`, "the number"]],
  same: (a, b) => a === b,
  isEmpty: (value) => value === undefined,
  submitted: (value) => value,
  problem(value, question) {
    if (value === undefined) {
      return isRequired(question) ? `Choose a number from ${question.min} to ${question.max}.` : null;
    }
    const fits = Number.isInteger(value) && value >= question.min && value <= question.max;
    return fits ? null : `Choose a whole number from ${question.min} to ${question.max}.`;
  },
  describe(value, question) {
    const name = question.labels?.[String(value)];
    return name ? `${value} ${name}` : `${value} of ${question.max}`;
  },
  width: () => WIDTH,
  guideLabel: (value) => String(value),
  labelTitle(label, question) {
    const name = question.labels?.[label];
    return name ? `${label} ${name}` : label;
  },
};
