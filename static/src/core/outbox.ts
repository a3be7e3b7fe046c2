// The outbox as a pure state machine: what is waiting to reach the server, in which order it may go, and
// what a reply does to it. Storage (IndexedDB) and sending (fetch) live in the editor and only apply what
// these functions return, inside one storage transaction each.
import { sameAnswers } from "./answers.ts";
import type {
  AnnotationReply,
  AnnotationState,
  Answers,
  Json,
  Problem,
  StoredAnnotation,
} from "./documents.ts";

export interface AnnotationBody {
  answers: Answers;
  state: AnnotationState;
  lead_time_ms: number;
  skip_reason?: string;
}

export interface DecisionBody {
  decision: string;
  answer?: Json;
  /** The labels of record that were on the screen. */
  labels: number[];
}

/** What the server says of a decision, or of one taken back. */
export interface DecisionReply {
  flags: number[];
  /** After one was taken back: the labels that the flag's task has again, by question. */
  labels?: Record<string, number>;
  /** And those that a decision about this flag is about, which may be of several tasks. */
  seen?: number[];
}

export type Work =
  | {
      kind: "annotation";
      body: AnnotationBody;
      /** Version of the stored annotation this answer was made on; 0 = none known. */
      base: number;
      /** An autosaved draft: replaceable, and its refusal is not worth a person's attention. */
      quiet: boolean;
    }
  | { kind: "comment"; body: { body: string } }
  | { kind: "flag"; body: { note: string; question?: string } }
  | {
      kind: "decision";
      flag: number;
      /** Empty: the whole task. */
      question: string;
      body: DecisionBody;
      /** The decision in words, for when it is refused. */
      words: string;
    }
  | { kind: "retraction"; flag: number; words: string };

export interface Refusal {
  status: number;
  title: string;
  detail: string;
  problems: Problem[];
  requestId: string | null;
}

export type Entry = {
  /** Idempotency key: made once per submission, sent with every attempt. */
  key: string;
  task: number;
  /** Place in the queue, rising. */
  order: number;
  createdAt: number;
  /** Times it was handed to the network. 0 means the server cannot have seen it. */
  attempts: number;
  /** refused: the server said no; conflict: it holds another version. Both wait for the person. */
  status: "waiting" | "refused" | "conflict";
  refusal?: Refusal;
  stored?: StoredAnnotation;
} & Work;

export type AnnotationEntry = Extract<Entry, { kind: "annotation" }>;

export type NewEntry = Pick<Entry, "key" | "task" | "createdAt"> & Work;

/** What to write to storage. */
export interface Changes {
  put: Entry[];
  remove: string[];
  /** An answer reached the server as this version: what comes after it builds on that. */
  landed?: Landed;
}

export interface Landed {
  task: number;
  version: number;
}

/** What became of one attempt to send. */
export type Outcome =
  | { is: "accepted"; reply: AnnotationReply | DecisionReply | null }
  | { is: "conflict"; stored: StoredAnnotation; refusal: Refusal }
  | { is: "refused"; refusal: Refusal }
  | { is: "offline" }
  | { is: "unavailable"; status: number; retryAfter: number | null; requestId: string | null }
  | { is: "signed_out" }
  | { is: "forbidden"; refusal: Refusal };

/** True when the entry stays as it is and should be tried again later. */
export function isTransient(outcome: Outcome): boolean {
  return ["offline", "unavailable", "signed_out", "forbidden"].includes(outcome.is);
}

const byOrder = (a: Entry, b: Entry) => a.order - b.order;

function isAnnotationOf(task: number) {
  return (entry: Entry): entry is AnnotationEntry => entry.kind === "annotation" && entry.task === task;
}

/**
 * Annotations of one task go one after the other, and so do all decisions of a review; comments and flags wait for
 * nobody.
 */
function lane(entry: Entry): string {
  if (isDecision(entry)) return "review";
  return entry.kind === "annotation" ? `annotation ${entry.task}` : entry.key;
}

export type DecisionEntry = Extract<Entry, { kind: "decision" | "retraction" }>;

/** Whether an entry belongs to a review: a decision, or one taken back. */
export function isDecision(entry: Entry): entry is DecisionEntry {
  return entry.kind === "decision" || entry.kind === "retraction";
}

