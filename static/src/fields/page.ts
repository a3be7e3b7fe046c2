// The fields of an item in a page that the server rendered: the same layers as in the editor take their places.
import { all } from "../page/dom.ts";
import { ImageField } from "./image_field.ts";
import { ImageCache } from "./images.ts";
import { TextLayer } from "./text_layer.ts";

/** Begin to load the images of what is not on the screen yet. */
export function prefetchFields(within: HTMLElement, images: ImageCache): void {
  for (const { dataset } of all("[data-item-image]", within)) images.image(dataset.url ?? "");
}

/** Show the fields within a part of the page, once it is on the screen: an image needs to know its room. */
export function mountFields(within: ParentNode, images: ImageCache): void {
  for (const place of all("[data-item-image]:not([data-mounted])", within)) {
    const { title = "", url = "", original = "", width, height, name = "" } = place.dataset;
    place.dataset.mounted = "";
    new ImageField(place, {
      title,
      images,
      image: { url, original, width: Number(width), height: Number(height), name },
    });
  }
  for (const place of all("[data-item-text]:not([data-mounted])", within)) {
    place.dataset.mounted = "";
    new TextLayer(place, place.textContent ?? "");
  }
}

/** Show the fields of a page that shows one item from the beginning. */
export function showFields(page: ParentNode): void {
  mountFields(page, new ImageCache());
}
