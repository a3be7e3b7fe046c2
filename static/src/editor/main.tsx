// The label page: reads its config, wires storage, network, session and keyboard together, and draws.
import { render } from "preact";
import type { AnnotationReply, StoredAnnotation, TaskDoc } from "../core/documents.ts";
import { type Entry, latestAnswer } from "../core/outbox.ts";
import { restore } from "../core/restore.ts";
import type { Schema } from "../core/schema.ts";
import type { ImageField } from "../fields/image_field.ts";
import { ImageCache } from "../fields/images.ts";
import { Api, type Identity } from "../sending/api.ts";
import { openStore, type Store } from "../sending/store.ts";
import { type EditorRoot, readRoot } from "./config.ts";
import { Device } from "./device.ts";
import { GuidelineReader } from "./guideline.ts";
import { Keyboard } from "./keyboard.ts";
import { PageKeys } from "./keys.ts";
import { loadKinds } from "./kinds/registry.ts";
import { App } from "./parts/app.tsx";
import { EditorContext } from "./parts/context.ts";
import { loadOpened } from "./parts/later.tsx";
import { Item } from "./session/item.ts";
import { Leases } from "./session/leases.ts";
import { Saving } from "./session/saving.ts";
import { Session } from "./session/session.ts";
import { keepStanding } from "./session/standing.ts";
import { EditorState } from "./session/state.ts";

/** On opening, unsent answers go first; but a slow server does not keep the page empty longer than this. */
const DRAIN_FIRST_MS = 4_000;

interface MinePage {
  results: { task: TaskDoc; annotation: StoredAnnotation | AnnotationReply }[];
}

async function start({ element, config, csrf }: EditorRoot): Promise<void> {
  const now = () => performance.now();
  const scope = `${config.user.id}:${config.project.slug}`;
  const [kindsLoading, imagesLoading] = [loadKinds(config.schema), loadImages(config.schema)];
  void loadOpened().catch(() => undefined);
  const [store, kinds, imageField] = [await openStore(scope), await kindsLoading, await imagesLoading];

  const state = new EditorState(config);
  state.durable.value = store.durable;
  const { annotations, comments, flags } = config.urls;
  const api = new Api({
    me: identityOf({ element, config, csrf }),
    identify: (page) => {
      const root = readRoot(page);
      return root && identityOf(root);
    },
    addresses: { annotation: annotations, comment: comments, flag: flags },
  });
  const images = new ImageCache();
  const guideline = new GuidelineReader(config, api);
  const device = new Device(config.project.slug);
  const guidelineVersion = (version: number) => guideline.heard(version);

  // Saving and claiming call back into the session, which is made last.
  let session: Session;
  const saving = new Saving({
    state,
    store,
    api,
    scope,
    now,
    guidelineVersion,
    putBack: (item) => session.putBack(item),
    resettled: (item) => session.resettled(item),
    open: (item) => session.run(() => session.open(item)),
    reached: () => void leases.refill({ force: true }),
    itemOf: async (task) =>
      state.item(task) ?? (await itemsOf(store, await docsOf(store, [task])))[0] ?? null,
  });
  const leases = new Leases({
    state,
    api,
    images,
    scope,
    now,
    guidelineVersion,
    itemsOf: (tasks) => itemsOf(store, tasks),
    settle: () => session.settle(),
  });
  session = new Session({ state, kinds, saving, leases, now });

  const openGuideline = () => {
    state.panel.value = state.panel.peek() === "guideline" ? null : "guideline";
    if (state.panel.peek() === null) keyboard.focusItem();
  };
  const keys = new PageKeys(config, kinds);
  const keyboard = new Keyboard({ root: element, session, keys, openGuideline });

  element.replaceChildren();
  fillWindow(element);
  const editor = {
    state,
    session,
    api,
    images,
    imageField,
    device,
    guideline,
    keys,
    keyboard,
    openGuideline,
  };
  render(
    <EditorContext.Provider value={editor}>
      <App />
    </EditorContext.Provider>,
    element,
  );

  await saving.drafts.recover();
  await saving.count();
  if (state.waiting.peek() > 0) await Promise.race([saving.sender.kick(true), wait(DRAIN_FIRST_MS)]);
  else void saving.sender.kick(true);

  const mine = loadMine(api, config.urls.mine);
  await leases.refill({ held: true });
  await showMine(state, store, await mine, session, leases);
  await openAsked(state, store, api, session);
  await saving.showRefusals();
  leases.start();
  keepStanding(state, api, now);
  listen(session, saving, leases, state);
  void store.tidy().catch(() => undefined);
  // A page reloaded gives its claims back while the new one claims: see at once which of them stood.
  setTimeout(() => void leases.renew(), 2_000);
}

/** Load what shows images, where a schema has any: texts are labeled without it. */
async function loadImages(schema: Schema): Promise<typeof ImageField | null> {
  if (!schema.fields.some((field) => field.type === "image")) return null;
  return (await import("../fields/image_field.ts")).ImageField;
}

function identityOf({ config: { user }, csrf }: EditorRoot): Identity {
  return { id: user.id, name: user.name || user.email, csrf };
}

