// What the editor needs to know of a question kind: the browser's half of labeling/kinds/<kind>.py.
import type { ReadonlySignal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import type { Answer, TaskDoc } from "../../core/documents.ts";
import type { Binding } from "../../core/keymap.ts";
import type { Field, Question } from "../../core/schema.ts";
import type { FieldLayer } from "../../fields/layer.ts";

/** A question as it stands before the person. */
export interface Asked<Q extends Question, A extends Answer> {
  question: Q;
  value: A | undefined;
  task: TaskDoc;
  /** The field that the question is about. */
  field: Field;
  /** What shows that field, to be drawn on: null while it is not on the screen yet. */
  layer: ReadonlySignal<FieldLayer | null>;
}

export interface AnswerProps<Q extends Question, A extends Answer> extends Asked<Q, A> {
  /** Unique among the page's questions and items: for input names and ids. */
  id: string;
  /** `finished` moves on to the next unanswered question. */
  change: (value: A | undefined, finished: boolean) => void;
  /** The label under the pointer, for the guideline; null when it leaves. */
  point: (label: string | null) => void;
  /** Give the keys back to the page: typing is over. */
  leave: () => void;
  /** Whether a group of what is offered is folded on this device. */
  isFolded: (group: string) => boolean;
  fold: (group: string, folded: boolean) => void;
}

/**
 * What a command did: the new answer and whether the question is finished with it; "done" when the answer stays as
 * it is (another region was selected, say); null when it means nothing now and the key goes on to the page.
 */
export type Acted<A extends Answer> = { answer: A | undefined; finished: boolean } | "done" | null;

/** A key of a kind and what it does. The editor's letters, `?` and what a text box needs are not to be had. */
export interface KindCommand<Q extends Question, A extends Answer> extends Binding {
  act: (asked: Asked<Q, A>) => Acted<A>;
}

/** One change of an answer, as undo takes it back. */
export interface Change<A extends Answer> {
  before: A | undefined;
  after: A | undefined;
}

export interface Kind<Q extends Question, A extends Answer> {
  Answers: FunctionComponent<AnswerProps<Q, A>>;
  /** The keys of the question. */
  commands: (question: Q) => readonly KindCommand<Q, A>[];
  /** The keys that are a whole answer by themselves, where there are any. */
  wholeAnswers?: (question: Q) => readonly (readonly [key: string, answer: A])[];
  /** Those keys in words, for `?`. */
  help: (question: Q) => readonly (readonly [keys: string, meaning: string])[];
  /** Would a person call these the same answer? */
  same: (a: A, b: A, question: Q) => boolean;
  /** Nothing was answered yet: the question is still to be asked. */
  isEmpty: (value: A | undefined, question: Q) => boolean;
  /** The answer as it is submitted: an empty one may mean none at all. */
  submitted: (value: A | undefined, question: Q) => A | undefined;
  /** Why the answer cannot be submitted, in words; null when it can. */
  problem: (value: A | undefined, question: Q) => string | null;
  /** The answer in one line, for the list of the last answers. */
  describe: (value: A, question: Q) => string;
  /** The label of the answer that the guideline opens at; null when it has none. */
  guideLabel: (value: A, question: Q) => string | null;
  /** What a person sees as the name of a label. */
  labelTitle: (label: string, question: Q) => string;
  /** Whether undo takes back two changes that follow each other as one: letters of one text. Not given: never. */
  isOneStep?: (last: Change<A>, next: Change<A>) => boolean;
  /** How wide its answers want to be, in CSS pixels. */
  width: (question: Q) => number;
  /** Answered by typing: the question's input takes the focus, not the question. */
  typed: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: the shapes of question and answer are the kind's own; a schema pairs them
export type AnyKind = Kind<any, any>;
