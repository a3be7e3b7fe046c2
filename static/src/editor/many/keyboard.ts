// The keyboard of the page of many items: it asks what a key means and does it.

import { boundKeys, tableOf } from "../../core/keymap.ts";
import { type ManyCommand, type ManyFocus, manyCommand } from "../../core/many.ts";
import { pressOf } from "../../page/presses.ts";
import { focusOf } from "../keyboard.ts";
import type { Board } from "./board.ts";
import type { AnswerOption } from "./config.ts";

export interface ManyKeyboardOptions {
  root: HTMLElement;
  board: Board;
  /** What each key of the question answers. */
  answers: ReadonlyMap<string, AnswerOption>;
  columns: () => number;
}

export function listenToKeys({ root, board, answers, columns }: ManyKeyboardOptions): void {
  const bindings = [...answers.keys()].map((key) => ({ key }));
  const { actions, keys: chosen } = board.config;
  const keys = tableOf(boundKeys(actions, chosen, new Set(answers.keys())));

  const act = (command: ManyCommand): boolean => {
    switch (command.do) {
      case "answer": {
        const option = answers.get(command.key);
        if (option) board.answer(option);
        return option !== undefined;
      }
      case "move":
        board.move(command.by, columns(), command.extend);
        focusTile(root, board);
        return true;
      case "toggle": {
        const id = board.at.peek();
        if (id !== null) board.toggle(id);
        return id !== null;
      }
      case "all":
        board.selectAll();
        return true;
      case "none":
        if (board.skipping.peek()) board.skipping.value = false;
        else board.selectNone();
        return true;
      case "undo":
        board.undo();
        return true;
      case "more":
        void board.more();
        return true;
      case "skip":
        board.askSkip();
        return true;
      case "skip_reason": {
        const reason = board.config.skip_reasons[command.index]?.name;
        if (reason) board.skip(reason);
        return reason !== undefined;
      }
      case "leave":
        focusTile(root, board);
        return true;
    }
  };

  // Before the page's own listener, which presses what carries a key.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const inside = event.target instanceof Node && root.contains(event.target);
      const focus = manyFocusOf(event.target);
      // Outside of it only keys pressed at nothing in particular are ours.
      if (!inside && focus !== "page") return;
      const command = manyCommand(pressOf(event), focus, { skipping: board.skipping.peek(), bindings, keys });
      if (command && act(command)) event.preventDefault();
    },
    true,
  );
}

function manyFocusOf(target: EventTarget | null): ManyFocus {
  const focus = focusOf(target);
  if (focus === "toggle") return "tile";
  return focus === "line" || focus === "area" ? "typing" : focus;
}

/** The focus goes along with the arrows. */
export function focusTile(root: HTMLElement, board: Board): void {
  const tile = root.querySelector<HTMLElement>(`[data-tile="${board.at.peek()}"] input`);
  tile?.focus({ preventScroll: true });
  tile?.closest("[data-tile]")?.scrollIntoView({ block: "nearest" });
}
