// A person's own page of keys: every action of the label page, in whatever project.
import { signal } from "@preact/signals";
import { render } from "preact";
import type { ActionWords, Keys } from "../core/keymap.ts";
import { csrfToken } from "../page/dom.ts";
import { KeyList } from "./key_list.tsx";

interface KeysConfig {
  actions: ActionWords[];
  keys: Keys;
  /** Where choices are kept. */
  me: string;
}

export function startKeyList(place: HTMLElement): void {
  const { actions, keys, me } = JSON.parse(
    document.getElementById("keys-config")?.textContent ?? "",
  ) as KeysConfig;
  const save = async (chosen: Keys) => {
    const reply = await fetch(me, {
      method: "PATCH",
      headers: { "X-CSRFToken": csrfToken(), "Content-Type": "application/json" },
      body: JSON.stringify({ keys: chosen }),
    });
    if (!reply.ok) throw new Error("the server did not take them.");
  };
  const chosen = signal(keys);
  place.replaceChildren();
  render(
    <KeyList actions={actions} shown={actions} chosen={chosen} answers={new Map()} save={save} />,
    place,
  );
}
