// A line fitted to points by gradient descent, on all of them or on some at a time.
import { mean } from "./numbers";
import type { Place } from "./surface";

/** x and y. */
export type Pair = [number, number];

/** The mean of (w x + b − y)². */
export const cost = (pairs: Pair[], [w, b]: Place): number => mean(pairs.map(([x, y]) => (w * x + b - y) ** 2));

/** Its gradient by w and b. */
export const costGradient = (pairs: Pair[], [w, b]: Place): Place => [
  mean(pairs.map(([x, y]) => 2 * (w * x + b - y) * x)),
  mean(pairs.map(([x, y]) => 2 * (w * x + b - y))),
];

/** The examples of a batch: the k-th of an epoch, in the order given. */
export const batchOf = (order: number[], size: number, k: number): number[] => order.slice(k * size, (k + 1) * size);
