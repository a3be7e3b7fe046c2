// The item: every field of the task, shown one below the other.
import { useMemo } from "preact/hooks";
import { type Field, titleOf } from "../../core/schema.ts";
import { blocksOf } from "../../core/text_blocks.ts";
import { isImage } from "../media.ts";
import type { Item } from "../session/item.ts";
import { useEditor } from "./context.ts";
import { ImageField } from "./image.tsx";

export function ItemPane({ item }: { item: Item }) {
  const { fields } = useEditor().state.config.schema;
  const shown = fields.filter((field) => item.task.data[field.name] != null);
  return (
    <section
      class="ed-item"
      data-item
      data-fields={fields.length}
      tabIndex={-1}
      aria-label={`Item ${item.task.external_id || item.id}`}
    >
      {shown.map((field) => (
        <FieldView key={`${item.id} ${field.name}`} item={item} field={field} headed={fields.length > 1} />
      ))}
      {shown.length === 0 && <p class="ed-hint">This item has nothing to show.</p>}
    </section>
  );
}

function FieldView({ item, field, headed }: { item: Item; field: Field; headed: boolean }) {
  const value = item.task.data[field.name];
  const title = titleOf(field);
  return (
    <div class="ed-field" data-type={field.type}>
      {headed && <h2 class="ed-field-title">{title}</h2>}
      {isImage(value) ? (
        <ImageField value={value} title={title} />
      ) : (
        <TextField text={String(value)} title={title} />
      )}
    </div>
  );
}

function TextField({ text, title }: { text: string; title: string }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long text is scrolled with the keyboard
    <section class="ed-text-item" tabIndex={0} aria-label={title}>
      {blocks.map((block, index) => (
        <div key={index} class="ed-text-block" dir="auto">
          {block}
        </div>
      ))}
    </section>
  );
}
