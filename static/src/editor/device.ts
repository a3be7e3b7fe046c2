// What belongs to this device and not to the person: kept in the browser, as the theme is.
import { type Signal, signal } from "@preact/signals";
import { TEXT_SIZE } from "../core/layout.ts";
import type { KeptZoom } from "../core/view.ts";

const TEXT_SIZE_KEY = "dcai-text-size";

export class Device {
  /** Pixels of an item's text. */
  readonly textSize: Signal<number>;
  /** Pixels of the answers' panel; null while the labels decide. */
  readonly sideWidth: Signal<number | null>;
  /** Groups of labels that are folded, as "question group". */
  readonly #folded: Signal<ReadonlySet<string>>;
  readonly #sideKey: string;
  readonly #foldedKey: string;
  readonly #zooms = new Map<string, KeptZoom>();

  constructor(project: string) {
    this.#sideKey = `dcai-answers-width ${project}`;
    this.textSize = signal(keptNumber(TEXT_SIZE_KEY) ?? TEXT_SIZE);
    this.sideWidth = signal(keptNumber(this.#sideKey));
    this.#foldedKey = `dcai-folded ${project}`;
    this.#folded = signal(new Set((kept(this.#foldedKey) ?? "").split("\n").filter(Boolean)));
  }

  resizeText(size: number): void {
    this.textSize.value = size;
    keep(TEXT_SIZE_KEY, String(size));
  }

  /** Make the answers this wide; null lets the labels decide again. */
  resizeSide(width: number | null): void {
    this.sideWidth.value = width;
    keep(this.#sideKey, width === null ? null : String(width));
  }

  isFolded(question: string, group: string): boolean {
    return this.#folded.value.has(`${question} ${group}`);
  }

  fold(question: string, group: string, folded: boolean): void {
    const all = new Set(this.#folded.peek());
    if (folded) all.add(`${question} ${group}`);
    else all.delete(`${question} ${group}`);
    this.#folded.value = all;
    keep(this.#foldedKey, [...all].join("\n"));
  }

  /** How images of a field were left; null while they are shown whole. It holds while the page is open. */
  zoomOf(field: string): KeptZoom | null {
    return this.#zooms.get(field) ?? null;
  }

  keepZoom(field: string, zoom: KeptZoom | null): void {
    if (zoom === null) this.#zooms.delete(field);
    else this.#zooms.set(field, zoom);
  }
}

function keptNumber(key: string): number | null {
  const number = Number.parseInt(kept(key) ?? "", 10);
  return number > 0 ? number : null;
}

function kept(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    // Storage is switched off: everything stands as on the first day.
    return null;
  }
}

function keep(key: string, value: string | null): void {
  try {
    if (value === null) window.localStorage.removeItem(key);
    else window.localStorage.setItem(key, value);
  } catch {
    // It holds until the page is closed.
  }
}
