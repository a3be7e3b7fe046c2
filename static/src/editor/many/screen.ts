// How many items fit on the screen, as they are laid out.
import { tilesWithin } from "../../core/many.ts";

/** While it is not known how large items are: with these on the screen the rest is counted. */
const FIRST = 12;

export class ItemScreen {
  readonly #root: HTMLElement;
  #fits = FIRST;

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  get columns(): number {
    const list = this.#list;
    return list ? getComputedStyle(list).gridTemplateColumns.split(" ").length : 1;
  }

  /** How many items the screen holds, `most` at most: as many as before while none is there to be measured. */
  fits(most: number): number {
    const list = this.#list;
    const tiles = [...(list?.querySelectorAll<HTMLElement>("[data-tile]") ?? [])];
    const bar = this.#root.querySelector<HTMLElement>("[data-bar]");
    if (list && tiles.length > 0 && bar) {
      const top = list.getBoundingClientRect().top + window.scrollY;
      const below = bar.offsetHeight + (Number.parseFloat(getComputedStyle(bar).bottom) || 0);
      // Texts are of different height: an average row counts.
      const tall = tiles.reduce((sum, tile) => sum + tile.offsetHeight, 0) / tiles.length;
      const row = tall + (Number.parseFloat(getComputedStyle(list).rowGap) || 0);
      const height = window.innerHeight - top - below;
      this.#fits = tilesWithin({ height, columns: this.columns, row }, most);
    }
    return Math.min(most, this.#fits);
  }

  /** The page fills the window below whatever stands above it. */
  fillWindow(): void {
    const measure = () => {
      const top = this.#root.getBoundingClientRect().top + window.scrollY;
      this.#root.style.setProperty("--many-top", `${Math.round(top)}px`);
    };
    measure();
    window.addEventListener("resize", measure);
  }

  get #list(): HTMLElement | null {
    return this.#root.querySelector<HTMLElement>("[data-tiles]");
  }
}
