// Everything the editor shows, as signals. Only the session's modules write them.
import { computed, signal } from "@preact/signals";
import type { Standing } from "../../core/documents.ts";
import type { Field, Question } from "../../core/schema.ts";
import { leftNow } from "../../core/standing.ts";
import { openAhead, openTotal } from "../../core/timeline.ts";
import type { Line } from "../../sending/sender.ts";
import type { EditorConfig } from "../config.ts";
import type { Item } from "./item.ts";

export type Panel = "guideline" | "comments" | "flag" | "skip";
export type Dialog = { kind: "help" } | { kind: "conflict"; task: number };

export interface Notice {
  id: string;
  tone: "info" | "warn" | "danger";
  text: string;
  actions: { label: string; run: () => void }[];
  /** Can be put away without deciding anything. */
  dismissible: boolean;
}

export interface LoadTrouble {
  text: string;
  requestId: string | null;
  signedOut: boolean;
}

export class EditorState {
  readonly config: EditorConfig;
  readonly items = signal<Item[]>([]);
  readonly position = signal(-1);
  readonly phase = signal<"loading" | "working" | "empty">("loading");
  /** Why no new items could be loaded, in words; null while loading works. */
  readonly loadTrouble = signal<LoadTrouble | null>(null);
  readonly question = signal("");
  /** The label under the pointer, for the guideline. */
  readonly pointed = signal<{ question: string; label: string } | null>(null);
  readonly panel = signal<Panel | null>(null);
  readonly dialog = signal<Dialog | null>(null);
  readonly notices = signal<Notice[]>([]);
  readonly line = signal<Line>({ is: "good" });
  readonly waiting = signal(0);
  /** Until this browser's store was looked into, nothing is said to be saved. */
  readonly keeping = signal(true);
  readonly durable = signal(true);
  readonly remaining = signal<number | null>(null);
  readonly doneToday = signal(0);
  /** What the server counted, when this person had answered so many today; null while it has not. */
  readonly standing = signal<Standing | null>(null);
  /** For screen readers: said politely when an item comes up or something was undone. */
  readonly announcement = signal("");
  /** A key or click that is the whole answer submits it and shows the next item. */
  readonly goesOn = signal(false);
  /** What was answered and left a moment ago: the eye is on the next item already. */
  readonly answered = signal("");
  /** Where the person types: a line or an area of an answer, or a box that is none. */
  readonly typing = signal<"line" | "area" | "elsewhere" | null>(null);
  readonly canUndo = signal(false);
  readonly canRedo = signal(false);

  readonly current = computed<Item | null>(() => this.items.value[this.position.value] ?? null);
  readonly ahead = computed(() => openAhead(this.items.value, this.position.value));
  /** How many items wait for this person; null while it is not known exactly. */
  readonly left = computed(() => {
    const standing = this.standing.value;
    return leftNow({
      remaining: this.remaining.value,
      loaded: openTotal(this.items.value),
      counted: standing && { left: standing.left, since: this.doneToday.value - standing.today },
    });
  });
  /** How many this person has answered in the project; null while it is not known. */
  readonly answeredInAll = computed(() => {
    const standing = this.standing.value;
    return standing && standing.answered + this.doneToday.value - standing.today;
  });

  constructor(config: EditorConfig) {
    this.config = config;
    this.question.value = config.schema.questions[0]?.name ?? "";
    this.doneToday.value = config.done_today ?? 0;
    this.goesOn.value = config.goes_on.on;
  }

  /** The words of a reason to skip. */
  skipWords(reason: string | null | undefined): string | undefined {
    return this.config.skip_reasons.find(({ name }) => name === reason)?.title;
  }

  questionNamed(name: string): Question | undefined {
    return this.config.schema.questions.find((question) => question.name === name);
  }

  /** The field that a question asks about. */
  fieldOf(question: Question): Field {
    const found = this.config.schema.fields.find(({ name }) => name === question.field);
    return found ?? { name: question.field, type: "text" };
  }

  item(task: number): Item | undefined {
    return this.items.peek().find((item) => item.id === task);
  }

  /** Show a notice, replacing the one with the same id. */
  notify(notice: Notice): void {
    this.notices.value = [...this.notices.peek().filter((other) => other.id !== notice.id), notice];
  }

  /** Say that an act failed in a way that nobody foresaw. */
  notifyBroken(error: unknown): void {
    this.notify({
      id: "broken",
      tone: "danger",
      text: `The editor met a problem and did not do that: ${error instanceof Error ? error.message : String(error)} Your answers are kept. Reload the page if it happens again.`,
      actions: [{ label: "Reload", run: () => window.location.reload() }],
      dismissible: true,
    });
  }

  dismiss(id: string): void {
    this.notices.value = this.notices.peek().filter((notice) => notice.id !== id);
  }

  announce(text: string): void {
    // The same words twice in a row would not be read again.
    this.announcement.value = this.announcement.peek() === text ? `${text}\u00a0` : text;
  }
}
