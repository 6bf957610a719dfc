// Fully connected networks: what they compute, their gradients, and Adam's steps.
import { activations, type ActivationName } from "./activations";
import { at, greatest } from "./numbers";
import { type Random, shuffled } from "./random";

export interface Layer {
  inputs: number;
  outputs: number;
  /** Row by row: a row for each output. */
  weights: Float64Array;
  biases: Float64Array;
  activation: ActivationName | "none";
}

export type Network = Layer[];
export type Loss = "softmax" | "svm" | "squares";
/** Inputs, and the number of a class or the wanted outputs. */
export interface Example {
  x: ArrayLike<number>;
  target: number | ArrayLike<number>;
}

/** A network of the given widths with random weights: of variance 2 / inputs for ReLU, 1 / inputs otherwise. */
export function network(widths: number[], activation: ActivationName, chance: Random, spread = 1): Network {
  return widths.slice(1).map((outputs, place) => {
    const inputs = at(widths, place);
    const last = place === widths.length - 2;
    const scale = spread * Math.sqrt((activation === "relu" && !last ? 2 : 1) / inputs);
    return {
      inputs,
      outputs,
      weights: Float64Array.from({ length: inputs * outputs }, () => scale * chance.normal()),
      biases: new Float64Array(outputs),
      activation: last ? "none" : activation,
    };
  });
}

export const parameters = (net: Network): number =>
  net.reduce((total, layer) => total + layer.weights.length + layer.biases.length, 0);

/** The outputs of every layer, the input first. */
export function forward(net: Network, x: ArrayLike<number>): ArrayLike<number>[] {
  const values: ArrayLike<number>[] = [x];
  let input = x;
  for (const layer of net) {
    const { inputs, outputs, weights, biases } = layer;
    const output = new Float64Array(outputs);
    const activate = layer.activation === "none" ? null : activations[layer.activation].value;
    for (let i = 0; i < outputs; i++) {
      let total = at(biases, i);
      const row = i * inputs;
      for (let j = 0; j < inputs; j++) total += at(weights, row + j) * at(input, j);
      output[i] = activate ? activate(total) : total;
    }
    values.push(output);
    input = output;
  }
  return values;
}

export const scores = (net: Network, x: ArrayLike<number>): ArrayLike<number> =>
  forward(net, x)[net.length] as ArrayLike<number>;

/** The loss of scores, and its gradient by them. */
export function lossOf(found: ArrayLike<number>, target: Example["target"], loss: Loss): [number, Float64Array] {
  const count = found.length;
  const gradient = new Float64Array(count);
  if (loss === "squares") {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const off = at(found, i) - (typeof target === "number" ? target : at(target, i));
      total += off * off;
      gradient[i] = 2 * off;
    }
    return [total, gradient];
  }
  const truth = target as number;
  if (loss === "svm") {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const margin = at(found, i) - at(found, truth) + 1;
      if (i === truth || margin <= 0) continue;
      total += margin;
      gradient[i] = 1;
      gradient[truth] = at(gradient, truth) - 1;
    }
    return [total, gradient];
  }
  let most = -Infinity;
  for (let i = 0; i < count; i++) most = Math.max(most, at(found, i));
  let total = 0;
  for (let i = 0; i < count; i++) {
    gradient[i] = Math.exp(at(found, i) - most);
    total += at(gradient, i);
  }
  for (let i = 0; i < count; i++) gradient[i] = at(gradient, i) / total - (i === truth ? 1 : 0);
  return [most - at(found, truth) + Math.log(total), gradient];
}

/** Slopes from outputs: all activations but maxout tell them by their value. */
function slope(activation: Layer["activation"], output: number): number {
  if (activation === "sigmoid") return output * (1 - output);
  if (activation === "tanh") return 1 - output * output;
  if (activation === "relu") return output > 0 ? 1 : 0;
  if (activation === "leaky") return output > 0 ? 1 : 0.1;
  if (activation === "elu") return output > 0 ? 1 : output + 1;
  return 1;
}

