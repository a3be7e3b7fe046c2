// What every part of the editor may use.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { ImageField } from "../../fields/image_field.ts";
import type { ImageCache } from "../../fields/images.ts";
import type { Api } from "../../sending/api.ts";
import type { Device } from "../device.ts";
import type { GuidelineReader } from "../guideline.ts";
import type { Keyboard } from "../keyboard.ts";
import type { PageKeys } from "../keys.ts";
import type { Session } from "../session/session.ts";
import type { EditorState } from "../session/state.ts";

export interface Editor {
  state: EditorState;
  session: Session;
  api: Api;
  images: ImageCache;
  /** What shows an image; null where the schema has none. */
  imageField: typeof ImageField | null;
  /** What belongs to this device: sizes, mostly. */
  device: Device;
  guideline: GuidelineReader;
  /** The keys of the page's own actions. */
  keys: PageKeys;
  keyboard: Keyboard;
  openGuideline: () => void;
}

export const EditorContext = createContext<Editor | null>(null);

export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error("A part of the editor was rendered outside of it.");
  return editor;
}
