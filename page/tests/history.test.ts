import { expect, test } from "vitest";
import { type History, panels } from "../src/run/history";

const of = (...names: string[]): History => ({
  points: 1,
  whole: true,
  first: 1,
  last: 1,
  step: [1],
  series: Object.fromEntries(names.map((name) => [name, { min: [1], max: [1] }])),
});

test("each score has a panel, and the losses share one", () => {
  const shown = panels(of("train_loss", "validation_loss", "validation_accuracy", "learning_rate", "epoch", "seconds"));
  expect(shown.map((one) => one.title)).toEqual(["loss", "validation accuracy", "learning rate"]);
  expect(shown[0]?.series.map((one) => one.label)).toEqual(["train", "validation"]);
});

test("a run without validation has no panel for it", () => {
  expect(panels(of("train_loss", "learning_rate")).map((one) => one.series.length)).toEqual([1, 1]);
});
