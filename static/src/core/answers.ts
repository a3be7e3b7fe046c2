// Comparing answers and choosing which question comes next. What an answer looks like is its kind's business.
import type { Answer, Answers, Json } from "./documents.ts";
import { isRequired, type Question } from "./schema.ts";

/** Whether two answers are equal JSON, in whatever order the keys of their objects stand. */
export function sameAnswer(a: Answer | undefined, b: Answer | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && sameMembers(a, b);
  }
  const [one, other] = [a as Record<string, Json>, b as Record<string, Json>];
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameAnswer(one[key], other[key]))
  );
}

function sameMembers(a: readonly Json[], b: readonly Json[]): boolean {
  return a.length === b.length && a.every((member, index) => sameAnswer(member, b[index]));
}

export function sameAnswers(a: Answers, b: Answers): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => sameAnswer(a[name], b[name]));
}

export function withAnswer(answers: Answers, question: string, answer: Answer | undefined): Answers {
  const { [question]: _replaced, ...others } = answers;
  return answer === undefined ? others : { ...others, [question]: answer };
}

/**
 * The question to go to after answering `from`: the next required one that is not `answered`, wrapping round.
 * Optional questions are not pressed on anybody: null means stay.
 */
export function nextUnanswered<Q extends Question>(
  questions: readonly Q[],
  answered: (question: Q) => boolean,
  from: string,
): string | null {
  const start = questions.findIndex((question) => question.name === from);
  for (let step = 1; step < questions.length; step += 1) {
    const question = questions[(start + step) % questions.length];
    if (question && isRequired(question) && !answered(question)) return question.name;
  }
  return null;
}
