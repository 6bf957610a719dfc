import { expect, test } from "vitest";
import { fitted, rmse, valueAt } from "../../src/tour/arithmetic/fits";
import { computed, numeric, read, Unreadable } from "../../src/tour/arithmetic/graph";
import { batchOf, cost, costGradient, type Pair } from "../../src/tour/arithmetic/line";
import { random, shuffled } from "../../src/tour/arithmetic/random";
import { descended, gradient, path, type Place, surfaces } from "../../src/tour/arithmetic/surface";

test("values go forward and gradients back: (x + y) z", () => {
  const { nodes } = computed(read("(x + y) * z"), { x: -2, y: 5, z: -4 });
  const of = (label: string): number => nodes.find((node) => node.label === label)?.gradient ?? NaN;
  expect(nodes.at(-1)?.value).toBe(-12);
  expect([of("x"), of("y"), of("z"), of("+")]).toEqual([-4, -4, 3, -4]);
});

test.each(["sigmoid(w*x + b)", "max(0, w*x) + w^2", "log(exp(w) + exp(x))", "tanh(w*x) / (1 + x^2) - -b", "relu(w) * sin(x) - cos(b)"])(
  "gradients of %s are the numeric ones",
  (text) => {
    const graph = read(text);
    const values = { w: 0.7, x: -1.3, b: 0.4 };
    for (const name of graph.names) {
      const found = computed(graph, values).nodes.find((node) => node.label === name && !node.inputs.length);
      expect(found?.gradient).toBeCloseTo(numeric(graph, values, name), 5);
    }
  },
);

test.each([
  ["", 0, "it ends too early"],
  ["x +", 3, "it ends too early"],
  ["(x", 2, "expected “)”"],
  ["x y", 2, "“y” is not expected here"],
  ["foo(x)", 0, "there is no function foo"],
  ["2 $ x", 2, "“$” is not expected here"],
])("what cannot be read is told with its place: %s", (text, place, message) => {
  try {
    read(text);
    expect.unreachable();
  } catch (problem) {
    expect(problem).toBeInstanceOf(Unreadable);
    expect((problem as Unreadable).place).toBe(place);
    expect((problem as Unreadable).message).toContain(message);
  }
});

test("names of objects are names like others", () => {
  expect(computed(read("constructor * 2"), { constructor: 4 } as never).nodes.at(-1)?.value).toBe(8);
  expect(() => read("toString(1)")).toThrow("there is no function toString");
});

test("a step goes down, and other starts end in other minima", () => {
  const { height, rate, starts } = surfaces.valleys;
  const ends = starts.map((start): Place => path(height, start as Place, rate, 400).at(-1) ?? [0, 0]);
  for (const end of ends) expect(Math.hypot(...gradient(height, end))).toBeLessThan(1e-3);
  expect(new Set(ends.map((end) => end.map((one) => Math.sign(one)).join())).size).toBe(4);
  expect(height(descended(height, [2, 2], rate))).toBeLessThan(height([2, 2]));
});

test("a ball that starts exactly on the ridge stays on the saddle, and one beside it does not", () => {
  const { height, rate } = surfaces.saddle;
  expect(path(height, [2, 0], rate, 300).at(-1)?.[1]).toBeCloseTo(0, 6);
  expect(Math.abs(path(height, [2, 0.02], rate, 300).at(-1)?.[1] ?? 0)).toBeGreaterThan(1);
});

test("the gradient of the line's cost is the numeric one", () => {
  const pairs: Pair[] = [[0.3, 1], [-1, 0.2], [0.8, -0.4]];
  const [a, b] = costGradient(pairs, [0.5, -0.2]);
  expect(a).toBeCloseTo((cost(pairs, [0.5 + 1e-6, -0.2]) - cost(pairs, [0.5 - 1e-6, -0.2])) / 2e-6, 5);
  expect(b).toBeCloseTo((cost(pairs, [0.5, -0.2 + 1e-6]) - cost(pairs, [0.5, -0.2 - 1e-6])) / 2e-6, 5);
});

test("an epoch shows every example once", () => {
  const order = shuffled(24, random(3));
  const seen = [0, 1, 2, 3, 4].flatMap((k) => batchOf(order, 5, k));
  expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => i));
});

test("a polynomial of enough degree goes through its points, and a penalty keeps it from them", () => {
  const pairs: Pair[] = [[-1, 0.3], [-0.4, -0.5], [0.2, 0.9], [1, 0.1]];
  expect(rmse(fitted(pairs, 3, 0), pairs)).toBeLessThan(1e-4);
  expect(rmse(fitted(pairs, 3, 10), pairs)).toBeGreaterThan(0.2);
  expect(valueAt([1, 2, 3], 2)).toBe(17);
});

test("random numbers are the same for the same seed and spread evenly", () => {
  const first = random(7);
  const again = random(7);
  const values = Array.from({ length: 2000 }, () => first.next());
  expect(values).toEqual(Array.from({ length: 2000 }, () => again.next()));
  expect(values.reduce((a, b) => a + b, 0) / 2000).toBeCloseTo(0.5, 1);
  const normal = random(8);
  const squares = Array.from({ length: 4000 }, () => normal.normal() ** 2);
  expect(squares.reduce((a, b) => a + b, 0) / 4000).toBeCloseTo(1, 1);
});
