// The actions of the label page with their keys, each of which can be given another one by pressing it.
import { type Signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { type Action, type ActionWords, boundKeys, type Keys, keyWords } from "../core/keymap.ts";
import { keyToBind, usualKeys, withKey } from "../core/rebinding.ts";
import { pressOf } from "../page/presses.ts";

const MODIFIERS: ReadonlySet<string> = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock"]);

export interface KeyListProps {
  /** All actions there are; `shown` are those that mean something on this page. */
  actions: readonly ActionWords[];
  shown: readonly ActionWords[];
  chosen: Signal<Keys>;
  /** Keys that answer a question here, with the words of what they answer. */
  answers: ReadonlyMap<string, string>;
  save: (keys: Keys) => Promise<void>;
}

export function KeyList({ actions, shown, chosen, answers, save }: KeyListProps) {
  const waiting = useSignal<Action | null>(null);
  const told = useSignal("");
  const keys = chosen.value;
  const titleOf = (name: Action) => actions.find((action) => action.name === name)?.title ?? name;
  const bound = boundKeys(actions, keys, new Set(answers.keys()));
  const usual = usualKeys(actions);
  const own = actions.filter(({ name, key }) => keys[name] !== key);

  const change = async (next: Keys, words: string) => {
    const before = chosen.peek();
    chosen.value = next;
    told.value = words;
    try {
      await save(next);
    } catch (error) {
      chosen.value = before;
      told.value = `The keys are as they were: ${error instanceof Error ? error.message : "they could not be saved"}`;
    }
  };
  const give = (action: Action, key: string) => {
    const { keys: next, other } = withKey(keys, action, key);
    const exchanged = other ? `; “${titleOf(other)}” has ${keyWords(next[other] ?? "")} now` : "";
    return change(next, `${keyWords(key)}: ${titleOf(action)}${exchanged}.`);
  };
  const pressed = (action: Action, event: KeyboardEvent) => {
    if (waiting.peek() !== action || event.repeat || MODIFIERS.has(event.key)) return;
    if (event.key === "Tab") {
      waiting.value = null;
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    waiting.value = null;
    if (event.key === "Escape") return;
    const key = keyToBind(pressOf(event));
    if (key) void give(action, key);
    else told.value = "That key cannot be had: digits answer, / finds, and the browser has its own.";
  };

  return (
    <div class="dc-key-list">
      <p role="status" data-told>
        {told.value || "Choose a key, then press another. Esc leaves it as it is."}
      </p>
      <ul>
        {shown.map(({ name, title }) => (
          <li key={name} data-action={name}>
            <KeyButton
              title={title}
              words={keyWords(keys[name] ?? "")}
              waiting={waiting.value === name}
              wait={() => {
                waiting.value = waiting.peek() === name ? null : name;
              }}
              leave={() => {
                if (waiting.peek() === name) waiting.value = null;
              }}
              pressed={(event) => pressed(name, event)}
            />
            <span>
              {title}
              {bound[name] !== keys[name] && (
                <small data-taken>
                  {answerWords(answers, keys[name] ?? "")}: here{" "}
                  {bound[name] ? `${keyWords(bound[name])} does this` : "no key does this"}.
                </small>
              )}
            </span>
            {keys[name] !== usual[name] && (
              <button
                type="button"
                class="btn btn-quiet btn-sm"
                aria-label={`Reset ${title} to ${keyWords(usual[name] ?? "")}`}
                onClick={() => void give(name, usual[name] ?? "")}
              >
                Reset
              </button>
            )}
          </li>
        ))}
      </ul>
      {own.length > 0 && (
        <button
          type="button"
          class="btn btn-secondary btn-sm"
          data-reset-all
          onClick={() => void change(usual, "All keys are the usual ones.")}
        >
          Reset all
        </button>
      )}
    </div>
  );
}

function answerWords(answers: ReadonlyMap<string, string>, key: string): string {
  const answer = answers.get(key);
  return answer ? `${keyWords(key)} answers “${answer}” in this project` : `${keyWords(key)} is taken`;
}

interface KeyButtonProps {
  title: string;
  words: string;
  waiting: boolean;
  wait: () => void;
  leave: () => void;
  pressed: (event: KeyboardEvent) => void;
}

function KeyButton({ title, words, waiting, wait, leave, pressed }: KeyButtonProps) {
  // The key that was chosen must not also press the button when it comes up.
  const taken = useRef(false);
  return (
    <button
      type="button"
      class="btn btn-secondary btn-sm"
      aria-pressed={waiting}
      aria-label={waiting ? `Press a key for ${title}` : `${words}: ${title}. Change the key`}
      onClick={wait}
      onBlur={leave}
      onKeyDown={(event) => {
        taken.current = waiting && !event.repeat;
        pressed(event);
      }}
      onKeyUp={(event) => {
        if (taken.current) event.preventDefault();
        taken.current = false;
      }}
    >
      {waiting ? "Press a key" : <kbd>{words}</kbd>}
    </button>
  );
}
