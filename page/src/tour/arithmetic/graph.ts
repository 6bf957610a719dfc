// Computation graphs: an expression becomes nodes, values go forward through them, and gradients come back.

export interface Node {
  /** What it computes: a name, a number, or an operation. */
  label: string;
  /** Places of its inputs in the list. */
  inputs: number[];
  value: number;
  /** The derivative by each input. */
  local: number[];
  /** The derivative of the last node by this one. */
  gradient: number;
}

export interface Graph {
  /** In the order of computing; the last one is the result. */
  nodes: Node[];
  /** The names in it, in the order in which they appear. */
  names: string[];
}

/** An expression that cannot be read, and where. */
export class Unreadable extends Error {
  constructor(
    message: string,
    readonly place: number,
  ) {
    super(message);
  }
}

type Rule = (...values: number[]) => [value: number, ...local: number[]];

export const functions: Record<string, Rule> = {
  exp: (a = 0) => [Math.exp(a), Math.exp(a)],
  log: (a = 0) => [Math.log(a), 1 / a],
  sin: (a = 0) => [Math.sin(a), Math.cos(a)],
  cos: (a = 0) => [Math.cos(a), -Math.sin(a)],
  tanh: (a = 0) => [Math.tanh(a), 1 - Math.tanh(a) ** 2],
  relu: (a = 0) => [Math.max(0, a), a > 0 ? 1 : 0],
  sigmoid: (a = 0) => {
    const value = 1 / (1 + Math.exp(-a));
    return [value, value * (1 - value)];
  },
  max: (a = 0, b = 0) => [Math.max(a, b), a >= b ? 1 : 0, a >= b ? 0 : 1],
};
const TWO = new Set(["max"]);

const operations: Record<string, Rule> = {
  "+": (a = 0, b = 0) => [a + b, 1, 1],
  "−": (a = 0, b = 0) => [a - b, 1, -1],
  "×": (a = 0, b = 0) => [a * b, b, a],
  "/": (a = 0, b = 1) => [a / b, 1 / b, -a / (b * b)],
  "^": (a = 0, b = 1) => [a ** b, b * a ** (b - 1), a > 0 ? a ** b * Math.log(a) : 0],
  negative: (a = 0) => [-a, -1],
};

const MOST_NODES = 60;

/** Read an expression such as "(x + y) * z" or "sigmoid(w*x + b)". Raises Unreadable. */
export function read(text: string): Graph {
  const nodes: Node[] = [];
  const names: string[] = [];
  const tokens = [...text.matchAll(/\s*([a-z]\w*|\d+\.?\d*|\.\d+|\*\*|[-+−*/×^(),]|\S)/gi)].map((found) => ({
    text: found[1] ?? "",
    place: found.index + found[0].length - (found[1] ?? "").length,
  }));
  let here = 0;

  const add = (label: string, inputs: number[] = []): number => {
    const known = inputs.length ? -1 : nodes.findIndex((one) => one.label === label && !one.inputs.length);
    if (known >= 0) return known;
    if (nodes.length >= MOST_NODES) throw new Unreadable(`more than ${MOST_NODES} nodes`, text.length);
    return nodes.push({ label, inputs, value: 0, local: [], gradient: 0 }) - 1;
  };
  const seen = (): string => tokens[here]?.text ?? "";
  const place = (): number => tokens[here]?.place ?? text.length;
  const expect = (wanted: string): void => {
    if (seen() !== wanted) throw new Unreadable(`expected “${wanted}”${seen() ? `, not “${seen()}”` : ""}`, place());
    here += 1;
  };

  function total(): number {
    let left = product();
    while (["+", "-", "−"].includes(seen())) {
      const label = seen() === "+" ? "+" : "−";
      here += 1;
      left = add(label, [left, product()]);
    }
    return left;
  }
  function product(): number {
    let left = signed();
    while (["*", "×", "/"].includes(seen())) {
      const label = seen() === "/" ? "/" : "×";
      here += 1;
      left = add(label, [left, signed()]);
    }
    return left;
  }
  function signed(): number {
    if (seen() !== "-" && seen() !== "−") return power();
    here += 1;
    return add("negative", [signed()]);
  }
  function power(): number {
    const base = single();
    if (seen() !== "^" && seen() !== "**") return base;
    here += 1;
    return add("^", [base, signed()]);
  }
  function single(): number {
    const token = seen();
    if (token === "(") {
      here += 1;
      const inside = total();
      expect(")");
      return inside;
    }
    if (/^[\d.]+$/.test(token)) {
      here += 1;
      return add(token);
    }
    if (!/^[a-z]\w*$/i.test(token)) throw new Unreadable(token ? `“${token}” is not expected here` : "it ends too early", place());
    here += 1;
    if (seen() !== "(") {
      if (!names.includes(token)) names.push(token);
      return add(token);
    }
    if (!Object.hasOwn(functions, token)) {
      here -= 1;
      throw new Unreadable(`there is no function ${token}; there are ${Object.keys(functions).join(", ")}`, place());
    }
    here += 1;
    const inputs = [total()];
    if (TWO.has(token)) {
      expect(",");
      inputs.push(total());
    }
    expect(")");
    return add(token, inputs);
  }

  const result = total();
  if (here < tokens.length) throw new Unreadable(`“${seen()}” is not expected here`, place());
  if (result !== nodes.length - 1) throw new Unreadable("there is nothing to compute", 0);
  return { nodes, names };
}

/** The graph with its values and gradients for values of its names. */
export function computed(graph: Graph, values: Record<string, number>): Graph {
  const nodes = graph.nodes.map((node) => ({ ...node, gradient: 0 }));
  for (const node of nodes) {
    if (node.inputs.length === 0) {
      node.value = Object.hasOwn(values, node.label) ? (values[node.label] as number) : Number(node.label);
      continue;
    }
    const rule = (functions[node.label] ?? operations[node.label]) as Rule;
    const [value, ...local] = rule(...node.inputs.map((place) => (nodes[place] as Node).value));
    node.value = value;
    node.local = local;
  }
  const last = nodes.at(-1);
  if (last) last.gradient = 1;
  for (const node of nodes.toReversed())
    node.inputs.forEach((place, i) => {
      (nodes[place] as Node).gradient += node.gradient * (node.local[i] ?? 0);
    });
  return { nodes, names: graph.names };
}

/** The derivative of the result by a name, from two values close to it. */
export function numeric(graph: Graph, values: Record<string, number>, name: string, step = 1e-5): number {
  const result = (shift: number): number =>
    computed(graph, { ...values, [name]: (values[name] ?? 0) + shift }).nodes.at(-1)?.value ?? NaN;
  return (result(step) - result(-step)) / (2 * step);
}
