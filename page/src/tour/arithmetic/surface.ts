// Error surfaces over two weights, their gradients, and gradient descent on them.
import { sigmoid } from "./activations";

export type Place = [number, number];

export interface Surface {
  title: string;
  says: string;
  height: (w: Place) => number;
  /** Half of the side of the square that is drawn. */
  side: number;
  starts: Place[];
  rate: number;
}

const X = [-4, 2, 3, 4];
const Y = [-1.5, -0.3, 0.9, 0.9];

export const surfaces = {
  bowl: {
    title: "a bowl",
    says: "One minimum. Every start ends in it, unless the rate is too high.",
    height: ([a, b]) => 0.5 * (0.3 * a * a + 1.5 * b * b),
    side: 3,
    starts: [[-2.5, 2], [2.5, -1], [1.5, 2.5]],
    rate: 0.3,
  },
  valleys: {
    title: "several minima",
    says: "Four valleys of different depth. Where a ball ends depends on where it starts.",
    height: ([a, b]) => (a * a - 2) ** 2 / 4 + (b * b - 2) ** 2 / 4 + 0.35 * a + 0.2 * b + 1,
    side: 2.6,
    starts: [[-0.3, 2.3], [0.3, 2.3], [0.4, -0.3], [-0.4, -0.3]],
    rate: 0.08,
  },
  saddle: {
    title: "a saddle",
    says: "The gradient is zero in the middle, but it is a minimum along one axis and a maximum along the other.",
    height: ([a, b]) => 0.5 * a * a - 0.5 * b * b + b ** 4 / 12 + 0.8,
    side: 2.6,
    starts: [[2.2, 0], [2.2, 0.02], [-2.2, -0.02]],
    rate: 0.15,
  },
  plateau: {
    title: "a plateau",
    says: "Far from the hollow the surface is nearly flat: the gradient is small, and so are the steps.",
    height: ([a, b]) => 1 - Math.exp(-(a * a + b * b) / 1.6),
    side: 3,
    starts: [[2.7, 1.6], [1, 1.1], [-1.6, -1]],
    rate: 0.3,
  },
  network: {
    title: "a network: w₂ σ(w₁ x)",
    says: "The loss of a real network with two weights on four examples: two valleys, and a saddle between them.",
    height: ([a, b]) => X.reduce((total, x, i) => total + (b * sigmoid(a * x) - (Y[i] ?? 0)) ** 2, 0) / X.length,
    side: 4,
    starts: [[-1, 2.5], [-0.5, -2.5], [0.2, 1.5], [3, -2]],
    rate: 0.2,
  },
} satisfies Record<string, Surface>;

export type SurfaceName = keyof typeof surfaces;

/** ∇C at a place, by central differences. */
export function gradient(height: Surface["height"], [a, b]: Place): Place {
  const step = 1e-4;
  return [
    (height([a + step, b]) - height([a - step, b])) / (2 * step),
    (height([a, b + step]) - height([a, b - step])) / (2 * step),
  ];
}

/** w − η∇C. */
export function descended(height: Surface["height"], w: Place, rate: number): Place {
  const [a, b] = gradient(height, w);
  return [w[0] - rate * a, w[1] - rate * b];
}

/** The places of so many steps; it ends where the numbers leave the drawing by far. */
export function path(height: Surface["height"], start: Place, rate: number, steps: number): Place[] {
  const found: Place[] = [start];
  let here = start;
  for (let step = 0; step < steps; step++) {
    here = descended(height, here, rate);
    if (!(Math.abs(here[0]) < 50 && Math.abs(here[1]) < 50)) break;
    found.push(here);
  }
  return found;
}
