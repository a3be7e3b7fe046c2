// The outbox as it runs in the browser: IndexedDB underneath, a server that fails in every way above.
import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { type Entry, enqueue, type Outcome } from "../../src/core/outbox.ts";
import { type Line, Sender } from "../../src/sending/sender.ts";
import { IndexedDbStore, MemoryStore, type Store } from "../../src/sending/store.ts";
import { accepted, annotation, refusal, task } from "../support/outbox.ts";

async function add(store: Store, key: string, taskId = 1): Promise<void> {
  const { order: _o, attempts: _a, status: _s, ...work } = annotation({ key, task: taskId });
  await store.transact((entries, landed) => enqueue(entries, work, landed), task({ id: taskId }));
}

/** A sender that runs without waiting: every back-off is over at once when the clock is pushed. */
function sender(
  store: Store,
  deliver: (entry: Entry) => Promise<Outcome>,
  more: { signedIn?: () => boolean } = {},
) {
  const lines: Line["is"][] = [];
  const settled: string[] = [];
  const made = new Sender({
    store,
    deliver,
    reauthenticate: async () => more.signedIn?.() ?? true,
    exclusively: (run) => run(),
    settled: (entry, outcome) => settled.push(`${entry.key} ${outcome.is}`),
    changed: (line) => lines.push(line.is),
    random: () => 1,
  });
  return { made, lines, settled };
}

const stores: [string, () => Promise<Store>][] = [
  ["IndexedDB", () => IndexedDbStore.open("test", new IDBFactory())],
  ["memory", async () => new MemoryStore()],
];

for (const [name, open] of stores) {
  test(`${name}: what was put in is there, drafts and documents too, until nothing refers to them`, async () => {
    const store = await open();
    await add(store, "one");
    await store.putDraft(
      { task: 2, answers: { intent: "b" }, base: 0, leadMs: 5, updatedAt: 9 },
      task({ id: 2 }),
    );
    await store.transact(() => ({ put: [], remove: [], landed: { task: 2, version: 3 } }));
    assert.deepEqual(
      (await store.entries()).map((e) => e.key),
      ["one"],
    );
    assert.deepEqual(
      (await store.drafts()).map((d) => [d.task, d.base]),
      [[2, 3]],
    );
    await store.tidy();
    assert.deepEqual((await store.docs()).map((d) => d.id).sort(), [1, 2]);
    await store.dropDraft(2);
    await store.tidy();
    assert.deepEqual(
      (await store.docs()).map((d) => d.id),
      [1],
    );
  });

  test(`${name}: what is written after an answer landed builds on its version, heard of or not`, async () => {
    const store = await open();
    await store.transact(() => ({ put: [], remove: [], landed: { task: 1, version: 4 } }));
    await add(store, "late");
    await store.putDraft({ task: 1, answers: {}, base: 2, leadMs: 5, updatedAt: 9 }, task());
    assert.deepEqual(
      (await store.entries()).map((e) => e.kind === "annotation" && e.base),
      [4],
    );
    assert.deepEqual(
      (await store.drafts()).map((d) => d.base),
      [4],
    );
  });

  test(`${name}: a decision that throws writes nothing`, async () => {
    const store = await open();
    await add(store, "one");
    await assert.rejects(
      store.transact(() => {
        throw new Error("no");
      }),
    );
    assert.deepEqual(
      (await store.entries()).map((e) => e.key),
      ["one"],
    );
  });
}

test("a second tab opens the same outbox and sees the same entries", async () => {
  const factory = new IDBFactory();
  await add(await IndexedDbStore.open("shared", factory), "one");
  const other = await IndexedDbStore.open("shared", factory);
  assert.deepEqual(
    (await other.entries()).map((e) => e.key),
    ["one"],
  );
});

test("two tabs that add at the same moment lose nothing and keep an order", async () => {
  const factory = new IDBFactory();
  const tabs = await Promise.all([IndexedDbStore.open("s", factory), IndexedDbStore.open("s", factory)]);
  await Promise.all(Array.from({ length: 40 }, (_, n) => add(tabs[n % 2] as Store, `k${n}`, n)));
  const entries = await (tabs[0] as Store).entries();
  assert.equal(entries.length, 40);
  assert.equal(new Set(entries.map((e) => e.order)).size, 40);
});

test("everything that waits is sent once, with its own key", async () => {
  const store = await IndexedDbStore.open("a", new IDBFactory());
  const sent: string[] = [];
  const { made, settled, lines } = sender(store, async (entry) => {
    sent.push(entry.key);
    return accepted(entry.task, 1);
  });
  for (let n = 1; n <= 7; n += 1) await add(store, `k${n}`, n);
  await made.kick();
  assert.deepEqual(sent.sort(), ["k1", "k2", "k3", "k4", "k5", "k6", "k7"]);
  assert.equal(settled.length, 7);
  assert.deepEqual(await store.entries(), []);
  assert.equal(lines.at(-1), "good");
});

