// One task as the editor holds it: the document, the person's answers, and where they stand.
import { type Signal, signal } from "@preact/signals";
import type { Answers, StoredAnnotation, TaskDoc } from "../../core/documents.ts";
import { LeadClock } from "../../core/lead_clock.ts";
import type { Refusal } from "../../core/outbox.ts";
import type { ItemStatus, Restored } from "../../core/restore.ts";
import type { FieldLayer } from "../../fields/layer.ts";

/** What undo brings back. */
export interface Snapshot {
  status: ItemStatus;
  answers: Answers;
  skipReason: string | null;
}

/** A flag of the person's own; `stored`: the server has it. */
export interface Flagged {
  note: string;
  question: string | null;
  stored: boolean;
}

/** Unsubmitted work: none, not yet in this browser's store, there, or on the server as well. */
export type DraftKept = "none" | "changed" | "kept" | "stored";

export class Item {
  readonly task: TaskDoc;
  readonly answers: Signal<Answers>;
  readonly status: Signal<ItemStatus>;
  readonly skipReason: Signal<string | null>;
  /** The answers on the screen differ from the last submission. */
  readonly edited: Signal<boolean>;
  /** The server did not accept the answer. */
  readonly refusal = signal<Refusal | null>(null);
  /** The server holds another version. */
  readonly conflict = signal<StoredAnnotation | null>(null);
  /** What keeps the answer from being submitted, by question. */
  readonly problems = signal<Record<string, string>>({});
  /** What the person flagged it with; null when they did not, or took it back. */
  readonly flagged: Signal<Flagged | null>;
  /** How many comments on it are theirs. */
  readonly commented: Signal<number>;
  /** Where the work that is not submitted is kept. */
  readonly draft: Signal<DraftKept>;
  readonly #layers = new Map<string, Signal<FieldLayer | null>>();
  readonly clock: LeadClock;
  /** Version of the stored annotation that the answers are based on. */
  version: number;
  /** The person changed something here that no submission has carried yet. */
  touched: boolean;

  constructor(task: TaskDoc, restored: Restored) {
    this.task = task;
    this.answers = signal(restored.answers);
    this.status = signal(restored.status);
    this.skipReason = signal(restored.skipReason);
    this.edited = signal(restored.edited);
    this.flagged = signal(task.my_flag ? { note: task.my_flag, question: null, stored: true } : null);
    this.commented = signal(task.my_comments ?? 0);
    this.version = restored.base;
    this.clock = new LeadClock(restored.leadMs);
    this.touched =
      restored.edited || (restored.status === "open" && Object.keys(restored.answers).length > 0);
    this.draft = signal(this.touched ? "kept" : "none");
  }

  get id(): number {
    return this.task.id;
  }

  /** What shows a field on the screen; null while it is not there, or still loading. */
  layerOf(field: string): Signal<FieldLayer | null> {
    const known = this.#layers.get(field) ?? signal<FieldLayer | null>(null);
    this.#layers.set(field, known);
    return known;
  }

  /** Zoom the images of the item: 1 in, -1 out, 0 fit. */
  zoom(by: 1 | -1 | 0): void {
    for (const layer of this.#layers.values()) {
      const shown = layer.peek();
      if (shown?.type === "image") shown.step(by);
    }
  }

  get open(): boolean {
    return this.status.peek() === "open";
  }

  /** Unsubmitted work of the person: such an item is never given away or dropped. */
  get hasWork(): boolean {
    return this.touched || this.refusal.peek() !== null || this.conflict.peek() !== null;
  }

  snapshot(): Snapshot {
    return {
      status: this.status.peek(),
      answers: this.answers.peek(),
      skipReason: this.skipReason.peek(),
    };
  }
}
