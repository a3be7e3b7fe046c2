// The schema of a project as the server stores it, normalized.

export type FieldType = "text" | "image";

export interface Field {
  name: string;
  type: FieldType;
  title?: string;
  required?: boolean;
}

/** What every question has; its kind reads the rest as a type of its own. */
export interface Question {
  name: string;
  kind: string;
  field: string;
  title?: string;
  description?: string;
  required?: boolean;
}

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
