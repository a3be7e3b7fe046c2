// How long a key press takes to the screen, as User Timing entries that tests and people can read.

const KEPT = 200;
let measured = 0;

/** Measure from an event to the frame that shows its effect. */
export function measureToPaint(name: "dcai:answer" | "dcai:next-item", start: number): void {
  requestAnimationFrame(() => {
    // A task queued inside a frame callback runs after that frame has been painted.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      if (measured >= KEPT) {
        performance.clearMeasures(name);
        measured = 0;
      }
      measured += 1;
      performance.measure(name, { start, end: performance.now() });
      port1.close();
    };
    port2.postMessage(null);
  });
}
