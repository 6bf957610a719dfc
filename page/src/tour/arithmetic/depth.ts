// How gradients fare on their way back through many layers, plain and with shortcuts.
import { at } from "./numbers";
import type { Random } from "./random";

/**
 * The size of the gradient at each layer, from the first to the last, for a random input and random weights.
 * Weights have `spread` times the deviation that keeps the size of numbers; an arm beside a shortcut begins small.
 */
export function gradientSizes(
  layers: number,
  width: number,
  activation: "relu" | "sigmoid" | "tanh",
  shortcuts: boolean,
  spread: number,
  chance: Random,
): number[] {
  const value = { relu: (z: number) => Math.max(0, z), sigmoid: (z: number) => 1 / (1 + Math.exp(-z)), tanh: Math.tanh };
  const slope = {
    relu: (y: number) => (y > 0 ? 1 : 0),
    sigmoid: (y: number) => y * (1 - y),
    tanh: (y: number) => 1 - y * y,
  };
  const scale = Math.sqrt((activation === "relu" ? 2 : 1) / width) * spread * (shortcuts ? Math.sqrt(1 / layers) : 1);
  const weights = Array.from({ length: layers }, () =>
    Float64Array.from({ length: width * width }, () => scale * chance.normal()),
  );
  const outputs: Float64Array[] = [];
  let x = Float64Array.from({ length: width }, () => chance.normal());
  for (const w of weights) {
    const y = Float64Array.from(x, (_, i) => value[activation](row(w, x, i, width)));
    outputs.push(y);
    x = shortcuts ? x.map((one, i) => one + at(y, i)) : y;
  }
  let above = Float64Array.from({ length: width }, () => chance.normal());
  const sizes: number[] = [];
  for (let layer = layers - 1; layer >= 0; layer--) {
    const y = outputs[layer] as Float64Array;
    const local = above.map((one, i) => one * slope[activation](at(y, i)));
    sizes.unshift(Math.sqrt(local.reduce((total, one) => total + one * one, 0) / width));
    const w = weights[layer] as Float64Array;
    const below = new Float64Array(width);
    for (let i = 0; i < width; i++)
      for (let j = 0; j < width; j++) below[j] = at(below, j) + at(local, i) * at(w, i * width + j);
    above = shortcuts ? below.map((one, i) => one + at(above, i)) : below;
  }
  return sizes;
}

function row(w: Float64Array, x: Float64Array, i: number, width: number): number {
  let total = 0;
  for (let j = 0; j < width; j++) total += at(w, i * width + j) * at(x, j);
  return total;
}
