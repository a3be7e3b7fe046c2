// Builders of tasks and outbox entries for tests.
import type { AnnotationState, Answers, TaskDoc } from "../../src/core/documents.ts";
import type { AnnotationEntry, Entry, Outcome, Refusal } from "../../src/core/outbox.ts";

export function task(fields: Partial<TaskDoc> = {}): TaskDoc {
  return {
    id: 1,
    external_id: "t-1",
    project: "p",
    split: "",
    data: { text: "hello" },
    meta: {},
    reason: "",
    guideline_version: 1,
    schema_version: 1,
    lease_expires_at: null,
    annotation: null,
    ...fields,
  };
}

interface AnnotationFields {
  key?: string;
  task?: number;
  order?: number;
  attempts?: number;
  createdAt?: number;
  base?: number;
  quiet?: boolean;
  state?: AnnotationState;
  answers?: Answers;
}

export function annotation(fields: AnnotationFields = {}): AnnotationEntry {
  const { state = "submitted", answers = { intent: "a" }, ...entry } = fields;
  return {
    key: "k1",
    task: 1,
    order: 1,
    attempts: 0,
    createdAt: 1_000,
    status: "waiting",
    kind: "annotation",
    base: 0,
    quiet: false,
    body: { answers, state, lead_time_ms: 1_000 },
    ...entry,
  };
}

export const refusal: Refusal = {
  status: 400,
  title: "Invalid",
  detail: "No.",
  problems: [],
  requestId: "r-1",
};

export function accepted(taskId: number, version: number): Outcome {
  const reply = {
    id: 9,
    task: taskId,
    state: "submitted" as const,
    version,
    answers: {},
    updated_at: "2026-01-01T00:00:00Z",
  };
  return { is: "accepted", reply };
}

/** Apply changes to a list of entries, as a store does. */
export function applied(
  entries: readonly Entry[],
  changes: { put: Entry[]; remove: string[] } | null,
): Entry[] {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  for (const key of changes?.remove ?? []) byKey.delete(key);
  for (const entry of changes?.put ?? []) byKey.set(entry.key, entry);
  return [...byKey.values()].sort((a, b) => a.order - b.order);
}
