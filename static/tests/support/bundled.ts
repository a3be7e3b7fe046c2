// Modules with TSX cannot be imported by node as they are: bundle them first.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Import a module of static/src, e.g. "editor/kinds/choice.tsx". */
export async function bundled<T>(module: string): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "dcai-kinds-"));
  const outfile = path.join(folder, "module.mjs");
  try {
    await build({
      absWorkingDir: root,
      entryPoints: [path.join(root, "src", module)],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      jsx: "automatic",
      jsxImportSource: "preact",
      logLevel: "error",
    });
    return (await import(pathToFileURL(outfile).href)) as T;
  } finally {
    await rm(folder, { recursive: true });
  }
}
