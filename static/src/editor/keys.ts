// The keys of the page's own actions: as the person chose them, where this project's answers leave them free.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Action, boundKeys, type Keys, type KeyTable, keyWords, tableOf } from "../core/keymap.ts";
import { titleOf } from "../core/schema.ts";
import type { EditorConfig } from "./config.ts";
import type { Kinds } from "./kinds/registry.ts";

export class PageKeys {
  readonly chosen: Signal<Keys>;
  /** Keys that answer here, with the words of what they answer. */
  readonly answers: ReadonlyMap<string, string>;
  readonly bound: ReadonlySignal<Keys>;
  readonly #table: ReadonlySignal<KeyTable>;

  constructor(config: EditorConfig, kinds: Kinds) {
    this.chosen = signal(config.keys);
    this.answers = answerKeys(config, kinds);
    const taken = new Set(this.answers.keys());
    this.bound = computed(() => boundKeys(config.actions, this.chosen.value, taken));
    this.#table = computed(() => tableOf(this.bound.value));
  }

  get table(): KeyTable {
    return this.#table.value;
  }

  /** The key of an action as it is printed on the keyboard; "" when it has none here. */
  words(action: Action): string {
    return keyWords(this.bound.value[action] ?? "");
  }
}

function answerKeys({ schema }: EditorConfig, kinds: Kinds): Map<string, string> {
  const found = new Map<string, string>();
  for (const question of schema.questions) {
    const kind = kinds.get(question.kind);
    const words = new Map(kind?.help(question));
    for (const { key } of kind?.commands(question) ?? []) found.set(key, words.get(key) ?? titleOf(question));
  }
  return found;
}
