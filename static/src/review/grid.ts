// Many flags on one screen: groups are selected at once, and what is shown stays with this reviewer.
import { toast } from "../app/toasts.ts";
import { all, on } from "../page/dom.ts";
import { Decisions } from "./decisions.ts";
import { keepLeases } from "./leases.ts";

type Box = HTMLInputElement;

export async function startGrid(root: HTMLElement): Promise<void> {
  const boxes = (): Box[] => all<Box>("input[data-flag]", root);
  on("click", "[data-select-group]", (_event, button) => {
    const group = all<Box>("input[data-select]", button.closest("section") ?? root);
    const every = group.every((box) => box.checked);
    // A press on each box, so that the bar counts it.
    for (const box of group) if (box.checked === every) box.click();
  });
  // Here nothing is decided one by one; but what the other view has left behind is sent, and no longer shown.
  const sent = new Set<number>();
  const remove = (flags: ReadonlySet<number>): number => {
    const gone = boxes().filter((box) => flags.has(Number(box.dataset.flag)));
    for (const box of gone) box.closest("[data-row]")?.remove();
    return gone.length;
  };
  root.addEventListener("htmx:afterSwap", () => remove(sent));
  const decisions = await Decisions.open(root, {
    accepted: (entry, { flags }) => {
      for (const flag of flags) {
        if (entry.kind === "decision") sent.add(flag);
        else sent.delete(flag);
      }
      remove(sent);
    },
    refused: (entry, words) =>
      toast(`Your decision “${entry.words}” could not be saved: ${words}`, "warning"),
    isShown: () => false,
    told: () => undefined,
  });
  keepLeases(
    root,
    decisions.api,
    () => boxes().map((box) => Number(box.dataset.flag)),
    (flags) => {
      if (remove(new Set(flags)) > 0) toast("Some of these were decided by somebody else meanwhile.", "info");
    },
  );
}
