// Many flags on one screen: groups are selected at once, and what is shown stays with this reviewer.
import { all, on } from "../app/dom.ts";
import { toast } from "../app/toasts.ts";
import { keepLeases } from "./leases.ts";

type Box = HTMLInputElement;

export function startGrid(root: HTMLElement): void {
  const boxes = (): Box[] => all<Box>("input[data-flag]", root);
  keepLeases(
    root,
    () => boxes().map((box) => Number(box.dataset.flag)),
    (flags) => {
      const gone = boxes().filter((box) => flags.includes(Number(box.dataset.flag)));
      for (const box of gone) box.closest("[data-row]")?.remove();
      if (gone.length > 0) toast("Some of these were decided by somebody else meanwhile.", "info");
    },
  );
  on("click", "[data-select-group]", (_event, button) => {
    const group = all<Box>("input[data-select]", button.closest("section") ?? root);
    const every = group.every((box) => box.checked);
    // A press on each box, so that the bar counts it.
    for (const box of group) if (box.checked === every) box.click();
  });
}
