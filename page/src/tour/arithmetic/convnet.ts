// A small ConvNet: CONV3-RELU-POOL-CONV3-RELU-POOL-FC, SOFTMAX on pictures with one channel; forward, backward, Adam.
import { adam, lossOf } from "./network";
import { at } from "./numbers";
import type { Random } from "./random";

/** Maps of a layer, one after another: channels × height × width. */
export interface Maps {
  channels: number;
  side: number;
  values: Float64Array;
}

export interface Parameters {
  /** Filters: outputs × inputs × 3 × 3; of the last layer outputs × inputs. */
  weights: Float64Array;
  biases: Float64Array;
}

export interface ConvNet {
  side: number;
  widths: [number, number];
  classes: number;
  layers: [Parameters, Parameters, Parameters];
}

const K = 3;

export function convNet(side: number, widths: [number, number], classes: number, chance: Random): ConvNet {
  const filters = (outputs: number, inputs: number): Parameters => ({
    weights: Float64Array.from({ length: outputs * inputs }, () => Math.sqrt(2 / inputs) * chance.normal()),
    biases: new Float64Array(outputs),
  });
  const [first, second] = widths;
  const last = Math.floor(Math.floor(side / 2) / 2);
  return {
    side,
    widths,
    classes,
    layers: [filters(first, K * K), filters(second, first * K * K), filters(classes, second * last * last)],
  };
}

export const parametersOf = (net: ConvNet): number =>
  net.layers.reduce((total, { weights, biases }) => total + weights.length + biases.length, 0);

/** 3×3 filters on every place, with a border of 0, then ReLU. */
function convolved(input: Maps, { weights, biases }: Parameters): Maps {
  const { channels, side } = input;
  const values = new Float64Array(biases.length * side * side);
  for (let o = 0; o < biases.length; o++)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        let total = at(biases, o);
        for (let c = 0; c < channels; c++)
          for (let i = Math.max(0, 1 - y); i < K && y + i - 1 < side; i++)
            for (let j = Math.max(0, 1 - x); j < K && x + j - 1 < side; j++)
              total +=
                at(weights, ((o * channels + c) * K + i) * K + j) *
                at(input.values, (c * side + y + i - 1) * side + x + j - 1);
        values[(o * side + y) * side + x] = total > 0 ? total : 0;
      }
  return { channels: biases.length, side, values };
}

/** The greatest of each 2×2, and the place that it came from. */
function pooled({ channels, side, values }: Maps): [Maps, Int32Array] {
  const half = Math.floor(side / 2);
  const found = new Float64Array(channels * half * half);
  const from = new Int32Array(found.length);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < half; y++)
      for (let x = 0; x < half; x++) {
        let best = (c * side + 2 * y) * side + 2 * x;
        for (const next of [best + 1, best + side, best + side + 1]) if (at(values, next) > at(values, best)) best = next;
        const place = (c * half + y) * half + x;
        found[place] = at(values, best);
        from[place] = best;
      }
  return [{ channels, side: half, values: found }, from];
}

export interface Pass {
  input: Maps;
  maps: [Maps, Maps, Maps, Maps];
  from: [Int32Array, Int32Array];
  scores: Float64Array;
}

export function pass(net: ConvNet, x: Float64Array): Pass {
  const input: Maps = { channels: 1, side: net.side, values: x };
  const first = convolved(input, net.layers[0]);
  const [firstPooled, from1] = pooled(first);
  const second = convolved(firstPooled, net.layers[1]);
  const [secondPooled, from2] = pooled(second);
  const { weights, biases } = net.layers[2];
  const flat = secondPooled.values;
  const scores = Float64Array.from(biases, (bias, i) => {
    let total = bias;
    for (let j = 0; j < flat.length; j++) total += at(weights, i * flat.length + j) * at(flat, j);
    return total;
  });
  return { input, maps: [first, firstPooled, second, secondPooled], from: [from1, from2], scores };
}

/** Add the gradients of a convolution with ReLU; gives those of its input. */
function convolvedBack(input: Maps, output: Maps, above: Float64Array, { weights }: Parameters, into: Parameters): Float64Array {
  const { channels, side } = input;
  const below = new Float64Array(input.values.length);
  for (let o = 0; o < output.channels; o++)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const place = (o * side + y) * side + x;
        const local = at(output.values, place) > 0 ? at(above, place) : 0;
        if (local === 0) continue;
        into.biases[o] = at(into.biases, o) + local;
        for (let c = 0; c < channels; c++)
          for (let i = Math.max(0, 1 - y); i < K && y + i - 1 < side; i++)
            for (let j = Math.max(0, 1 - x); j < K && x + j - 1 < side; j++) {
              const weight = ((o * channels + c) * K + i) * K + j;
              const source = (c * side + y + i - 1) * side + x + j - 1;
              into.weights[weight] = at(into.weights, weight) + local * at(input.values, source);
              below[source] = at(below, source) + local * at(weights, weight);
            }
      }
  return below;
}

function unpooled(length: number, above: Float64Array, from: Int32Array): Float64Array {
  const below = new Float64Array(length);
  for (let i = 0; i < above.length; i++) below[at(from, i)] = at(below, at(from, i)) + at(above, i);
  return below;
}

export const zeros = (net: ConvNet): ConvNet["layers"] =>
  net.layers.map(({ weights, biases }) => ({
    weights: new Float64Array(weights.length),
    biases: new Float64Array(biases.length),
  })) as ConvNet["layers"];

/** Add an example's gradients; gives its loss and the gradient of the picture. */
export function back(net: ConvNet, x: Float64Array, truth: number, into: ConvNet["layers"]): { loss: number; picture: Float64Array } {
  const { input, maps, from, scores } = pass(net, x);
  const [loss, above] = lossOf(scores, truth, "softmax");
  const flat = maps[3].values;
  const below = new Float64Array(flat.length);
  const { weights } = net.layers[2];
  for (let i = 0; i < above.length; i++) {
    into[2].biases[i] = at(into[2].biases, i) + at(above, i);
    for (let j = 0; j < flat.length; j++) {
      const place = i * flat.length + j;
      into[2].weights[place] = at(into[2].weights, place) + at(above, i) * at(flat, j);
      below[j] = at(below, j) + at(above, i) * at(weights, place);
    }
  }
  const second = unpooled(maps[2].values.length, below, from[1]);
  const firstPooled = convolvedBack(maps[1], maps[2], second, net.layers[1], into[1]);
  const first = unpooled(maps[0].values.length, firstPooled, from[0]);
  return { loss, picture: convolvedBack(input, maps[0], first, net.layers[0], into[0]) };
}

/** Adam's steps on batches of pictures; a step gives the mean loss and the gradients. */
export function trainer(net: ConvNet): (pictures: Float64Array[], labels: number[], rate: number) => { loss: number; gradients: ConvNet["layers"] } {
  const [first, second] = [zeros(net), zeros(net)];
  let steps = 0;
  return (pictures, labels, rate) => {
    const gradients = zeros(net);
    let loss = 0;
    pictures.forEach((x, i) => (loss += back(net, x, at(labels, i), gradients).loss));
    steps += 1;
    const share = 1 / pictures.length;
    net.layers.forEach((layer, place) => {
      for (const name of ["weights", "biases"] as const)
        adam(
          layer[name],
          (gradients[place] as Parameters)[name],
          (first[place] as Parameters)[name],
          (second[place] as Parameters)[name],
          { rate, share, steps, decay: 0 },
        );
    });
    return { loss: loss * share, gradients };
  };
}
