// The questions of a schema over the answers of an item: what is missing, what is wrong, what is sent.
import { nextUnanswered } from "../../core/answers.ts";
import type { Answer, Answers } from "../../core/documents.ts";
import { isRequired, type Question } from "../../core/schema.ts";
import type { Kinds } from "../kinds/registry.ts";

export class Questions {
  readonly #questions: readonly Question[];
  readonly #kinds: Kinds;

  constructor(questions: readonly Question[], kinds: Kinds) {
    this.#questions = questions;
    this.#kinds = kinds;
  }

  kindOf(name: string) {
    const found = this.#named(name);
    return found ? this.#kinds.get(found.kind) : undefined;
  }

  same(name: string, a: Answer | undefined, b: Answer | undefined): boolean {
    if (a === undefined || b === undefined) return a === b;
    return this.kindOf(name)?.same(a, b, this.#named(name)) ?? false;
  }

  /** The name of the first question without an answer, else of the first one. */
  firstOpen(answers: Answers): string {
    const first =
      this.#questions.find((question) => !this.#answered(answers, question)) ?? this.#questions[0];
    return first?.name ?? "";
  }

  /** The name of the next question without an answer after this one, if any is left. */
  nextOpen(answers: Answers, after: string): string | null {
    return nextUnanswered(this.#questions, (other) => this.#answered(answers, other), after);
  }

  /** The name of the question before or after this one, around the end. */
  beside(name: string, by: 1 | -1): string {
    const at = this.#questions.findIndex((question) => question.name === name);
    return this.#questions[(at + by + this.#questions.length) % this.#questions.length]?.name ?? "";
  }

  /** What is wrong with the answers, by question. */
  problems(answers: Answers): Record<string, string> {
    const problems: Record<string, string> = {};
    for (const question of this.#questions) {
      const problem = this.#kinds.get(question.kind)?.problem(answers[question.name], question);
      if (problem) problems[question.name] = problem;
    }
    return problems;
  }

  /** The answers as they are sent. */
  submitted(answers: Answers): Answers {
    const sent: Answers = {};
    for (const question of this.#questions) {
      const value = this.#kinds.get(question.kind)?.submitted(answers[question.name], question);
      if (value !== undefined) sent[question.name] = value;
    }
    return sent;
  }

  /** The answers in one line. */
  describe(answers: Answers): string {
    return this.#questions
      .flatMap((question) => {
        const value = answers[question.name];
        return value === undefined ? [] : [this.#kinds.get(question.kind)?.describe(value, question) ?? ""];
      })
      .join(", ");
  }

  /** Whether every required question has an answer that may be sent. */
  complete(answers: Answers): boolean {
    return this.#questions.every(
      (question) =>
        !isRequired(question) ||
        this.#kinds.get(question.kind)?.problem(answers[question.name], question) === null,
    );
  }

  #named(name: string): Question | undefined {
    return this.#questions.find((question) => question.name === name);
  }

  #answered(answers: Answers, question: Question): boolean {
    return this.#kinds.get(question.kind)?.isEmpty(answers[question.name], question) === false;
  }
}
