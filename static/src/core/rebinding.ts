// Giving actions other keys: which there are, which keys they may have, and who had that one before.
import { type Action, type ActionWords, actionKeys, type KeyPress, type Keys } from "./keymap.ts";

/** What decides which actions a page has. */
export interface PageHas {
  images: boolean;
  severalQuestions: boolean;
  canFlag: boolean;
}

const OF_IMAGES: ReadonlySet<Action> = new Set(["zoom_in", "zoom_out", "fit"] as const);
const OF_SEVERAL: ReadonlySet<Action> = new Set(["next_question", "previous_question"] as const);

/** The actions that mean something on a page. */
export function actionsOn(
  actions: readonly ActionWords[],
  { images, severalQuestions, canFlag }: PageHas,
): ActionWords[] {
  return actions.filter(({ name }) => {
    if (OF_IMAGES.has(name)) return images;
    if (OF_SEVERAL.has(name)) return severalQuestions;
    return name !== "flag" || canFlag;
  });
}

/** What an action may have: digits answer, "/" finds, Tab walks and Esc leaves. */
const KEY =
  /^(?:(?:Shift )?(?:[a-z]|Enter|Space|Backspace|Delete|Insert|Home|End|Page(?:Up|Down)|Arrow(?:Up|Down|Left|Right)|F[1-9]|F1[0-2])|[!-.:-@[-`{-~])$/;

/** The key that a press gives to an action; null when no action may have it. */
export function keyToBind(press: KeyPress): string | null {
  if (press.composing || press.ctrl || press.meta || press.alt) return null;
  return actionKeys(press).find((name) => KEY.test(name)) ?? null;
}

/** Give an action a key; another action that had it gets, in exchange, the one that became free. */
export function withKey(keys: Keys, action: Action, key: string): { keys: Keys; other: Action | null } {
  const other = (Object.keys(keys) as Action[]).find((name) => name !== action && keys[name] === key) ?? null;
  return { keys: { ...keys, ...(other && { [other]: keys[action] }), [action]: key }, other };
}

/** The keys that everybody has at first. */
export function usualKeys(actions: readonly ActionWords[]): Keys {
  return Object.fromEntries(actions.map(({ name, key }) => [name, key]));
}