/**
 * Put new work into the outbox.
 *
 * A newer answer of the same task replaces those the server cannot have seen yet, and the refused ones it
 * corrects. Behind a conflict it takes the place of the answer in conflict: the person still has to choose.
 * `landed`: the version as which this browser's last answer of the task reached the server, which the page may
 * not have heard of when it made the new one.
 */
export function enqueue(entries: readonly Entry[], work: NewEntry, landed = 0): Changes & { entry: Entry } {
  const order = Math.max(0, ...entries.map((entry) => entry.order)) + 1;
  const entry: Entry = { ...work, order, attempts: 0, status: "waiting" };
  if (entry.kind !== "annotation") return { entry, put: [entry], remove: [] };

  entry.base = Math.max(entry.base, landed);
  const earlier = entries.filter(isAnnotationOf(entry.task)).sort(byOrder);
  if (entry.quiet && outranked(earlier)) return { entry, put: [], remove: [] };
  const replaced = earlier.filter((other) => other.status !== "waiting" || other.attempts === 0);
  const conflict = replaced.find((other) => other.status === "conflict");
  // Built on the same stored version as what it replaces; settle() moves it on when an attempt in flight lands.
  const oldest = replaced[0];
  if (oldest) entry.base = oldest.base;
  if (replaced.some((other) => !other.quiet)) entry.quiet = false;
  if (conflict?.stored && conflict.refusal) {
    Object.assign(entry, { status: "conflict", stored: conflict.stored, refusal: conflict.refusal });
  }
  return { entry, put: [entry], remove: replaced.map((other) => other.key) };
}

/** An autosaved draft neither replaces a submission on its way nor an answer the person has to decide on. */
function outranked(earlier: readonly AnnotationEntry[]): boolean {
  const latest = earlier.at(-1);
  return (
    latest !== undefined && (latest.body.state !== "draft" || earlier.some((e) => e.status !== "waiting"))
  );
}

/** Take an entry back while the server cannot have seen it; null when it is too late for that. */
export function withdraw(entries: readonly Entry[], key: string): Changes | null {
  const entry = entries.find((other) => other.key === key);
  if (!entry) return null;
  return entry.attempts === 0 || entry.status === "refused" ? { put: [], remove: [key] } : null;
}

/** Take something back in one step: out of the outbox while the server cannot have it, else by work that tells the server. */
export function takeBack(entries: readonly Entry[], key: string, told: NewEntry): Changes {
  return withdraw(entries, key) ?? enqueue(entries, told);
}

/** The entries that may be sent now, oldest first: the head of every lane that waits for nobody. */
export function sendable(entries: readonly Entry[], limit: number): Entry[] {
  const taken = new Set<string>();
  const heads: Entry[] = [];
  for (const entry of [...entries].sort(byOrder)) {
    // A refused decision only waits to be told; those after it are about other flags.
    if (taken.has(lane(entry)) || (isDecision(entry) && entry.status === "refused")) continue;
    taken.add(lane(entry));
    if (entry.status === "waiting") heads.push(entry);
  }
  return heads.slice(0, limit);
}

/** Count an attempt before it is made, so that a crash in the middle is not taken for "never sent". */
export function markSending(entries: readonly Entry[], limit: number): Changes {
  return {
    put: sendable(entries, limit).map((entry) => ({ ...entry, attempts: entry.attempts + 1 })),
    remove: [],
  };
}

/** What one outcome does to the outbox. */
export function settle(entries: readonly Entry[], key: string, outcome: Outcome): Changes {
  const entry = entries.find((other) => other.key === key);
  if (!entry || isTransient(outcome)) return { put: [], remove: [] };
  if (outcome.is === "accepted") {
    return { put: builtOn(entries, entry, outcome.reply), remove: [key], ...landing(entry, outcome.reply) };
  }
  if (entry.kind === "annotation" && entry.quiet) {
    // The draft is kept in the browser; whatever is wrong comes up when the person submits.
    return { put: [], remove: [key] };
  }
  if (outcome.is === "conflict" && entry.kind === "annotation") {
    if (isSameWork(entry.body, outcome.stored)) {
      return {
        put: rebased(entries, entry, outcome.stored.version),
        remove: [key],
        ...landing(entry, outcome.stored),
      };
    }
    return {
      put: [{ ...entry, status: "conflict", stored: outcome.stored, refusal: outcome.refusal }],
      remove: [],
    };
  }
  if (outcome.is === "conflict" || outcome.is === "refused") {
    return { put: [{ ...entry, status: "refused", refusal: outcome.refusal }], remove: [] };
  }
  return { put: [], remove: [] };
}

