// A text on the page: laid out in blocks, with places counted as the server counts them.
import { CodePoints } from "../core/code_points.ts";
import { blocksOf, placeIn, type Stretch, segmentsOf, type TextBlock } from "../core/text_blocks.ts";

/** Makes a piece of the text look marked: `covered` are the places of its marks in the list. It adds no text. */
export type Dress = (piece: HTMLElement, covered: readonly number[]) => void;

export class TextLayer {
  readonly type = "text";
  readonly element: HTMLElement;
  readonly text: string;
  readonly #blocks: TextBlock[];
  readonly #elements: HTMLElement[];
  readonly #points: CodePoints;

  /** Show a text in a section of the page, in place of what is there. */
  constructor(element: HTMLElement, text: string) {
    this.element = element;
    this.text = text;
    this.#blocks = blocksOf(text);
    this.#points = new CodePoints(text);
    this.#elements = this.#blocks.map((block) => {
      const part = document.createElement("div");
      part.className = "dc-item-block";
      part.dir = "auto";
      part.textContent = block.text;
      return part;
    });
    element.replaceChildren(...this.#elements);
  }

  /** Mark stretches of the text (in code points), in place of those marked before; they may overlap. */
  mark(marks: readonly Stretch[], dress: Dress): void {
    const stretches = marks.map(({ start, end }) => ({
      start: this.#points.toUnit(start),
      end: this.#points.toUnit(end),
    }));
    for (const [index, block] of this.#blocks.entries()) {
      const segments = segmentsOf(block, stretches);
      const element = this.#elements[index];
      // Blocks without marks, before and now, are most of a long text.
      if (!element || (segments.length < 2 && !segments[0]?.covered.length && !element.firstElementChild))
        continue;
      element.replaceChildren(
        ...segments.map(({ start, end, covered }) => {
          const words = block.text.slice(start, end);
          if (covered.length === 0) return document.createTextNode(words);
          const piece = document.createElement("span");
          piece.textContent = words;
          dress(piece, covered);
          return piece;
        }),
      );
    }
  }

  /** What is selected of this text, in code points; null when nothing is. */
  selected(): Stretch | null {
    const selection = this.element.ownerDocument.getSelection();
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    if (!range || range.collapsed || !range.intersectsNode(this.element)) return null;
    const start = this.pointAt(range.startContainer, range.startOffset) ?? 0;
    const end = this.pointAt(range.endContainer, range.endOffset) ?? this.#points.length;
    return start < end ? { start, end } : null;
  }

  /** The code point at a place of the page; null outside of this text. */
  pointAt(node: Node, offset: number): number | null {
    if (node === this.element) {
      const block = this.#blocks[offset];
      return block ? this.#points.fromUnit(block.start) : this.#points.length;
    }
    const index = this.#elements.findIndex((element) => element.contains(node));
    const [block, element] = [this.#blocks[index], this.#elements[index]];
    if (!block || !element) return null;
    const before = document.createRange();
    before.setStart(element, 0);
    before.setEnd(node, offset);
    return this.#points.fromUnit(block.start + before.toString().length);
  }

  /** The place of the page that shows a stretch of code points. */
  rangeOf({ start, end }: Stretch): Range {
    const range = document.createRange();
    range.setStart(...this.#nodeAt(start));
    range.setEnd(...this.#nodeAt(end));
    return range;
  }

  #nodeAt(point: number): [Node, number] {
    const { index, offset } = placeIn(this.#blocks, this.#points.toUnit(point));
    const element = this.#elements[index] ?? this.element;
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let left = offset;
    let last: Node = element;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const length = node.nodeValue?.length ?? 0;
      if (left <= length) return [node, left];
      left -= length;
      last = node;
    }
    return [last, last.nodeValue?.length ?? 0];
  }

  destroy(): void {
    this.element.replaceChildren();
  }
}
