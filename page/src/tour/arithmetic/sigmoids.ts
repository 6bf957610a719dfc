// A network of sigmoid layers by hand: y = σ(W^L … σ(W¹x + b¹) … + b^L).
import { sigmoid } from "./activations";
import { plus, times, type Matrix, type Vector } from "./numbers";

export interface Affine {
  weights: Matrix;
  biases: Vector;
}

/** The tutorial's three layers of two. */
export const threeLayers: Affine[] = [
  { weights: [[1, -2], [-1, 1]], biases: [1, 0] },
  { weights: [[2, -1], [-2, -1]], biases: [0, 0] },
  { weights: [[3, -1], [-1, 4]], biases: [-2, 2] },
];

export interface Stage {
  /** Wx + b. */
  sums: Vector;
  /** σ of it. */
  outputs: Vector;
}

/** What every layer makes of the outputs of the one before it. */
export function stages(layers: Affine[], x: Vector): Stage[] {
  const found: Stage[] = [];
  let input = x;
  for (const { weights, biases } of layers) {
    const sums = plus(times(weights, input), biases);
    input = sums.map(sigmoid);
    found.push({ sums, outputs: input });
  }
  return found;
}
