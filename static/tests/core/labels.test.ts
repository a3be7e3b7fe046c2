// Finding one of many labels, and their groups.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findLabels, groupLabels, type LabelOption, labelsWithin } from "../../src/core/labels.ts";

function label(name: string, more: Partial<LabelOption> = {}): LabelOption {
  return { name, title: name, color: "#000000", key: "", ...more };
}

const names = (labels: readonly LabelOption[]) => labels.map(({ name }) => name);

test("labels are found by title, name and key, whatever the case and the accents", () => {
  const labels = [
    label("cafe", { title: "Café crème" }),
    label("r2", { title: "Straße", key: "x" }),
    label("tea", { title: "Tee" }),
  ];
  assert.deepEqual(names(findLabels(labels, "CAFE CREME").found), ["cafe"]);
  assert.deepEqual(names(findLabels(labels, "crème").found), ["cafe"]);
  assert.deepEqual(names(findLabels(labels, "R2").found), ["r2"]);
  assert.deepEqual(names(findLabels(labels, "x").found), ["r2"]);
  assert.deepEqual(names(findLabels(labels, "coffee").found), []);
  assert.equal(findLabels(labels, "coffee").best, null);
});

test("nothing typed finds all and marks none", () => {
  const labels = [label("a"), label("b")];
  assert.deepEqual(findLabels(labels, "  "), { found: labels, best: null });
});

test("those found keep their order, and the best of them is the most exact", () => {
  const labels = [label("pending refund"), label("refund status"), label("refund")];
  const { found, best } = findLabels(labels, "refund");
  assert.deepEqual(names(found), ["pending refund", "refund status", "refund"]);
  assert.equal(best?.name, "refund");
  assert.equal(findLabels(labels, "ref").best?.name, "refund status");
  assert.equal(findLabels(labels, "fund").best?.name, "pending refund");
});

test("words are found in any order, in the group too", () => {
  const labels = [label("Poodle", { group: "Animal / Dog" }), label("Oak", { group: "Tree" })];
  assert.deepEqual(names(findLabels(labels, "dog poo").found), ["Poodle"]);
  assert.deepEqual(names(findLabels(labels, "tree").found), ["Oak"]);
});

test("groups stand within each other, in the order in which they come first", () => {
  const labels = [
    label("Oak", { group: "Tree" }),
    label("Poodle", { group: "Animal / Dog" }),
    label("Other"),
    label("Cat", { group: "Animal" }),
    label("Elm", { group: "Tree" }),
  ];
  const tree = groupLabels(labels);
  assert.deepEqual(names(tree.labels), ["Other"]);
  assert.deepEqual(
    tree.groups.map(({ title }) => title),
    ["Tree", "Animal"],
  );
  const [trees, animals] = tree.groups;
  assert.deepEqual(trees && names(trees.labels), ["Oak", "Elm"]);
  assert.deepEqual(animals && names(animals.labels), ["Cat"]);
  assert.deepEqual(
    animals?.groups.map(({ path, title }) => [path, title]),
    [["Animal / Dog", "Dog"]],
  );
  assert.deepEqual(names(labelsWithin(tree)), ["Other", "Oak", "Elm", "Cat", "Poodle"]);
});
