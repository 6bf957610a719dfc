import { expect, test } from "vitest";
import { playOf, trainingOf } from "../../src/tour/offers";
import { scenes } from "../../src/tour/scenes";

test("a command on a toy opens in the playground, with its network and settings", () => {
  const opened = new URL(playOf('wxb train moons "FC-2-TANH, SOFTMAX" --optimizer sgd --epochs 3'), "http://x");
  expect(opened.pathname).toBe("/playground");
  expect(Object.fromEntries(opened.searchParams)).toEqual({ data: "moons", network: "FC-2-TANH, SOFTMAX", optimizer: "sgd" });
});

test("a command is a training up to its first end, without its folder", () => {
  expect(trainingOf("wxb train digits SVM --ink --out runs/a && wxb view runs/a unit")).toEqual({
    source: "digits",
    network: "SVM",
    settings: { ink: "true" },
  });
});

test("what trains nothing, or other data, is only a command", () => {
  for (const line of ["wxb lesson size", "wxb train cifar10", "wxb show lenet5", "wxb train ../x SOFTMAX"]) {
    expect(trainingOf(line)).toBeNull();
    expect(playOf(line)).toBe("");
  }
});

test("scenes on points of the plane open in the playground", () => {
  const opening = scenes.filter((one) => playOf(one.play ?? one.command ?? "")).map((one) => one.path);
  expect(opening).toEqual(expect.arrayContaining(["polar", "neuron", "sigmoid-network", "descent", "minima", "simpler-models"]));
});
