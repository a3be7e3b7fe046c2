import type { Item } from "../session/item.ts";
import { Icon } from "./icon.tsx";

/** What the person said about the item besides the answer. */
export function Said({ item }: { item: Item }) {
  const flagged = item.flagged.value;
  const comments = item.commented.value;
  return (
    <>
      {flagged && (
        <span class="ed-said" data-said="flag" title={`You flagged it: ${flagged.note}`}>
          <Icon name="flag" /> Flagged
        </span>
      )}
      {comments > 0 && (
        <span class="ed-said" data-said="comments" title="Your comments on this item">
          <Icon name="comment" /> {comments}
          <span class="visually-hidden"> of your comments</span>
        </span>
      )}
    </>
  );
}
