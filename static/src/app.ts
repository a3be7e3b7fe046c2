// Entry of every page but the label page's editor: the chrome, and what single pages have besides.
import { startChrome } from "./app/index.ts";

startChrome();

const review = document.querySelector<HTMLElement>("[data-review]");
if (review) void import("./review/index.ts").then(({ startReview }) => startReview(review));

const grid = document.querySelector<HTMLElement>("[data-review-grid]");
if (grid) void import("./review/grid.ts").then(({ startGrid }) => startGrid(grid));

const item = document.querySelector<HTMLElement>("main [data-item-image], main [data-item-text]");
if (item && !review) void import("./fields/page.ts").then(({ showFields }) => showFields(document));

const keys = document.querySelector<HTMLElement>("[data-key-list]");
if (keys) void import("./keys/page.tsx").then(({ startKeyList }) => startKeyList(keys));
