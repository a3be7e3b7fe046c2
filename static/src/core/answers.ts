// Comparing answers and choosing which question comes next.
import type { Answer, Answers } from "./documents.ts";
import { isRequired, type Question } from "./schema.ts";

export function sameAnswer(a: Answer | undefined, b: Answer | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((label, index) => label === b[index]);
  }
  return a === b;
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
 * The question to go to after answering `from`: the next required one without an answer, wrapping round.
 * Optional questions are not pressed on anybody: null means stay.
 */
export function nextUnanswered(
  questions: readonly Question[],
  answers: Answers,
  from: string,
): string | null {
  const start = questions.findIndex((question) => question.name === from);
  for (let step = 1; step < questions.length; step += 1) {
    const question = questions[(start + step) % questions.length];
    if (question && isRequired(question) && answers[question.name] === undefined) return question.name;
  }
  return null;
}
