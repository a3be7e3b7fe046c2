// What the page tells the editor: read once, from the JSON beside [data-editor].
import type { SkipReason } from "../core/documents.ts";
import type { ActionWords, Keys } from "../core/keymap.ts";
import type { Schema } from "../core/schema.ts";

export interface EditorConfig {
  project: { slug: string; name: string };
  user: { id: number; name: string; email: string };
  schema: Schema;
  schema_version: number;
  urls: {
    claims: string;
    renew: string;
    release: string;
    mine: string;
    guideline: string;
    me: string;
    /** These four contain "{id}". */
    task: string;
    annotations: string;
    comments: string;
    flags: string;
    home: string;
    overview: string;
    /** The page of the guideline, for those who want to read all of it. */
    guideline_page?: string;
    /** Where many items are answered at once; null where no single key is a whole answer. */
    many: string | null;
  };
  /** Why an item may be skipped, in the order of their keys. */
  skip_reasons: SkipReason[];
  lease_seconds: number;
  /** How many tasks to lease ahead: at least, and at most where that is the person's fair share. */
  prefetch: number;
  most_ahead: number;
  /** How many people may label here. */
  people: number;
  can_flag: boolean;
  /** A key or click that is the whole answer submits it; `mine`: that is for the person to say. */
  goes_on: { on: boolean; mine: boolean };
  /** What keys of the page do, with the usual ones; and those this person has. */
  actions: ActionWords[];
  keys: Keys;
  /** What the queue is limited to, as the page of tasks says it; absent: everything that waits. */
  only?: Only | null;
  /** Answers this person gave today before the page was opened. */
  done_today?: number;
}

export interface Only {
  /** The filter as claims take it. */
  query: string;
  words: string;
  /** The page that lists all that fits. */
  list: string;
  /** This page without the limit. */
  everything: string;
}

export interface EditorRoot<C extends EditorConfig = EditorConfig> {
  element: HTMLElement;
  config: C;
  csrf: string;
}

/** Read the editor's element and config from a document; null when the page has none (a sign-in page). */
export function readRoot<C extends EditorConfig = EditorConfig>(
  page: Document,
  selector = "[data-editor]",
): EditorRoot<C> | null {
  const element = page.querySelector<HTMLElement>(selector);
  const json = page.getElementById("editor-config")?.textContent;
  if (!element || !json) return null;
  return { element, config: JSON.parse(json) as C, csrf: element.dataset.csrf ?? "" };
}
