// The schema of a project as the server stores it: normalized, every label with title, color and key.

export type FieldType = "text" | "image";

export interface Field {
  name: string;
  type: FieldType;
  title?: string;
  required?: boolean;
}

export interface LabelOption {
  name: string;
  title: string;
  color: string;
  key: string;
  description?: string;
}

interface QuestionBase {
  name: string;
  field: string;
  title?: string;
  description?: string;
  required?: boolean;
}

export interface ChoiceQuestion extends QuestionBase {
  kind: "choice";
  labels: LabelOption[];
}

export interface MultiChoiceQuestion extends QuestionBase {
  kind: "multi_choice";
  labels: LabelOption[];
  min?: number | null;
  max?: number | null;
}

export interface RatingQuestion extends QuestionBase {
  kind: "rating";
  min: number;
  max: number;
  labels?: Record<string, string>;
}

export interface TextQuestion extends QuestionBase {
  kind: "text";
  max_length?: number | null;
  multiline?: boolean;
}

export type Question = ChoiceQuestion | MultiChoiceQuestion | RatingQuestion | TextQuestion;
export type KindName = Question["kind"];

export interface Schema {
  fields: Field[];
  questions: Question[];
}

/** What a person sees as the name of a field or question. */
export function titleOf(named: { name: string; title?: string }): string {
  return named.title || named.name;
}

/** Absent means required: an annotation answers every question unless the schema says otherwise. */
export function isRequired(question: Question): boolean {
  return question.required !== false;
}
