// Polynomials fitted to a few points, with a penalty on their weights.
import { range, solved, sum, type Vector } from "./numbers";
import type { Pair } from "./line";

/** 1, x, x², … up to the degree. */
export const powers = (x: number, degree: number): Vector => range(degree + 1).map((power) => x ** power);

export const valueAt = (weights: Vector, x: number): number => weights.reduceRight((total, weight) => total * x + weight, 0);

/** The weights with the least Σ (f(x) − y)² / n + λ ΣW², the constant left free. */
export function fitted(pairs: Pair[], degree: number, lambda: number): Vector {
  const features = pairs.map(([x]) => powers(x, degree));
  const products = range(degree + 1).map((i) =>
    range(degree + 1).map(
      (j) =>
        sum(features.map((row) => (row[i] ?? 0) * (row[j] ?? 0))) / pairs.length +
        (i === j ? (i > 0 ? lambda : 0) + 1e-10 : 0),
    ),
  );
  const wanted = range(degree + 1).map(
    (i) => sum(pairs.map(([, y], place) => (features[place]?.[i] ?? 0) * y)) / pairs.length,
  );
  return solved(products, wanted);
}

/** The root of the mean squared error. */
export const rmse = (weights: Vector, pairs: Pair[]): number =>
  Math.sqrt(sum(pairs.map(([x, y]) => (valueAt(weights, x) - y) ** 2)) / pairs.length);
