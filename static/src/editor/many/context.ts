// What every part of the page of many items can reach.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { actKeys } from "../../core/many.ts";
import type { Api } from "../../sending/api.ts";
import type { Device } from "../device.ts";
import type { Board } from "./board.ts";
import type { ManyClaims } from "./claims.ts";
import type { AnswerOption } from "./config.ts";
import type { ManySaving } from "./saving.ts";

export interface Many {
  root: HTMLElement;
  board: Board;
  api: Api;
  saving: ManySaving;
  claims: ManyClaims;
  device: Device;
  /** What each key of the question answers. */
  answers: ReadonlyMap<string, AnswerOption>;
  /** Keys of acts whose letter a label may have. */
  keys: ReturnType<typeof actKeys> & { undo: string };
}

export const ManyContext = createContext<Many | null>(null);

export function useMany(): Many {
  const many = useContext(ManyContext);
  if (!many) throw new Error("This part belongs on the page of many items.");
  return many;
}
