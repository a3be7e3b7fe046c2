// The page where many items are answered at once: reads its config, wires storage, network and keys, and draws.
import { render } from "preact";
import { sameAnswer } from "../../core/answers.ts";
import { boundKeys, keyWords } from "../../core/keymap.ts";
import { actKeys } from "../../core/many.ts";
import type { Question } from "../../core/schema.ts";
import { Api, type Identity } from "../../sending/api.ts";
import { openStore } from "../../sending/store.ts";
import { Device } from "../device.ts";
import type { AnyKind } from "../kinds/kind.ts";
import { loadKinds } from "../kinds/registry.ts";
import { Board } from "./board.ts";
import { ManyClaims } from "./claims.ts";
import { type AnswerOption, type ManyConfig, type ManyRoot, readManyRoot } from "./config.ts";
import { ManyContext } from "./context.ts";
import { listenToKeys } from "./keyboard.ts";
import { ManyPage } from "./page.tsx";
import { ManySaving } from "./saving.ts";
import { ItemScreen } from "./screen.ts";

/** On opening, unsent answers go first; but a slow server does not keep the page empty longer than this. */
const DRAIN_FIRST_MS = 4_000;

async function start({ element, config, csrf }: ManyRoot): Promise<void> {
  const question = config.schema.questions[0];
  if (!question) return;
  const scope = `${config.user.id}:${config.project.slug}`;
  const [store, kinds] = await Promise.all([openStore(scope), loadKinds(config.schema)]);
  const { annotations, comments, flags } = config.urls;
  const api = new Api({
    me: identityOf({ element, config, csrf }),
    identify: (page) => {
      const root = readManyRoot(page);
      return root && identityOf(root);
    },
    addresses: { annotation: annotations, comment: comments, flag: flags },
  });
  config.options = withKeys(config, question, kinds.get(question.kind));
  const answers = new Map(config.options.filter(({ key }) => key).map((option) => [option.key, option]));
  const device = new Device(config.project.slug);
  const screen = new ItemScreen(element);

  // Saving calls back into the board, which is made after it.
  let board: Board;
  const saving = new ManySaving({
    store,
    api,
    scope,
    board: () => board,
    reached: () => void claims.refill({ force: true }),
  });
  board = new Board(config, question, saving, () => claims.refill({ force: true, beyond: true }));
  board.durable.value = store.durable;
  const claims = new ManyClaims({
    board,
    api,
    scope,
    fits: () => screen.fits(config.most),
    tilesOf: (tasks) => saving.tilesOf(tasks),
    now: () => performance.now(),
  });

  element.replaceChildren();
  screen.fillWindow();
  const many = {
    ...{ root: element, board, api, saving, claims, device, answers },
    keys: {
      ...actKeys([...answers.keys()].map((key) => ({ key }))),
      undo: keyWords(boundKeys(config.actions, config.keys, new Set(answers.keys())).undo ?? ""),
    },
  };
  render(
    <ManyContext.Provider value={many}>
      <ManyPage />
    </ManyContext.Provider>,
    element,
  );
  listenToKeys({ root: element, board, answers, columns: () => screen.columns });

  await saving.count();
  if (board.waiting.peek() > 0) await Promise.race([saving.sender.kick(true), wait(DRAIN_FIRST_MS)]);
  else void saving.sender.kick(true);
  await claims.refill({ held: true });
  board.busy.value = false;
  await saving.showConflicts();
  claims.start();
  listen(board, saving, claims);
  void store.tidy().catch(() => undefined);
}

function identityOf({ config: { user }, csrf }: ManyRoot): Identity {
  return { id: user.id, name: user.name || user.email, csrf };
}

/** What is on offer, each with the key that it has on the label page. */
function withKeys({ options }: ManyConfig, question: Question, kind: AnyKind | undefined): AnswerOption[] {
  const whole = kind?.wholeAnswers?.(question) ?? [];
  return options.map((option) => {
    const key = whole.find(([, answer]) => sameAnswer(answer, option.answer))?.[0] ?? "";
    return { ...option, key };
  });
}

function listen(board: Board, saving: ManySaving, claims: ManyClaims): void {
  for (const type of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) {
    const sign = () => {
      board.input();
      claims.input();
    };
    document.addEventListener(type, sign, { passive: true, capture: true });
  }
  const visible = () => {
    board.visible();
    claims.visible();
    void saving.sender.kick(true);
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? board.hidden() : visible()));
  window.addEventListener("focus", visible);
  window.addEventListener("online", () => void saving.sender.kick(true));
  window.addEventListener("pagehide", () => {
    saving.sender.stop();
    claims.leave();
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    saving.sender.resume();
    void claims.restored();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!board.durable.peek() && board.waiting.peek() > 0) event.preventDefault();
  });
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const root = readManyRoot(document);
if (root) void start(root);
