// One line per question kind; each is a chunk of its own, loaded when a schema uses it.
import type { Schema } from "../../core/schema.ts";
import type { AnyKind } from "./kind.ts";

const loaders: Record<string, () => Promise<{ kind: AnyKind }>> = {
  choice: () => import("./choice.tsx"),
  multi_choice: () => import("./multi_choice.tsx"),
  rating: () => import("./rating.tsx"),
  text: () => import("./text.tsx"),
};

export type Kinds = ReadonlyMap<string, AnyKind>;

/** Load the kinds a schema uses. */
export async function loadKinds(schema: Schema): Promise<Kinds> {
  const names = [...new Set(schema.questions.map((question) => question.kind))];
  const loaded = await Promise.all(
    names.map(async (name) => {
      const load = loaders[name];
      if (!load) throw new Error(`The editor does not know questions of the kind “${name}”.`);
      return [name, (await load()).kind] as const;
    }),
  );
  return new Map(loaded);
}
