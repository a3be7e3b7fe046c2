// Builds the front end into static/dist: unhashed entries, hashed chunks.
//
//   node build.mjs            production: minified, no source maps, sizes printed, budget enforced
//   node build.mjs --watch    rebuild on change, with source maps
import { access, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const root = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(root, "dist");
const watching = process.argv.includes("--watch");

const entries = {
  app: "src/app.ts",
  frame: "src/frame.ts",
  theme: "src/app/theme.ts",
  editor: "src/editor/main.tsx",
  many: "src/editor/many/main.tsx",
};
const styles = {
  app: "css/app.css",
  admin: "css/admin.css",
  editor: "src/editor/editor.css",
  many: "src/editor/many/many.css",
};

// First paint of the label page: its entries and everything they import statically.
const budgets = {
  "the label page": { entries: ["dist/frame.js", "dist/editor.js"], bytes: 60 * 1024 },
};

const shared = {
  absWorkingDir: root,
  outdir: "dist",
  bundle: true,
  metafile: true,
  minify: !watching,
  sourcemap: watching ? "linked" : false,
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  logLevel: "warning",
};

const scriptOptions = {
  ...shared,
  entryPoints: entries,
  format: "esm",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  jsx: "automatic",
  jsxImportSource: "preact",
};

const styleOptions = {
  ...shared,
  entryPoints: styles,
  assetNames: "assets/[name]-[hash]",
  loader: { ".woff2": "file", ".svg": "dataurl" },
};

async function present(entryPoints) {
  for (const file of Object.values(entryPoints)) {
    await access(path.join(root, file)).catch(() => {
      throw new Error(`static/${file} is missing: it is an entry of the build.`);
    });
  }
}

async function filesUnder(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** Delete what an earlier build left and this one did not write. */
async function removeStale(outputs) {
  const kept = new Set(Object.keys(outputs).map((file) => path.join(root, file)));
  for (const file of await filesUnder(dist)) {
    if (!kept.has(file)) await rm(file);
  }
}

function staticImports(outputs, entry, seen = new Set()) {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const imported of outputs[entry].imports) {
    if (imported.kind === "import-statement" && !imported.external)
      staticImports(outputs, imported.path, seen);
  }
  return seen;
}

const gzipSize = async (file) => gzipSync(await readFile(path.join(root, file)), { level: 9 }).length;
const kb = (bytes) => `${(bytes / 1024).toFixed(1).padStart(6)} KB`;

async function report(outputs) {
  const sizes = new Map();
  for (const file of Object.keys(outputs).sort()) sizes.set(file, await gzipSize(file));
  console.log("gzip size");
  for (const [file, size] of sizes) console.log(`${kb(size)}  ${file}`);

  let overBudget = false;
  for (const [page, { entries, bytes }] of Object.entries(budgets)) {
    const files = new Set();
    for (const entry of entries) staticImports(outputs, entry, files);
    const total = [...files].reduce((sum, file) => sum + sizes.get(file), 0);
    const verdict = total <= bytes ? "within" : "OVER";
    console.log(`${kb(total)}  the first scripts of ${page}: ${verdict} the budget of ${bytes / 1024} KB`);
    overBudget ||= total > bytes;
  }
  if (overBudget) process.exitCode = 1;
}

await present(entries);
await present(styles);
if (watching) {
  for (const options of [scriptOptions, styleOptions]) await (await esbuild.context(options)).watch();
  console.log("Watching static/ for changes (Ctrl-C ends).");
} else {
  const results = await Promise.all([esbuild.build(scriptOptions), esbuild.build(styleOptions)]);
  const outputs = Object.assign({}, ...results.map((result) => result.metafile.outputs));
  await removeStale(outputs);
  await report(outputs);
}
