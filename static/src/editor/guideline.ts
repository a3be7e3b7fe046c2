// The guideline: fetched once per version, and a quiet word when a newer one was published.
import { signal } from "@preact/signals";
import type { Guideline } from "../core/documents.ts";
import { type Api, RequestFailed } from "../sending/api.ts";
import type { EditorConfig } from "./config.ts";

export class GuidelineReader {
  readonly document = signal<Guideline | null>(null);
  readonly trouble = signal<string | null>(null);
  /** The newest published version that any reply spoke of. */
  readonly latest = signal(0);
  /** The newest version this person has opened (or began with). */
  readonly seen = signal(0);
  readonly #config: EditorConfig;
  readonly #api: Api;
  #loading: Promise<void> | null = null;

  constructor(config: EditorConfig, api: Api) {
    this.#config = config;
    this.#api = api;
    try {
      this.seen.value = Number(localStorage.getItem(this.#key) ?? 0);
    } catch {
      // Then the notice may come once more than needed.
    }
  }

  /** A reply named this version. */
  heard(version: number | undefined): void {
    if (!version || version <= this.latest.peek()) return;
    this.latest.value = version;
    // Whoever never saw any version is not told that it changed.
    if (this.seen.peek() === 0) this.#saw(version);
  }

  /** The person opened the guideline: load it if it is not the newest known, and take it as read. */
  open(): Promise<void> {
    const document = this.document.peek();
    if (document && document.version >= this.latest.peek()) {
      this.#saw(document.version);
      return Promise.resolve();
    }
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    this.trouble.value = null;
    try {
      const document = await this.#api.get<Guideline>(this.#config.urls.guideline);
      this.document.value = document;
      this.heard(document.version);
      this.#saw(document.version);
    } catch (error) {
      const failed = error instanceof RequestFailed ? error : null;
      const id = failed?.refusal.requestId;
      this.trouble.value = `The guideline could not be loaded. ${failed?.message ?? ""}${id ? ` (request ${id})` : ""}`;
    }
  }

  #saw(version: number): void {
    if (version <= this.seen.peek()) return;
    this.seen.value = version;
    try {
      localStorage.setItem(this.#key, String(version));
    } catch {
      // Private window: remembered as long as the page.
    }
  }

  get #key(): string {
    return `dcai-guideline ${this.#config.user.id}:${this.#config.project.slug}`;
  }
}
