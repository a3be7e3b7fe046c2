// Many labels: found by a few letters, ordered into their groups.

/** A label on offer, as the server normalized it. */
export interface LabelOption {
  name: string;
  title: string;
  color: string;
  key: string;
  description?: string;
  /** The path of its group, such as "Animal / Dog"; empty or absent for none. */
  group?: string;
}

/** Between the parts of a group's path, as the server writes it. */
const STEP = " / ";

/** How well a label fits what was typed; those that fit worse come after. */
const EXACT = 3;
const BEGINS = 2;
const CONTAINS = 1;
const NOT = 0;

/** Text without accents, in lower case: what people type when they look for it. */
export function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase().trim();
}

function fit(label: LabelOption, typed: string): number {
  const names = [folded(label.title), folded(label.name)];
  if (names.includes(typed) || (label.key !== "" && label.key === typed)) return EXACT;
  if (names.some((name) => name.startsWith(typed))) return BEGINS;
  const all = `${names.join(" ")} ${folded(label.group ?? "")}`;
  return typed.split(/\s+/).every((word) => all.includes(word)) ? CONTAINS : NOT;
}

/** Labels found by what was typed, in their own order, and the one that fits best: the first of several. */
export function findLabels<L extends LabelOption>(
  labels: readonly L[],
  typed: string,
): { found: readonly L[]; best: L | null } {
  const words = folded(typed);
  if (!words) return { found: labels, best: null };
  const fits = labels.map((label) => [label, fit(label, words)] as const).filter(([, how]) => how > NOT);
  const most = Math.max(NOT, ...fits.map(([, how]) => how));
  return { found: fits.map(([label]) => label), best: fits.find(([, how]) => how === most)?.[0] ?? null };
}

/** Labels of the same group, and the groups within it. */
export interface LabelGroup<L extends LabelOption = LabelOption> {
  /** From the outermost group to this one; empty for all labels. */
  path: string;
  title: string;
  labels: L[];
  groups: LabelGroup<L>[];
}

/** The labels as a tree of their groups, both in the order in which they come first. */
export function groupLabels<L extends LabelOption>(labels: readonly L[]): LabelGroup<L> {
  const root: LabelGroup<L> = { path: "", title: "", labels: [], groups: [] };
  const known = new Map([["", root]]);
  for (const label of labels) groupOf(label.group ?? "", known).labels.push(label);
  return root;
}

function groupOf<L extends LabelOption>(path: string, known: Map<string, LabelGroup<L>>): LabelGroup<L> {
  const there = known.get(path);
  if (there) return there;
  const cut = path.lastIndexOf(STEP);
  const made: LabelGroup<L> = {
    path,
    title: cut < 0 ? path : path.slice(cut + STEP.length),
    labels: [],
    groups: [],
  };
  known.set(path, made);
  groupOf(cut < 0 ? "" : path.slice(0, cut), known).groups.push(made);
  return made;
}

/** All labels of a group and of those within it, in the order in which they are shown. */
export function labelsWithin<L extends LabelOption>(group: LabelGroup<L>): L[] {
  return [...group.labels, ...group.groups.flatMap(labelsWithin)];
}
