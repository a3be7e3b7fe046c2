// Whether all is saved, in words: the same on the label page and on the review page.
import type { Line } from "./sender.ts";

/** Insufficient Storage: the server answers, and says that there is no room. */
const DISK_FULL = 507;

export interface SaveWords {
  tone: "ok" | "busy" | "warn" | "danger";
  icon: string;
  text: string;
  /** To quote when asking for help. */
  requestId?: string | null;
  /** What the person can do: a link with `href`, else sending now. */
  action?: { label: string; href?: string };
}

export interface SaveStanding {
  line: Line;
  /** So many entries are in the browser's store and not on the server. */
  waiting: number;
  /** Something is on its way into the browser's store: until it is there, a closed tab would take it along. */
  keeping: boolean;
  /** The browser keeps what waits when the tab goes. */
  durable: boolean;
  /** Where the work on the screen is that is not submitted. */
  draft?: "none" | "changed" | "kept" | "stored";
  online: boolean;
  /** Who is signed in in this browser instead. */
  otherUser: string | null;
  /** Where to sign in again. */
  here: string;
}

export function saveWords(standing: SaveStanding): SaveWords {
  const { line, waiting, keeping, durable, draft = "none", online, otherUser, here } = standing;
  const count = `${waiting} waiting`;
  if (line.is === "signed_out") {
    return {
      tone: "danger",
      icon: "lock",
      text: otherUser
        ? `${otherUser} is signed in here now; ${count} for you`
        : `You are signed out, ${count}`,
      action: { label: "Sign in in a new tab", href: here },
    };
  }
  if (line.is === "forbidden") {
    return {
      tone: "danger",
      icon: "lock",
      text: `${line.detail} (${count})`,
      action: { label: "Try again" },
    };
  }
  if (line.is === "offline" && !online) {
    return { tone: "warn", icon: "warning", text: `Offline, ${count}`, action: { label: "Try now" } };
  }
  if (line.is === "offline" || line.is === "unavailable") {
    return {
      tone: "warn",
      icon: "warning",
      text:
        line.is === "unavailable" && line.status === DISK_FULL
          ? `The server's disk is full, ${count}`
          : `The server does not answer, ${count}`,
      requestId: line.is === "unavailable" ? line.requestId : null,
      action: { label: "Try now" },
    };
  }
  if (waiting > 0 || keeping || draft === "changed") return { tone: "busy", icon: "clock", text: "Saving" };
  if (!durable) return { tone: "warn", icon: "ok", text: "Saved (this browser keeps no copy)" };
  if (draft === "kept") return { tone: "ok", icon: "ok", text: "Draft kept in this browser" };
  return { tone: "ok", icon: "ok", text: draft === "stored" ? "Draft saved" : "Saved" };
}
