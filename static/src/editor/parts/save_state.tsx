// Whether all is saved, and what to do when it is not.
import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import type { Api } from "../../sending/api.ts";
import { saveWords } from "../../sending/save_words.ts";
import type { Line } from "../../sending/sender.ts";
import type { DraftKept } from "../session/item.ts";
import { Icon } from "./icon.tsx";

/** A save that takes less than this is not worth a word to a screen reader. */
const SLOW_AFTER_MS = 1_500;

/** Where a page stands with its outbox. */
interface Standing {
  line: Signal<Line>;
  waiting: Signal<number>;
  keeping: Signal<boolean>;
  durable: Signal<boolean>;
}

interface SaveStateProps {
  of: Standing;
  /** Where the work on the screen is that is not submitted. */
  draft?: DraftKept | undefined;
  api: Api;
  /** Try to send now, whatever the back-off says. */
  send: () => void;
}

export function SaveState({ of: state, draft = "none", api, send }: SaveStateProps) {
  const slow = useSignal(false);
  useSignalEffect(() => {
    if (state.waiting.value === 0 && !state.keeping.value) {
      slow.value = false;
      return undefined;
    }
    const timer = setTimeout(() => {
      slow.value = true;
    }, SLOW_AFTER_MS);
    return () => clearTimeout(timer);
  });
  const words = saveWords({
    line: state.line.value,
    waiting: state.waiting.value,
    keeping: state.keeping.value,
    durable: state.durable.value,
    draft,
    online: navigator.onLine,
    otherUser: api.otherUser,
    here: window.location.pathname,
  });
  const troubled = useSignal(false);
  const trouble = words.tone === "warn" || words.tone === "danger";
  useSignalEffect(() => {
    if (state.line.value.is !== "good") troubled.value = true;
  });
  // Read out what is out of the ordinary and its end, not every single save.
  const worthSaying = trouble || (words.tone === "busy" ? slow.value : troubled.value);
  return (
    <span class="ed-save" data-tone={words.tone}>
      <span class="ed-save-words" data-save-state={words.tone}>
        <Icon name={words.icon} />
        <span>{words.text}</span>
      </span>
      {words.requestId && <span class="ed-request-id ed-save-request">Request {words.requestId}</span>}
      <span class="visually-hidden" role="status" aria-live="polite">
        {worthSaying ? words.text : ""}
      </span>
      {words.action?.href && (
        <a class="btn btn-secondary btn-sm" href={words.action.href} target="_blank" rel="noopener">
          {words.action.label}
        </a>
      )}
      {words.action && !words.action.href && (
        <button type="button" class="btn btn-secondary btn-sm" onClick={send}>
          {words.action.label}
        </button>
      )}
    </span>
  );
}
