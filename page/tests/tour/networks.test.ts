import { expect, test } from "vitest";
import { activations } from "../../src/tour/arithmetic/activations";
import { convNet, back, parametersOf, pass, zeros } from "../../src/tour/arithmetic/convnet";
import { gradientSizes } from "../../src/tour/arithmetic/depth";
import { dense, field, rowsOf, textOf, widthFor } from "../../src/tour/arithmetic/family";
import { byRule, patterns } from "../../src/tour/arithmetic/firing";
import { accuracy, backward, batches, learner, lossOf, network, noGradients, parameters, scores } from "../../src/tour/arithmetic/network";
import { examplesOf, pointsOf } from "../../src/tour/arithmetic/points";
import { random } from "../../src/tour/arithmetic/random";
import { stages, threeLayers } from "../../src/tour/arithmetic/sigmoids";

const two = (values: number[]): string => values.map((value) => value.toFixed(2)).join(" ");

test("a layer of two sigmoids gives 0.98 0.12, and three layers the tutorial's results", () => {
  expect(two(stages(threeLayers, [1, -1])[0]?.outputs ?? [])).toBe("0.98 0.12");
  expect(two(stages(threeLayers, [1, -1])[2]?.outputs ?? [])).toBe("0.62 0.83");
  expect(two(stages(threeLayers, [0, 0])[2]?.outputs ?? [])).toBe("0.51 0.85");
});

test.each(Object.values(activations))("the slope of $name is its derivative", ({ value, slope }) => {
  for (const z of [-2.3, -0.4, 0.7, 3.1]) expect(slope(z)).toBeCloseTo((value(z + 1e-6) - value(z - 1e-6)) / 2e-6, 5);
});

test("the tutorial's neuron of three inputs has its truth table", () => {
  const taught = { "000": "0", "001": "0", "101": "1", "111": "1" } as const;
  expect(patterns(3).map((one) => byRule(one, taught).answer)).toEqual(["0", "0", "0", "0/1", "0/1", "1", "1", "1"]);
});

test("an untaught neuron is undecided", () => {
  expect(byRule("010", {}).answer).toBe("0/1");
});

test.each(["softmax", "svm", "squares"] as const)("gradients with the loss %s are the numeric ones", (loss) => {
  const net = network([3, 5, 4], "tanh", random(1));
  const example = { x: [0.3, -1.1, 0.8], target: loss === "squares" ? [0.1, -0.4, 0.9, 0] : 2 };
  const found = noGradients(net);
  backward(net, example, loss, found);
  net.forEach((layer, place) =>
    (["weights", "biases"] as const).forEach((name) => {
      for (let i = 0; i < layer[name].length; i++) {
        const old = layer[name][i] as number;
        const at = (value: number): number => {
          layer[name][i] = value;
          return lossOf(scores(net, example.x), example.target, loss)[0];
        };
        const numeric = (at(old + 1e-6) - at(old - 1e-6)) / 2e-6;
        layer[name][i] = old;
        expect(found[place]?.[name][i]).toBeCloseTo(numeric, 4);
      }
    }),
  );
});

test("a small network learns what no line divides", () => {
  const examples = examplesOf(pointsOf("quadrants", 200, 1));
  const chance = random(4);
  const learning = learner(network([2, 12, 2], "relu", chance), "softmax");
  const order = batches(examples, 20, chance);
  for (let step = 0; step < 800; step++) learning.step(order.next().value, 0.01);
  expect(accuracy(learning.net, examples)).toBeGreaterThan(0.95);
});

test("gradients of the ConvNet are the numeric ones, down to the picture", () => {
  const net = convNet(8, [2, 3], 4, random(3));
  const chance = random(9);
  const x = Float64Array.from({ length: 64 }, () => chance.next());
  const loss = (): number => lossOf(pass(net, x).scores, 1, "softmax")[0];
  const found = zeros(net);
  const { picture } = back(net, x, 1, found);
  const check = (values: Float64Array, gradients: Float64Array): void => {
    for (let i = 0; i < values.length; i += 5) {
      const old = values[i] as number;
      values[i] = old + 1e-6;
      const above = loss();
      values[i] = old - 1e-6;
      const below = loss();
      values[i] = old;
      expect(gradients[i]).toBeCloseTo((above - below) / 2e-6, 4);
    }
  };
  net.layers.forEach((layer, place) => {
    check(layer.weights, found[place]?.weights ?? new Float64Array());
    check(layer.biases, found[place]?.biases ?? new Float64Array());
  });
  check(x, picture);
  expect(parametersOf(net)).toBe(2 * 10 + 3 * 19 + 4 * 13);
});

test("the family expands to its layers, shapes and parameters", () => {
  const choice = { n: 2, m: 3, k: 1, pool: true };
  expect(textOf(choice)).toBe("[(CONV-RELU)*2-POOL]*3-FC-RELU, SOFTMAX");
  const rows = rowsOf(choice, 3, 32, 10);
  expect(rows.map((row) => row.output.join("×"))).toEqual([
    "32×32×32", "32×32×32", "32×16×16", "32×16×16", "32×16×16", "32×8×8", "32×8×8", "32×8×8", "32×4×4", "128", "10",
  ]);
  expect(rows[0]?.parameters).toBe(32 * (27 + 1));
  expect(rows.at(-2)?.parameters).toBe(128 * (512 + 1));
  expect(textOf({ n: 1, m: 0, k: 0, pool: true })).toBe("SOFTMAX");
});

test("parameters of full layers are weights and biases, and a width meets a budget", () => {
  expect(dense([64, 16, 10])).toBe(64 * 16 + 16 + 16 * 10 + 10);
  expect(parameters(network([64, 16, 10], "relu", random(0)))).toBe(dense([64, 16, 10]));
  const width = widthFor(200, 2, 3, 2);
  expect(Math.abs(dense([2, width, width, width, 2]) - 200)).toBeLessThanOrEqual(Math.abs(dense([2, width + 1, width + 1, width + 1, 2]) - 200));
  expect(field(5, 2)).toBe(9);
});

test("gradients fade through plain layers of small weights, and less with shortcuts", () => {
  const sizes = (shortcuts: boolean): number[] => gradientSizes(40, 32, "relu", shortcuts, 0.7, random(2));
  const ratio = (values: number[]): number => (values[0] ?? 0) / (values.at(-1) ?? 1);
  expect(ratio(sizes(false))).toBeLessThan(1e-3);
  expect(ratio(sizes(true))).toBeGreaterThan(0.1);
});
