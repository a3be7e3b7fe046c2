// What a person sees of a task when the page opens: their own newest words win over what the server knows.
import { sameAnswers } from "./answers.ts";
import type { Answers, StoredAnnotation, TaskDoc } from "./documents.ts";
import type { AnnotationEntry } from "./outbox.ts";

export type ItemStatus = "open" | "submitted" | "skipped";

export interface Restored {
  answers: Answers;
  status: ItemStatus;
  skipReason: string | null;
  /** The version the answers were made on: what a submission names. */
  base: number;
  leadMs: number;
  /** The answers differ from the last submission. */
  edited: boolean;
}

export interface DraftLike {
  answers: Answers;
  base: number;
  leadMs: number;
  updatedAt: number;
}

export function statusOf(state: StoredAnnotation["state"] | undefined): ItemStatus {
  return state === "submitted" || state === "skipped" ? state : "open";
}

/** Whether a task was sent back since it was loaded. */
export function isNewlySentBack(known: TaskDoc, now: TaskDoc): boolean {
  return now.sent_back != null && now.sent_back.at !== known.sent_back?.at;
}

/** Lay the stored annotation, the newest unsent answer and the local draft of a task over each other. */
export function restore(doc: TaskDoc, entry?: AnnotationEntry, draft?: DraftLike): Restored {
  const stored = doc.annotation;
  const restored: Restored = {
    answers: stored?.answers ?? {},
    // What was sent back waits for another answer, with the earlier one filled in.
    status: doc.sent_back ? "open" : statusOf(stored?.state),
    skipReason: stored?.skip_reason || null,
    base: stored?.version ?? 0,
    leadMs: 0,
    edited: false,
  };
  if (entry) {
    restored.answers = entry.body.answers;
    restored.status = entry.status === "waiting" ? statusOf(entry.body.state) : "open";
    restored.skipReason = entry.body.skip_reason ?? null;
    restored.base = entry.base;
    restored.leadMs = entry.body.lead_time_ms;
  }
  if (draft && draft.updatedAt > (entry?.createdAt ?? 0)) {
    restored.edited = restored.status !== "open" && !sameAnswers(draft.answers, restored.answers);
    restored.answers = draft.answers;
    restored.leadMs = draft.leadMs;
    // An older base than the server's is kept on purpose: the submission then meets a 409 and the person
    // sees both versions, instead of one overwriting the other unseen.
    if (!entry) restored.base = draft.base;
  }
  return restored;
}
