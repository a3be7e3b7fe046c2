// Smaller and larger text, where there is text to read.
import { stepTextSize } from "../../core/layout.ts";
import type { Device } from "../device.ts";

export function TextSize({ device }: { device: Device }) {
  const size = device.textSize.value;
  const button = (by: 1 | -1, title: string) => (
    <button
      type="button"
      class="btn btn-quiet btn-sm ed-text-size"
      title={title}
      aria-label={title}
      disabled={stepTextSize(size, by) === size}
      data-by={by}
      onClick={() => device.resizeText(stepTextSize(size, by))}
    >
      A
    </button>
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: two buttons are no part of a form
    <span role="group" aria-label="Text size">
      {button(-1, "Smaller text")}
      {button(1, "Larger text")}
    </span>
  );
}
