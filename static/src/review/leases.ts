// What is on the screen stays with this reviewer: renewed while the page is open, given back when it is left.
import { post } from "./sender.ts";

/** `held` returns the flags on the page; `lost` is told those that went to somebody else meanwhile. */
export function keepLeases(root: HTMLElement, held: () => number[], lost: (flags: number[]) => void): void {
  const claims = `/api/projects/${root.dataset.project}/flags/claims/`;
  const seconds = Number(root.dataset.leaseSeconds) || 900;
  window.setInterval(
    async () => {
      const flags = held();
      if (flags.length === 0) return;
      const answer = await post(`${claims}renew/`, { flags }).catch(() => null);
      if (answer?.ok) lost(((await answer.json()) as { lost: number[] }).lost);
    },
    Math.max(5, seconds / 3) * 1_000,
  );
  window.addEventListener("pagehide", () => {
    void post(`${claims}release/`, { flags: [] }, { keepalive: true }).catch(() => null);
  });
  // Come back to with the browser's back button: what was here was given back.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}
