// Activations and their derivatives.

export interface Activation {
  name: string;
  /** As the notation writes it. */
  layer: string;
  formula: string;
  value: (z: number) => number;
  slope: (z: number) => number;
}

export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

export const activations = {
  sigmoid: {
    name: "sigmoid",
    layer: "SIGMOID",
    formula: "1 / (1 + e⁻ᶻ)",
    value: sigmoid,
    slope: (z) => sigmoid(z) * (1 - sigmoid(z)),
  },
  tanh: { name: "tanh", layer: "TANH", formula: "tanh z", value: Math.tanh, slope: (z) => 1 - Math.tanh(z) ** 2 },
  relu: {
    name: "ReLU",
    layer: "RELU",
    formula: "max(0, z)",
    value: (z) => Math.max(0, z),
    slope: (z) => (z > 0 ? 1 : 0),
  },
  leaky: {
    name: "leaky ReLU",
    layer: "LEAKY",
    formula: "max(0.1 z, z)",
    value: (z) => Math.max(0.1 * z, z),
    slope: (z) => (z > 0 ? 1 : 0.1),
  },
  maxout: {
    name: "maxout",
    layer: "MAXOUT",
    formula: "max(w₁z + b₁, w₂z + b₂)",
    value: (z) => Math.max(-0.5 * z - 0.5, z),
    slope: (z) => (z > -0.5 * z - 0.5 ? 1 : -0.5),
  },
  elu: {
    name: "ELU",
    layer: "ELU",
    formula: "z, or eᶻ − 1 below 0",
    value: (z) => (z > 0 ? z : Math.exp(z) - 1),
    slope: (z) => (z > 0 ? 1 : Math.exp(z)),
  },
} satisfies Record<string, Activation>;

export type ActivationName = keyof typeof activations;
