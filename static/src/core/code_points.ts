// Places in a text: the server counts Unicode code points, JavaScript counts UTF-16 units.

/** Converts between the two for one text, by binary search over the characters that take two units. */
export class CodePoints {
  /** Length of the text in code points. */
  readonly length: number;
  /** Units at which the characters of two units begin, rising. */
  readonly #pairs: number[] = [];

  constructor(text: string) {
    for (let unit = 0; unit < text.length; unit += 1) {
      if ((text.codePointAt(unit) ?? 0) <= 0xffff) continue;
      this.#pairs.push(unit);
      unit += 1;
    }
    this.length = text.length - this.#pairs.length;
  }

  /** Code points before this unit; within a character its beginning counts. */
  fromUnit(unit: number): number {
    return unit - this.#pairsWhere((start) => start < unit);
  }

  /** Units before this code point. */
  toUnit(point: number): number {
    return point + this.#pairsWhere((start, before) => start - before < point);
  }

  /** How many pairs, counted from the first, the condition holds for. */
  #pairsWhere(holds: (start: number, before: number) => boolean): number {
    let [low, high] = [0, this.#pairs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(this.#pairs[middle] ?? 0, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
