// The item: every field of the task, shown one below the other by the layers that review and task page use too.
import { useLayoutEffect, useRef } from "preact/hooks";
import { type FieldValue, isImage } from "../../core/documents.ts";
import { type Field, titleOf } from "../../core/schema.ts";
import { TextLayer } from "../../fields/text_layer.ts";
import type { Item } from "../session/item.ts";
import { useEditor } from "./context.ts";

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
  return (
    <div class="ed-field" data-type={field.type}>
      {headed && <h2 class="ed-field-title">{titleOf(field)}</h2>}
      <FieldPlace item={item} field={field} value={value ?? null} />
    </div>
  );
}

/** What is in here is drawn by the field's layer; Preact leaves it alone. */
function FieldPlace({ item, field, value }: { item: Item; field: Field; value: FieldValue }) {
  const { images, device, keys, imageField: ImageField } = useEditor();
  const skip = keys.words("skip");
  const place = useRef<HTMLDivElement & HTMLElement>(null);
  const title = titleOf(field);
  useLayoutEffect(() => {
    if (!place.current) return undefined;
    const layer = item.layerOf(field.name);
    if (isImage(value) && ImageField) {
      const shown = new ImageField(place.current, {
        title,
        images,
        image: value,
        zoom: {
          kept: () => device.zoomOf(field.name),
          keep: (zoom) => device.keepZoom(field.name, zoom),
        },
        brokenHint: `Try again, or skip the item${skip && ` (${skip})`}.`,
        changed: (ready) => {
          layer.value = ready;
        },
      });
      return () => shown.destroy();
    }
    const text = new TextLayer(place.current, String(value));
    layer.value = text;
    return () => {
      layer.value = null;
      text.destroy();
    };
  }, [item, field, value, title, images, device, skip, ImageField]);
  if (isImage(value)) return <div ref={place} class="dc-item-field" data-item-image />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long text is scrolled with the keyboard
    <section ref={place} class="dc-item-text" data-item-text tabIndex={0} aria-label={title} />
  );
}
