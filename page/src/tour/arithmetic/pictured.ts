// The tutorial's scores of three pictures of CIFAR-10 in ten classes, and of one in three.
import type { Vector } from "./numbers";

export const NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

export const pictures: { name: string; truth: number; scores: Vector }[] = [
  { name: "cat", truth: 3, scores: [-3.45, -8.87, 0.09, 2.9, 4.48, 8.02, 3.78, 1.06, -0.36, -0.72] },
  { name: "car", truth: 1, scores: [-0.51, 6.04, 5.31, -4.22, -4.19, 3.58, 4.49, -4.37, -2.09, -2.93] },
  { name: "frog", truth: 6, scores: [3.42, 4.64, 2.65, 5.1, 2.64, 5.55, -4.34, -1.5, -4.79, 6.14] },
];

/** Cat, car and frog; the picture shows a cat. */
export const THREE = { names: ["cat", "car", "frog"], truth: 0, scores: [3.2, 5.1, -1.7] };
