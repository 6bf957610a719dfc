// The losses of scores, and the penalties on weights.
import { at, mean, sum, type Vector } from "./numbers";

/** What each other class adds to the SVM loss: max(0, s_j − s_y + 1); 0 for the true class. */
export const margins = (scores: Vector, truth: number): Vector =>
  scores.map((score, j) => (j === truth ? 0 : Math.max(0, score - at(scores, truth) + 1)));

/** Σ_j≠y max(0, s_j − s_y + 1). */
export const svmLoss = (scores: Vector, truth: number): number => sum(margins(scores, truth));

/** e^s / Σ e^s; the greatest score is taken off first, so that nothing overflows. */
export function softmax(scores: Vector): Vector {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const total = sum(powers);
  return powers.map((power) => power / total);
}

/** −log of the probability of the true class. */
export function crossEntropy(scores: Vector, truth: number): number {
  const most = Math.max(...scores);
  return most - at(scores, truth) + Math.log(sum(scores.map((score) => Math.exp(score - most))));
}

/** The loss of classes that all have the same score: log C. */
export const firstLoss = (classes: number): number => Math.log(classes);

export type Reduction = "mean" | "sum";

/** The loss of a batch from those of its examples. */
export const reduced = (losses: Vector, reduction: Reduction): number =>
  reduction === "mean" ? mean(losses) : sum(losses);

export type Penalty = "l2" | "l1" | "elastic";

/** ΣW², Σ|W| or ΣβW² + |W|. */
export function penalty(weights: Vector, kind: Penalty, beta = 0.5): number {
  const squares = sum(weights.map((weight) => weight * weight));
  const sizes = sum(weights.map(Math.abs));
  return kind === "l2" ? squares : kind === "l1" ? sizes : beta * squares + sizes;
}

/** The gradient of λR at a weight; for ΣW² it is 2λW. */
export function pull(weight: number, kind: Penalty, lambda: number, beta = 0.5): number {
  const side = Math.sign(weight);
  return lambda * (kind === "l2" ? 2 * weight : kind === "l1" ? side : 2 * beta * weight + side);
}
