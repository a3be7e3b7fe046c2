/** Call the handler for events of a type whose target lies in an element that matches the selector. */
export function on<T extends Event>(
  type: string,
  selector: string,
  handler: (event: T, element: HTMLElement) => void,
  options?: AddEventListenerOptions,
): void {
  document.addEventListener(
    type,
    (event) => {
      const element = event.target instanceof Element ? event.target.closest<HTMLElement>(selector) : null;
      if (element) handler(event as T, element);
    },
    options,
  );
}

export function all<T extends HTMLElement>(selector: string, within: ParentNode = document): T[] {
  return [...within.querySelectorAll<T>(selector)];
}

/** Whether keys typed here are text, not commands. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio]), textarea, select")
  );
}

export function csrfToken(page: Document = document): string {
  return page.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

const SPRITE = () => document.querySelector("use")?.getAttribute("href")?.split("#")[0] ?? "";

/** An icon of the sprite, for parts that scripts build. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "dc-icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${SPRITE()}#${name}`);
  svg.append(use);
  return svg;
}
