// What is on the screen stays with this reviewer: renewed while somebody is there, given back when the page is left.
import { post } from "./sender.ts";

const IDLE_MS = 10 * 60_000;

/** `held` returns the flags on the page; `lost` is told those that went to somebody else meanwhile. */
export function keepLeases(root: HTMLElement, held: () => number[], lost: (flags: number[]) => void): void {
  const claims = `/api/projects/${root.dataset.project}/flags/claims/`;
  const seconds = Number(root.dataset.leaseSeconds) || 900;
  let active = Date.now();

  const renew = async (): Promise<void> => {
    const flags = held();
    if (flags.length === 0) return;
    const answer = await post(`${claims}renew/`, { flags }).catch(() => null);
    if (answer?.ok) lost(((await answer.json()) as { lost: number[] }).lost);
  };
  const noticed = (): void => {
    const away = Date.now() - active;
    active = Date.now();
    if (away > IDLE_MS) void renew();
  };
  for (const sign of ["keydown", "pointerdown", "pointermove", "focus"]) {
    window.addEventListener(sign, noticed, { passive: true });
  }
  // Nobody is there for long: others may have what waits here, once the lease runs out.
  window.setInterval(
    () => {
      if (Date.now() - active < IDLE_MS) void renew();
    },
    Math.max(5, seconds / 3) * 1_000,
  );
  window.addEventListener("pagehide", () => {
    const flags = held();
    if (flags.length > 0) void post(`${claims}release/`, { flags }, { keepalive: true }).catch(() => null);
  });
  // Come back to with the browser's back button: what was here was given back.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}