export type Gradients = { weights: Float64Array; biases: Float64Array }[];

export const noGradients = (net: Network): Gradients =>
  net.map((layer) => ({
    weights: new Float64Array(layer.weights.length),
    biases: new Float64Array(layer.biases.length),
  }));

/** Add an example's gradients, and give its loss. */
export function backward(net: Network, example: Example, loss: Loss, into: Gradients): number {
  const values = forward(net, example.x);
  const [cost, last] = lossOf(values[net.length] as ArrayLike<number>, example.target, loss);
  let above = last;
  for (let place = net.length - 1; place >= 0; place--) {
    const { inputs, outputs, weights, activation } = net[place] as Layer;
    const { weights: dWeights, biases: dBiases } = into[place] as Gradients[number];
    const input = values[place] as ArrayLike<number>;
    const output = values[place + 1] as ArrayLike<number>;
    const below = new Float64Array(inputs);
    for (let i = 0; i < outputs; i++) {
      const local = at(above, i) * slope(activation, at(output, i));
      if (local === 0) continue;
      dBiases[i] = at(dBiases, i) + local;
      const row = i * inputs;
      for (let j = 0; j < inputs; j++) dWeights[row + j] = at(dWeights, row + j) + local * at(input, j);
      if (place > 0) for (let j = 0; j < inputs; j++) below[j] = at(below, j) + local * at(weights, row + j);
    }
    above = below;
  }
  return cost;
}

export interface Learner {
  net: Network;
  loss: Loss;
  steps: number;
  /** One step on a batch; the mean loss before it. */
  step(batch: Example[], rate: number, l2?: number): number;
}

/** Adam on a network (arXiv:1412.6980); `l2` is the λ of λΣW². */
export function learner(net: Network, loss: Loss): Learner {
  const first = noGradients(net);
  const second = noGradients(net);
  const self: Learner = {
    net,
    loss,
    steps: 0,
    step(batch, rate, l2 = 0) {
      const gradients = noGradients(net);
      let total = 0;
      for (const example of batch) total += backward(net, example, loss, gradients);
      self.steps += 1;
      const share = 1 / batch.length;
      net.forEach((layer, place) => {
        for (const name of ["weights", "biases"] as const)
          adam(
            layer[name],
            (gradients[place] as Gradients[number])[name],
            (first[place] as Gradients[number])[name],
            (second[place] as Gradients[number])[name],
            { rate, share, steps: self.steps, decay: name === "weights" ? 2 * l2 : 0 },
          );
      });
      return total * share;
    },
  };
  return self;
}

/** One step of Adam on some parameters in place; gradients are sums, of which `share` is taken. */
export function adam(
  values: Float64Array,
  gradients: Float64Array,
  first: Float64Array,
  second: Float64Array,
  { rate, share, steps, decay }: { rate: number; share: number; steps: number; decay: number },
): void {
  const correct = rate * (Math.sqrt(1 - 0.999 ** steps) / (1 - 0.9 ** steps));
  for (let i = 0; i < values.length; i++) {
    const gradient = at(gradients, i) * share + decay * at(values, i);
    first[i] = 0.9 * at(first, i) + 0.1 * gradient;
    second[i] = 0.999 * at(second, i) + 0.001 * gradient * gradient;
    values[i] = at(values, i) - (correct * at(first, i)) / (Math.sqrt(at(second, i)) + 1e-8);
  }
}

/** Batches of the examples in a new order, epoch after epoch. */
export function* batches(examples: Example[], size: number, chance: Random): Generator<Example[], never> {
  for (;;) {
    const order = shuffled(examples.length, chance);
    for (let from = 0; from < order.length; from += size)
      yield order.slice(from, from + size).map((place) => examples[place] as Example);
  }
}

/** The share of examples whose class has the greatest score. */
export const accuracy = (net: Network, examples: Example[]): number =>
  examples.filter((one) => greatest(scores(net, one.x)) === one.target).length / examples.length;
