// The tutorial's picture of four pixels with three classes.
import type { Matrix, Vector } from "./numbers";

export const CLASSES = ["cat", "dog", "ship"];
export const PIXELS: Vector = [56, 231, 24, 2];
export const WEIGHTS: Matrix = [
  [0.2, -0.5, 0.1, 2],
  [1.5, 1.3, 2.1, 0],
  [0, 0.25, 0.2, -0.3],
];
export const BIASES: Matrix = [[1.1], [3.2], [-1.2]];
