// What the editor needs to know of a question kind: the browser's half of labeling/kinds/<kind>.py.
import type { FunctionComponent } from "preact";
import type { Answer } from "../../core/documents.ts";
import type { Question } from "../../core/schema.ts";

export interface AnswerProps<Q extends Question, A extends Answer> {
  question: Q;
  value: A | undefined;
  /** Unique among the page's questions and items: for input names and ids. */
  id: string;
  /** `finished` moves on to the next unanswered question. */
  change: (value: A | undefined, finished: boolean) => void;
  /** The label under the pointer, for the guideline; null when it leaves. */
  point: (label: string | null) => void;
}

/** What a key did: the new answer, and whether the question is finished with it. */
export interface Pressed<A extends Answer> {
  answer: A | undefined;
  finished: boolean;
}

export interface Kind<Q extends Question, A extends Answer> {
  Answers: FunctionComponent<AnswerProps<Q, A>>;
  /** The answer after a key of the question; null when the key means nothing to it. */
  press: (key: string, question: Q, value: A | undefined) => Pressed<A> | null;
  /** The answer as it is submitted: an empty one may mean none at all. */
  submitted: (value: A | undefined, question: Q) => A | undefined;
  /** Why the answer cannot be submitted, in words; null when it can. */
  problem: (value: A | undefined, question: Q) => string | null;
  /** The answer in one line, for the list of the last answers. */
  describe: (value: A, question: Q) => string;
  /** Answered by typing: the question's input takes the focus, not the question. */
  typed: boolean;
}

export type AnyKind = Kind<Question, Answer>;
