import { expect, test } from "vitest";
import { BIASES, PIXELS, WEIGHTS } from "../../src/tour/arithmetic/example";
import { entry, solved, times } from "../../src/tour/arithmetic/numbers";
import { bestLine, errorsOf, pointsOf, polar, regions } from "../../src/tour/arithmetic/points";

const whole = WEIGHTS.map((row, i) => [...row, entry(BIASES, i, 0)]);

test("the picture of 2×2 has the scores of the tutorial", () => {
  const scores = times(whole, [...PIXELS, 1]);
  expect(scores.map((score) => Number(score.toFixed(2)))).toEqual([-96.8, 437.9, 60.75]);
});

test("weights and biases apart give the same scores as one matrix", () => {
  const apart = times(WEIGHTS, PIXELS).map((score, i) => score + entry(BIASES, i, 0));
  times(whole, [...PIXELS, 1]).forEach((score, i) => expect(score).toBeCloseTo(apart[i] ?? NaN, 10));
});

test("without a bias c times the picture has c times the scores", () => {
  const half = times(WEIGHTS, PIXELS.map((value) => value / 2));
  times(WEIGHTS, PIXELS).forEach((score, i) => expect(half[i]).toBeCloseTo(score / 2, 10));
});

test("a system of equations is solved", () => {
  const x = solved([[4, 1, 0], [1, 3, 1], [0, 1, 2]], [6, 10, 8]);
  [1, 2, 3].forEach((value, i) => expect(x[i]).toBeCloseTo(value, 10));
});

test.each(["quadrants", "ring", "modes"] as const)("no line divides the points of %s, and the best is no worse than chance", (region) => {
  const points = pointsOf(region, 240, 1);
  const errors = errorsOf(bestLine(points), points);
  expect(errors).toBeGreaterThan(240 * 0.1);
  expect(errors).toBeLessThanOrEqual(120);
});

test("the disc is told from its ring by the radius alone", () => {
  const points = pointsOf("disc", 200);
  expect(points.every(({ x, y, label }) => (polar(x, y)[0] < 1.25 ? 1 : 0) === label)).toBe(true);
  expect(new Set(points.map((one) => one.label)).size).toBe(2);
});

test("the ring is where the length lies between 1 and 2", () => {
  expect([regions.ring.inside(0, 0.9), regions.ring.inside(0, -1.5), regions.ring.inside(1.5, 1.5)]).toEqual([false, true, false]);
});
