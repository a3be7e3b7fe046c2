import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { type Answer, type Letter, Sender } from "../../src/review/sender.ts";

interface Sent {
  address: string;
  key: string;
  body: unknown;
}

type Reply = number | Error;

let sent: Sent[] = [];
let replies: Reply[] = [];
let states: [number, boolean][] = [];

const globals = globalThis as unknown as Record<string, unknown>;
globals.window = {
  addEventListener: () => undefined,
  setTimeout: (then: () => void) => setImmediate(then),
};
globals.document = { querySelector: () => ({ content: "token" }) };
globals.fetch = async (address: string, options: RequestInit) => {
  const headers = options.headers as Record<string, string>;
  sent.push({
    address,
    key: headers["Idempotency-Key"] ?? "",
    body: options.body ? JSON.parse(String(options.body)) : null,
  });
  const reply = replies.shift() ?? 201;
  if (reply instanceof Error) throw reply;
  return new Response(JSON.stringify({ status: reply }), { status: reply });
};

beforeEach(() => {
  sent = [];
  replies = [];
  states = [];
});

const made = (): Sender => new Sender((waiting, failing) => states.push([waiting, failing]));

function delivered(sender: Sender, letter: Partial<Letter> & { key: string }): Promise<[Answer, number]> {
  return new Promise((resolve) => {
    sender.send({
      method: "POST",
      address: `/${letter.key}`,
      body: () => ({ key: letter.key }),
      answered: (answer, attempts) => resolve([answer, attempts]),
      ...letter,
    });
  });
}

test("letters are sent one after another, in order", async () => {
  const sender = made();
  const both = [delivered(sender, { key: "one" }), delivered(sender, { key: "two" })];
  assert.equal(sender.size, 2);
  const answers = await Promise.all(both);
  assert.deepEqual(
    sent.map((letter) => letter.address),
    ["/one", "/two"],
  );
  assert.deepEqual(
    answers.map(([answer, attempts]) => [answer.ok, attempts]),
    [
      [true, 1],
      [true, 1],
    ],
  );
  assert.equal(sender.size, 0);
});

test("without a network, or while the server restarts, the same letter is sent again", async () => {
  replies = [new TypeError("no network"), 503, 201];
  const [answer, attempts] = await delivered(made(), { key: "one" });
  assert.equal(answer.status, 201);
  assert.equal(attempts, 3);
  assert.deepEqual(new Set(sent.map((letter) => letter.key)), new Set(["one"]));
  assert.ok(states.some(([waiting, failing]) => waiting === 1 && failing));
  assert.deepEqual(states.at(-1), [0, false]);
});

test("a refusal is an answer, and not sent again", async () => {
  replies = [409];
  const [answer, attempts] = await delivered(made(), { key: "one" });
  assert.deepEqual([answer.ok, answer.status, attempts], [false, 409, 1]);
  assert.equal(sent.length, 1);
});

test("what has not been sent can be taken back; what is under way cannot", async () => {
  const sender = made();
  const first = delivered(sender, { key: "one" });
  void delivered(sender, { key: "two" });
  assert.equal(sender.recall("one"), false);
  assert.equal(sender.recall("two"), true);
  await first;
  assert.equal(sent.length, 1);
});

test("a body is read when it is sent, so that what came before may change it", async () => {
  const sender = made();
  let seen = "old";
  const first = new Promise<void>((resolve) => {
    sender.send({
      method: "DELETE",
      address: "/undo",
      key: "undo",
      body: () => undefined,
      answered: () => {
        seen = "new";
        resolve();
      },
    });
  });
  const second = delivered(sender, { key: "again", body: () => ({ seen }) });
  await Promise.all([first, second]);
  assert.deepEqual(
    sent.map((letter) => letter.body),
    [null, { seen: "new" }],
  );
});
