// Which folder of static/src may know which: shared ones below, pages above, and no page knows another.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));

/** Folders that each folder may import from, besides itself. */
const BELOW: Record<string, readonly string[]> = {
  core: [],
  page: ["core"],
  fields: ["core", "page"],
  sending: ["core", "page"],
  app: ["core", "page"],
  keys: ["core", "page"],
  editor: ["core", "page", "fields", "sending", "keys"],
  review: ["core", "page", "fields", "sending", "app"],
};
/** Only these name a kind; everything else is told by the kind itself. */
const KINDS = path.join("editor", "kinds");

async function sources(): Promise<string[]> {
  const found = await readdir(SRC, { recursive: true });
  return found.filter((file) => /\.tsx?$/.test(file));
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+)"(\.[^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
}

test("imports go downward only", async () => {
  const wrong: string[] = [];
  for (const file of await sources()) {
    const [folder = "", ...rest] = file.split(path.sep);
    if (rest.length === 0) continue; // an entry may know everything
    const allowed = BELOW[folder];
    assert.ok(allowed, `static/src/${folder} has no place among the folders`);
    for (const imported of importsOf(await readFile(path.join(SRC, file), "utf8"))) {
      const [target = ""] = path.join(path.dirname(file), imported).split(path.sep);
      if (target !== folder && !allowed.includes(target)) wrong.push(`${file} imports ${imported}`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** Return a file that comes back to itself by what it imports, types included, with the way; null when none does. */
function circle(imports: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): string[] | null => {
    const met = way.indexOf(file);
    if (met >= 0) return [...way.slice(met), file];
    if (done.has(file)) return null;
    for (const next of imports.get(file) ?? []) {
      const found = walk(next, [...way, file]);
      if (found) return found;
    }
    done.add(file);
    return null;
  };
  for (const file of imports.keys()) {
    const found = walk(file, []);
    if (found) return found;
  }
  return null;
}

test("no file imports itself by way of others, not even a type", async () => {
  const imports = new Map<string, string[]>();
  for (const file of await sources()) {
    const text = await readFile(path.join(SRC, file), "utf8");
    imports.set(
      file,
      importsOf(text).map((imported) => path.join(path.dirname(file), imported)),
    );
  }
  assert.ok(
    imports.get("app.ts")?.includes(path.join("app", "index.ts")),
    "what is imported is among the files",
  );
  assert.equal(circle(imports), null);
  assert.deepEqual(
    circle(
      new Map([
        ["a", ["b"]],
        ["b", ["c", "d"]],
        ["d", ["b"]],
      ]),
    ),
    ["b", "d", "b"],
  );
});

test("a wrong direction is seen, however it is written", () => {
  const text = `import "./a.ts";\nimport { b } from "../review/b.ts";\nvoid import("../editor/c.ts");`;
  assert.deepEqual(importsOf(text), ["./a.ts", "../review/b.ts", "../editor/c.ts"]);
});

test("no file outside of the kinds names one", async () => {
  const kinds = (await readdir(path.join(SRC, KINDS)))
    .filter((file) => file.endsWith(".tsx") && file !== "labels.tsx")
    .map((file) => file.replace(".tsx", ""));
  const wrong: string[] = [];
  for (const file of await sources()) {
    if (file.startsWith(KINDS)) continue;
    const text = await readFile(path.join(SRC, file), "utf8");
    for (const kind of kinds) if (text.includes(`kind === "${kind}"`)) wrong.push(`${file} names ${kind}`);
    if (/"(multi_choice|rating)"/.test(text)) wrong.push(`${file} names a kind`);
  }
  assert.deepEqual(wrong, []);
});
