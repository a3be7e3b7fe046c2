// What is on the screen stays with this reviewer: renewed while somebody is there, given back when the page is left.
import type { Api } from "../sending/api.ts";
import { Presence } from "../sending/presence.ts";

/** `held` returns the flags on the page; `lost` is told those that went to somebody else meanwhile. */
export function keepLeases(
  root: HTMLElement,
  api: Api,
  held: () => number[],
  lost: (flags: number[]) => void,
): void {
  const claims = `/api/projects/${root.dataset.project}/flags/claims/`;
  const renew = async (): Promise<void> => {
    const flags = held();
    if (flags.length === 0) return;
    const answer = await api.post<{ lost: number[] }>(`${claims}renew/`, { flags }).catch(() => null);
    if (answer) lost(answer.lost);
  };
  // Nobody is there for long: others may have what waits here, once the lease runs out.
  const presence: Presence = new Presence(Number(root.dataset.leaseSeconds) || 900, Date.now, () => {
    if (!presence.idle) void renew();
  });
  presence.start();
  for (const sign of ["keydown", "pointerdown", "pointermove", "focus"]) {
    window.addEventListener(
      sign,
      () => {
        if (presence.input()) void renew();
      },
      { passive: true },
    );
  }
  window.addEventListener("pagehide", () => {
    const flags = held();
    if (flags.length > 0) api.postAndForget(`${claims}release/`, { flags });
  });
  // Come back to with the browser's back button: what was here was given back.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}
