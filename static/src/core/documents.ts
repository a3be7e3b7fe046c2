// Documents exchanged with the server. Field names are the API's.

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a person answered: canonical JSON, whose shape only the question's kind knows. */
export type Answer = Json;
export type Answers = Record<string, Answer>;

export type AnnotationState = "draft" | "submitted" | "skipped";

/** Why an item is skipped: the server's list, in the words that a reviewer reads too. */
export interface SkipReason {
  name: string;
  title: string;
}

export interface ImageValue {
  sha256: string;
  width: number;
  height: number;
  name: string;
  bytes?: number;
  url: string;
  thumb: string;
  original: string;
}
export type FieldValue = string | ImageValue | null;

export function isImage(value: FieldValue | undefined): value is ImageValue {
  return typeof value === "object" && value !== null && "sha256" in value;
}

export interface StoredAnnotation {
  version: number;
  state: AnnotationState;
  answers: Answers;
  updated_at: string | null;
  skip_reason?: string | null;
}

export interface TaskDoc {
  id: number;
  external_id: string | null;
  project: string;
  split: string;
  data: Record<string, FieldValue>;
  meta: Record<string, unknown>;
  reason: string;
  guideline_version: number;
  schema_version: number;
  lease_expires_at: string | null;
  annotation: StoredAnnotation | null;
  /** Set while a reviewer waits for another answer of this person. */
  sent_back?: SentBack | null;
  /** What this person flagged it with, while nobody has decided. */
  my_flag?: string | null;
  my_comments?: number;
}

export interface SentBack {
  note: string;
  by: string;
  at: string;
}

export interface ClaimReply {
  tasks: TaskDoc[];
  remaining: number;
  lease_seconds: number;
}

/** Where the person stands in the project, exactly. */
export interface Standing {
  left: number;
  answered: number;
  today: number;
}

export interface AnnotationReply {
  id: number;
  task: number;
  state: AnnotationState;
  version: number;
  answers: Answers;
  updated_at: string;
  counted?: boolean;
  guideline_version?: number;
}

export interface Problem {
  path: string;
  message: string;
  row?: number | null;
}

export interface GuidelineLabel {
  question: string;
  label: string;
  definition_html: string;
  use_when_html: string;
  not_when_html: string;
}

export interface Guideline {
  version: number;
  published_at: string | null;
  change_note?: string;
  html: string;
  labels: GuidelineLabel[];
}

export interface CommentDoc {
  id: number;
  task: number;
  author: string | { id?: number; name?: string; email?: string } | null;
  body: string;
  created_at: string;
}
