import { expect, test } from "vitest";
import { crossEntropy, firstLoss, penalty, pull, reduced, softmax, svmLoss } from "../../src/tour/arithmetic/losses";
import { sum } from "../../src/tour/arithmetic/numbers";
import { pictures, THREE } from "../../src/tour/arithmetic/pictured";

test("the tutorial's three pictures have the losses of their scores", () => {
  expect(pictures.map(({ scores, truth }) => svmLoss(scores, truth).toFixed(2))).toEqual(["10.58", "0.27", "71.91"]);
  expect(pictures.map(({ scores, truth }) => crossEntropy(scores, truth).toFixed(3))).toEqual(["5.170", "0.577", "11.294"]);
});

test("three scores of a cat become probabilities and a loss", () => {
  expect(THREE.scores.map((score) => Number(Math.exp(score).toPrecision(score > 5 ? 3 : score > 0 ? 3 : 2)))).toEqual([24.5, 164, 0.18]);
  expect(softmax(THREE.scores).map((share) => share.toFixed(2))).toEqual(["0.13", "0.87", "0.00"]);
  expect(crossEntropy(THREE.scores, THREE.truth).toFixed(2)).toBe("2.04");
  expect(svmLoss(THREE.scores, THREE.truth).toFixed(1)).toBe("2.9");
});

test("equal scores cost the logarithm of the number of classes", () => {
  expect(crossEntropy(Array.from({ length: 10 }, () => 3), 4)).toBeCloseTo(firstLoss(10), 12);
  expect(firstLoss(10).toFixed(1)).toBe("2.3");
});

test("softmax lies between 0 and 1, sums to 1, and survives great scores", () => {
  for (const scores of [[3, 1, -3], [1000, 999], [-800, 800, 0]]) {
    const shares = softmax(scores);
    expect(sum(shares)).toBeCloseTo(1, 12);
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    expect(Number.isFinite(crossEntropy(scores, 0))).toBe(true);
  }
});

test("a sum is the mean times the number of examples", () => {
  expect(reduced([1, 2, 6], "sum")).toBe(9);
  expect(reduced([1, 2, 6], "mean")).toBe(3);
});

test("the pull of a penalty is the slope of λ times it", () => {
  for (const kind of ["l2", "l1", "elastic"] as const)
    for (const weight of [-1.3, 0.4, 2]) {
      const slope = (0.3 * (penalty([weight + 1e-6], kind) - penalty([weight - 1e-6], kind))) / 2e-6;
      expect(pull(weight, kind, 0.3)).toBeCloseTo(slope, 5);
    }
  expect(pull(1.5, "l2", 0.1)).toBeCloseTo(2 * 0.1 * 1.5, 12);
});
