// What the server tells the page of many items, beside what it tells the label page.
import type { Answer } from "../../core/documents.ts";
import type { LabelOption } from "../../core/labels.ts";
import { type EditorConfig, type EditorRoot, readRoot } from "../config.ts";

/** An answer on offer: one press gives it to all that is selected. */
export interface AnswerOption extends LabelOption {
  answer: Answer;
}

export interface ManyConfig extends EditorConfig {
  options: AnswerOption[];
  /** So many items may be on the screen. */
  most: number;
  /** Only items that fit are asked for, as the explorer's address says it; empty for all. */
  filter: string;
  /** The page where they are answered one by one. */
  one_by_one: string;
}

export type ManyRoot = EditorRoot<ManyConfig>;

/** Read the page's element and config from a document; null when it has none. */
export function readManyRoot(page: Document): ManyRoot | null {
  return readRoot<ManyConfig>(page, "[data-many]");
}