function landing(entry: Entry, reply: { version: number } | DecisionReply | null): { landed?: Landed } {
  if (entry.kind !== "annotation" || reply === null || !("version" in reply)) return {};
  return { landed: { task: entry.task, version: reply.version } };
}

/** Later answers of the same task were made on top of this one: they now build on its version. */
function rebased(entries: readonly Entry[], entry: Entry, version: number | undefined): Entry[] {
  if (entry.kind !== "annotation" || version === undefined) return [];
  return entries
    .filter(isAnnotationOf(entry.task))
    .filter((other) => other.order > entry.order)
    .map((other) => ({ ...other, base: version }));
}

/** What was done after an accepted entry and builds on it, as the reply makes it. */
function builtOn(
  entries: readonly Entry[],
  entry: Entry,
  reply: AnnotationReply | DecisionReply | null,
): Entry[] {
  if (reply === null) return [];
  if ("version" in reply) return rebased(entries, entry, reply.version);
  const { labels, seen } = reply;
  if (!labels) return [];
  const now = (other: Extract<Entry, { kind: "decision" }>): number[] =>
    (isDecision(entry) && other.flag === entry.flag ? seen : undefined) ?? labelsSeen(labels, other.question);
  return entries.flatMap((other) =>
    other.kind === "decision" && other.task === entry.task && other.order > entry.order
      ? [{ ...other, body: { ...other.body, labels: now(other) } }]
      : [],
  );
}

/** The labels of record that a flag speaks of: of its question, or of all. */
export function labelsSeen(labels: Record<string, number>, question: string): number[] {
  if (!question) return Object.values(labels);
  const label = labels[question];
  return label === undefined ? [] : [label];
}

/** Take refused decisions out, to be told once: by key, or all there are. */
export function takeRefused(entries: readonly Entry[], key?: string): Changes & { taken: DecisionEntry[] } {
  const taken = entries
    .filter(isDecision)
    .filter((entry) => entry.status === "refused" && (key === undefined || entry.key === key))
    .sort(byOrder);
  return { put: [], remove: taken.map((entry) => entry.key), taken };
}

/** The stored version already says what the person meant: nothing to choose. */
export function isSameWork(body: AnnotationBody, stored: StoredAnnotation): boolean {
  if (body.state !== stored.state) return false;
  if (body.state === "skipped") return (body.skip_reason ?? "") === (stored.skip_reason ?? "");
  return sameAnswers(body.answers, stored.answers);
}

/** "Keep mine": send the answer again on top of the stored version, as a submission of its own. */
export function keepMine(entries: readonly Entry[], task: number, newKey: string): Changes {
  const entry = entries.find((other) => other.task === task && other.status === "conflict");
  if (entry?.kind !== "annotation" || !entry.stored) return { put: [], remove: [] };
  const { refusal: _refusal, stored, ...rest } = entry;
  const again: Entry = { ...rest, key: newKey, base: stored.version, attempts: 0, status: "waiting" };
  return { put: [again], remove: [entry.key] };
}

/** "Take stored", or the person throws a refused answer away: nothing of this task's answer waits any more. */
export function discardAnswer(entries: readonly Entry[], task: number): Changes {
  return { put: [], remove: entries.filter(isAnnotationOf(task)).map((entry) => entry.key) };
}

/** The newest answer of a task that has not reached the server: what the person must see as theirs. */
export function latestAnswer(entries: readonly Entry[], task: number): AnnotationEntry | undefined {
  return entries.filter(isAnnotationOf(task)).sort(byOrder).at(-1);
}

export interface OutboxSummary {
  /** Submissions, comments and flags on their way. Autosaved drafts are not counted: nobody asked for them. */
  waiting: number;
  refused: Entry[];
  conflicts: Entry[];
}

export function summarize(entries: readonly Entry[]): OutboxSummary {
  const sorted = [...entries].sort(byOrder);
  return {
    waiting: sorted.filter((e) => e.status === "waiting" && !(e.kind === "annotation" && e.quiet)).length,
    refused: sorted.filter((entry) => entry.status === "refused"),
    conflicts: sorted.filter((entry) => entry.status === "conflict"),
  };
}
