// Pictures in pages: one whose size is still being made has a calm sign in its place, and comes by itself.

import { all } from "../page/dom.ts";
import { askImage, whenMade } from "../page/images.ts";

const OURS = 'img[src*="/media/"]';
const DOTS = [5, 12, 19].map((x) => `<circle cx="${x}" cy="12" r="1.5"/>`).join("");
/** Gray that is quiet on light and dark ground. */
const SIGN = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" fill="#868e99">${DOTS}</svg>`,
)}`;
const WORDS = "This image is being prepared. It appears here by itself.";

async function prepare(image: HTMLImageElement): Promise<void> {
  const { src, title } = image;
  if ((await askImage(src)) !== "waiting" || image.src !== src) return;
  image.src = SIGN;
  image.title = WORDS;
  image.dataset.making = "";
  await whenMade(src);
  delete image.dataset.making;
  image.title = title;
  // Something else may be shown there by now.
  if (image.src === SIGN) image.src = src;
}

export function startPictures(): void {
  document.addEventListener(
    "error",
    ({ target }) => {
      if (target instanceof HTMLImageElement && target.matches(OURS)) void prepare(target);
    },
    true,
  );
  // Those that failed before this script was there to hear of it.
  for (const image of all<HTMLImageElement>(OURS)) {
    if (image.complete && image.currentSrc && image.naturalWidth === 0) void prepare(image);
  }
}
