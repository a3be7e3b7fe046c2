// What shows one field of an item, and what a question's kind may draw on.
import type { ImageLayer } from "./image_layer.ts";
import type { TextLayer } from "./text_layer.ts";

export type FieldLayer = ImageLayer | TextLayer;