test("a dead network or server keeps everything and says so; the key stays the same when it is back", async () => {
  for (const [down, line] of [
    [{ is: "offline" }, "offline"],
    [{ is: "unavailable", status: 503, retryAfter: null, requestId: "r" }, "unavailable"],
  ] as [Outcome, Line["is"]][]) {
    const store = await IndexedDbStore.open("b", new IDBFactory());
    let up = false;
    const tried: string[] = [];
    const { made, lines } = sender(store, async (entry) => {
      tried.push(entry.key);
      return up ? accepted(entry.task, 1) : down;
    });
    await add(store, "one");
    await made.kick();
    assert.equal(lines.at(-1), line);
    assert.deepEqual(
      (await store.entries()).map((e) => [e.key, e.attempts]),
      [["one", 1]],
    );
    // More work does not break the back-off; coming back online does.
    await made.kick();
    assert.equal(tried.length, 1);
    up = true;
    await made.kick(true);
    assert.deepEqual(tried, ["one", "one"]);
    assert.deepEqual(await store.entries(), []);
    assert.equal(lines.at(-1), "good");
    made.stop();
  }
});

test("the back-off ends by itself", async () => {
  const store = await IndexedDbStore.open("t", new IDBFactory());
  let failures = 1;
  const { made } = sender(store, async (entry) => {
    failures -= 1;
    return failures >= 0
      ? { is: "unavailable", status: 503, retryAfter: 20, requestId: null }
      : accepted(entry.task, 1);
  });
  await add(store, "one");
  await made.kick();
  const deadline = Date.now() + 2_000;
  while ((await store.entries()).length > 0 && Date.now() < deadline)
    await new Promise((r) => setTimeout(r, 10));
  assert.deepEqual(await store.entries(), []);
  made.stop();
});

test("signed out: nothing is sent and nothing is lost until the same person is back", async () => {
  const store = await IndexedDbStore.open("c", new IDBFactory());
  let signedIn = false;
  let attempts = 0;
  const { made, lines } = sender(
    store,
    async (entry) => {
      attempts += 1;
      return signedIn ? accepted(entry.task, 1) : { is: "signed_out" };
    },
    { signedIn: () => signedIn },
  );
  await add(store, "one");
  await made.kick();
  assert.equal(lines.at(-1), "signed_out");
  await made.kick(true);
  await made.kick(true);
  assert.equal(attempts, 1);
  signedIn = true;
  await made.kick(true);
  assert.deepEqual(await store.entries(), []);
  assert.equal(lines.at(-1), "good");
  made.stop();
});

test("a refused answer does not hold up the others", async () => {
  const store = await IndexedDbStore.open("d", new IDBFactory());
  const { made, settled } = sender(store, async (entry) =>
    entry.task === 1 ? { is: "refused", refusal } : accepted(entry.task, 1),
  );
  await add(store, "bad", 1);
  await add(store, "good", 2);
  await made.kick();
  assert.deepEqual(settled.sort(), ["bad refused", "good accepted"]);
  assert.deepEqual(
    (await store.entries()).map((e) => [e.key, e.status]),
    [["bad", "refused"]],
  );
});

test("an answer given while another is on its way is sent right after it, on its version", async () => {
  const store = await IndexedDbStore.open("e", new IDBFactory());
  const bases: number[] = [];
  const { made } = sender(store, async (entry) => {
    if (entry.kind === "annotation") bases.push(entry.base);
    if (entry.key === "one") await add(store, "two");
    return accepted(entry.task, bases.length);
  });
  await add(store, "one");
  await made.kick();
  assert.deepEqual(bases, [0, 1]);
  assert.deepEqual(await store.entries(), []);
});

test("an answer given after the reply was stored and before the page heard of it builds on the reply", async () => {
  const store = await IndexedDbStore.open("g", new IDBFactory());
  const bases: number[] = [];
  const { made } = sender(store, async (entry) => {
    if (entry.kind === "annotation") bases.push(entry.base);
    return accepted(entry.task, bases.length);
  });
  await add(store, "one");
  await made.kick();
  // The page names the version it knew: none.
  await add(store, "two");
  await made.kick();
  assert.deepEqual(bases, [0, 1]);
});

test("the store of an earlier page is taken over with what waits in it", async () => {
  const factory = new IDBFactory();
  await new Promise<void>((resolve) => {
    const request = factory.open("old", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("entries", { keyPath: "key" }).put(annotation({ key: "kept" }));
      request.result.createObjectStore("drafts", { keyPath: "task" });
      request.result.createObjectStore("docs", { keyPath: "id" });
    };
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });
  const store = await IndexedDbStore.open("old", factory);
  await add(store, "new", 2);
  assert.deepEqual((await store.entries()).map((e) => e.key).sort(), ["kept", "new"]);
});

test("a crash in the middle of a send is answered by the same key again", async () => {
  const factory = new IDBFactory();
  const before = await IndexedDbStore.open("f", factory);
  await add(before, "one");
  const crashed = sender(before, () => new Promise(() => undefined));
  void crashed.made.kick();
  const deadline = Date.now() + 2_000;
  while ((await before.entries())[0]?.attempts !== 1 && Date.now() < deadline)
    await new Promise((r) => setTimeout(r, 5));

  const reopened = await IndexedDbStore.open("f", factory);
  const sent: [string, number][] = [];
  const { made } = sender(reopened, async (entry) => {
    sent.push([entry.key, entry.attempts]);
    return accepted(entry.task, 1);
  });
  await made.kick();
  assert.deepEqual(sent, [["one", 2]]);
});