/** Items with the person's own unsent work laid over what the server knows. */
async function itemsOf(store: Store, tasks: TaskDoc[]): Promise<Item[]> {
  if (tasks.length === 0) return [];
  const [entries, drafts] = await Promise.all([store.entries(), store.drafts()]);
  return tasks.map((task) => {
    const draft = drafts.find((candidate) => candidate.task === task.id);
    const item = new Item(task, restore(task, latestAnswer(entries, task.id), draft));
    laySaid(item, entries);
    return item;
  });
}

/** What was said about an item and has not reached the server. */
function laySaid(item: Item, entries: readonly Entry[]): void {
  for (const entry of entries) {
    if (entry.task !== item.id || entry.status === "refused") continue;
    if (entry.kind === "comment") item.commented.value += 1;
    if (entry.kind === "flag")
      item.flagged.value = { note: entry.body.note, question: entry.body.question ?? null, stored: false };
  }
}

async function docsOf(store: Store, tasks: number[]): Promise<TaskDoc[]> {
  return (await store.docs()).filter((doc) => tasks.includes(doc.id));
}

async function loadMine(api: Api, url: string): Promise<TaskDoc[]> {
  try {
    const page = await api.get<MinePage>(`${url}${url.includes("?") ? "&" : "?"}limit=10`);
    return page.results.map(({ task, annotation }) => ({ ...task, annotation })).reverse();
  } catch {
    // The list of last answers is a convenience; claiming says in words what is wrong.
    return [];
  }
}

/** Put the last answers, and whatever unsent work refers to, before the claimed items. */
async function showMine(
  state: EditorState,
  store: Store,
  mine: TaskDoc[],
  session: Session,
  leases: Leases,
): Promise<void> {
  const [entries, drafts, docs] = await Promise.all([store.entries(), store.drafts(), store.docs()]);
  const worked = new Set([...entries, ...drafts].map((work) => work.task));
  const known = new Set([...mine.map((task) => task.id), ...state.items.peek().map((item) => item.id)]);
  const kept = docs.filter((doc) => worked.has(doc.id) && !known.has(doc.id));
  // A draft without unsent work here comes back with a claim, or not at all: somebody else may have the task.
  const answered = mine.filter((task) => task.annotation?.state !== "draft" || worked.has(task.id));
  const items = await itemsOf(store, [...answered.filter((task) => !state.item(task.id)), ...kept]);
  const free: Item[] = [];
  for (const item of items) {
    // Drafts of other items wait in this browser until the queue is limited no longer.
    if (item.open && state.config.only) continue;
    if (!item.open || (await leases.lockFor(item.id))) free.push(item);
  }
  const current = state.current.peek();
  const begun = state.items.peek().filter((item) => item.open && item.hasWork);
  const fresh = state.items.peek().filter((item) => !begun.includes(item));
  state.items.value = [
    ...free.filter((item) => !item.open),
    ...free.filter((item) => item.open),
    ...begun,
    ...fresh,
  ];
  const first = state.items.peek().find((item) => item.open && item.hasWork);
  if (first && first !== current) session.goTo(state.items.peek().indexOf(first));
  else state.position.value = current ? state.items.peek().indexOf(current) : -1;
  leases.decodeAhead();
  session.settle();
}

/** Open the answer that the address asks for (`?task=7`): the way here from a task's own page. */
async function openAsked(state: EditorState, store: Store, api: Api, session: Session): Promise<void> {
  const { config } = state;
  const id = Number(new URLSearchParams(window.location.search).get("task"));
  if (!Number.isSafeInteger(id) || id <= 0) return;
  const known = state.item(id);
  if (known) return session.open(known);
  try {
    const task = await api.get<TaskDoc>(config.urls.task.replace("{id}", String(id)));
    const [item] = task.project === config.project.slug ? await itemsOf(store, [task]) : [];
    // An open one would need a claim, which hands out what is next and not what one picks.
    if (item && !item.open) session.open(item);
  } catch {
    state.notify({
      id: "asked",
      tone: "info",
      text: `Your answer to task ${id} could not be opened. Here is what waits for you.`,
      actions: [],
      dismissible: true,
    });
  }
}

function listen(session: Session, saving: Saving, leases: Leases, state: EditorState): void {
  for (const type of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) {
    document.addEventListener(type, () => session.input(), { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) session.hidden();
    else session.visible();
  });
  window.addEventListener("focus", () => session.visible());
  window.addEventListener("online", () => void saving.sender.kick(true));
  window.addEventListener("pagehide", () => {
    saving.drafts.rescue();
    saving.sender.stop();
    leases.leave();
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    saving.sender.resume();
    void leases.restored();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!state.durable.peek() && state.waiting.peek() > 0) event.preventDefault();
  });
}

/** The editor fills the window below whatever the page has above it. */
function fillWindow(element: HTMLElement): void {
  const measure = () => {
    const top = element.getBoundingClientRect().top + window.scrollY;
    element.style.setProperty("--ed-top", `${Math.round(top)}px`);
  };
  measure();
  window.addEventListener("resize", measure);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const root = readRoot(document);
if (root) void start(root);
