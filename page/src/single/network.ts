// A trained network in the browser: the operations that src/wxb/page/export/program.py writes, on plain arrays.

/** The place of an array's first number among all numbers, and how many there are. */
type Ref = [number, number];
type Sizes = number[];
type Pair = [number, number];

interface Window {
  input: Sizes;
  output: Sizes;
  kernel: Pair;
  stride: number;
  padding: Pair;
}

type Operation =
  | { op: "fc"; out: number; members: number; weight: Ref; bias: Ref | null }
  | ({ op: "conv"; groups: number; dilation: number; weight: Ref; bias: Ref | null } & Window)
  | ({ op: "maxpool" | "avgpool" } & Window)
  | { op: "gap"; channels: number }
  | { op: "each"; f: string; a: number | null }
  | { op: "times"; factor: Ref; shift: Ref }
  | { op: "maxout"; pieces: number; channels: number }
  | { op: "lrn"; input: Sizes }
  | { op: "pixels" | "polar"; mean: Ref; std: Ref }
  | { op: "poly"; low: Ref; span: Ref; mean: Ref; std: Ref }
  | { op: "res"; arm: Operation[]; short: Operation[]; pad: number; input: Sizes; output: Sizes; survival: number }
  | { op: "cat"; branches: Operation[][] }
  | { op: "team"; members: number; factors: Ref; channels: number; groups: Operation[][] };

export interface Program {
  scale: { mean: Ref; std: Ref };
  restore: { mean: Ref; std: Ref } | null;
  items: Operation[];
  flip: boolean;
  numbers: string;
}

type Numbers = Float32Array;

/** A program with its numbers at hand. */
export class Network {
  readonly numbers: Numbers;

  constructor(
    readonly program: Program,
    readonly input: Sizes,
    readonly head: string,
  ) {
    const bytes = Uint8Array.from(atob(program.numbers), (one) => one.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    this.numbers = Float32Array.from({ length: bytes.length / 4 }, (_, place) => view.getFloat32(4 * place, true));
  }

  private at([first, count]: Ref): Numbers {
    return this.numbers.subarray(first, first + count);
  }

  /** The scores for an example: its numbers, of a picture channel by channel, each row by row. */
  scores(example: ArrayLike<number>): number[] {
    const found = this.once(Float64Array.from(example));
    if (!this.program.flip) return found;
    const wide = this.input[2] ?? 1;
    const mirrored = Float64Array.from(example, (_, at) => example[at - (at % wide) + (wide - 1 - (at % wide))] ?? 0);
    const other = this.once(mirrored);
    return found.map((one, row) => (one + (other[row] ?? 0)) / 2);
  }

  private once(example: Float64Array): number[] {
    const { scale, restore, items } = this.program;
    const [mean, std] = [this.at(scale.mean), this.at(scale.std)];
    const each = example.length / mean.length;
    const scaled = Float32Array.from(example, (one, at) => {
      const channel = Math.floor(at / each);
      return (one - (mean[channel] ?? 0)) / (std[channel] ?? 1);
    });
    const scores = Array.from(this.through(items, scaled, 0));
    if (!restore) return scores;
    const [middle, size] = [this.at(restore.mean), this.at(restore.std)];
    return scores.map((one, row) => one * (size[row] ?? 1) + (middle[row] ?? 0));
  }

  private through(items: Operation[], x: Numbers, member: number): Numbers {
    for (const item of items) x = this.operate(item, x, member);
    return x;
  }

  private operate(item: Operation, x: Numbers, member: number): Numbers {
    switch (item.op) {
      case "fc": {
        const weight = this.at(item.weight);
        const bias = item.bias && this.at(item.bias);
        const first = item.members ? member * item.out : 0; // a member's own rows
        return fill(item.out, (row) => {
          let sum = bias ? (bias[first + row] ?? 0) : 0;
          const start = (first + row) * x.length;
          for (let at = 0; at < x.length; at++) sum += (weight[start + at] ?? 0) * (x[at] ?? 0);
          return sum;
        });
      }
      case "conv":
        return this.convolve(item, x);
      case "maxpool":
        return pool(item, x, -Infinity, (a, b) => Math.max(a, b), (sum) => sum);
      case "avgpool":
        return pool(item, x, 0, (a, b) => a + b, (sum, count) => sum / count);
      case "gap": {
        const each = x.length / item.channels;
        return fill(item.channels, (channel) => {
          let sum = 0;
          for (let at = 0; at < each; at++) sum += x[channel * each + at] ?? 0;
          return sum / each;
        });
      }
      case "each": {
        const f = FUNCTIONS[item.f];
        if (!f) throw new Error(`no function ${item.f}`);
        const a = item.a ?? 1;
        return x.map((one) => f(one, a));
      }
      case "times": {
        const [factor, shift] = [this.at(item.factor), this.at(item.shift)];
        const each = x.length / factor.length;
        return x.map((one, at) => {
          const channel = Math.floor(at / each);
          return one * (factor[channel] ?? 1) + (shift[channel] ?? 0);
        });
      }
      case "maxout": {
        const each = x.length / item.channels; // numbers of a channel
        return fill(x.length / item.pieces, (at) => {
          const [channel, place] = [Math.floor(at / each), at % each];
          let most = -Infinity;
          for (let piece = 0; piece < item.pieces; piece++)
            most = Math.max(most, x[(channel * item.pieces + piece) * each + place] ?? 0);
          return most;
        });
      }
      case "lrn": {
        const [channels = 1] = item.input;
        const each = x.length / channels;
        return x.map((one, at) => {
          const channel = Math.floor(at / each);
          let sum = 0;
          for (let near = Math.max(0, channel - 2); near <= Math.min(channels - 1, channel + 2); near++)
            sum += (x[near * each + (at % each)] ?? 0) ** 2;
          return one / (2 + 1e-4 * sum) ** 0.75;
        });
      }
      case "pixels":
      case "polar": {
        const [mean, std] = [this.at(item.mean), this.at(item.std)];
        const [a = 0, b = 0] = x;
        const found = item.op === "pixels" ? x : Float32Array.of(Math.hypot(a, b), Math.atan2(b, a));
        return found.map((one, at) => (one - (mean[at] ?? 0)) / (std[at] ?? 1));
      }
      case "poly": {
        const [low, span, mean, std] = [this.at(item.low), this.at(item.span), this.at(item.mean), this.at(item.std)];
        const u = x.map((one, at) => ((one - (low[at] ?? 0)) / (span[at] ?? 1)) * 2 - 1);
        let [before, now] = [u.map(() => 1), u];
        return mean.map((one, place) => {
          const at = place % u.length;
          if (place > 0 && at === 0) [before, now] = [now, now.map((value, k) => 2 * (u[k] ?? 0) * value - (before[k] ?? 0))];
          return ((now[at] ?? 0) - one) / (std[place] ?? 1);
        });
      }
      case "res": {
        const arm = this.through(item.arm, x, member);
        const short = item.pad ? padded(item.pad, item.input, item.output, x) : this.through(item.short, x, member);
        return arm.map((one, at) => (short[at] ?? 0) + one * item.survival);
      }
      case "cat": {
        const found = item.branches.map((branch) => this.through(branch, x, member));
        const joined = new Float32Array(found.reduce((sum, one) => sum + one.length, 0));
        let at = 0;
        for (const one of found) {
          joined.set(one, at);
          at += one.length;
        }
        return joined;
      }
      case "team": {
        const factors = this.at(item.factors);
        const each = x.length / item.channels;
        const all = item.groups.flatMap((group, place) =>
          Array.from({ length: item.members }, (_, one) => {
            const start = (place * item.members + one) * item.channels;
            return this.through(group, x.map((value, at) => value * (factors[start + Math.floor(at / each)] ?? 1)), one);
          }),
        );
        return Float32Array.from(averaged(this.head, all.map((one) => Array.from(one))));
      }
    }
  }

  private convolve(item: Extract<Operation, { op: "conv" }>, x: Numbers): Numbers {
    const weight = this.at(item.weight);
    const bias = item.bias && this.at(item.bias);
    const [channels = 1, high = 1, wide = 1] = item.input;
    const [width = 1, rows = 1, columns = 1] = item.output;
    const [down, across] = item.kernel;
    const inside = channels / item.groups;
    const each = width / item.groups;
    const found = new Float32Array(width * rows * columns);
    for (let out = 0; out < width; out++) {
      const first = Math.floor(out / each) * inside;
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          let sum = bias ? (bias[out] ?? 0) : 0;
          for (let channel = 0; channel < inside; channel++)
            for (let i = 0; i < down; i++) {
              const y = row * item.stride - item.padding[0] + i * item.dilation;
              if (y < 0 || y >= high) continue;
              const line = ((first + channel) * high + y) * wide;
              const filter = ((out * inside + channel) * down + i) * across;
              for (let j = 0; j < across; j++) {
                const at = column * item.stride - item.padding[1] + j * item.dilation;
                if (at >= 0 && at < wide) sum += (weight[filter + j] ?? 0) * (x[line + at] ?? 0);
              }
            }
          found[(out * rows + row) * columns + column] = sum;
        }
    }
    return found;
  }
}

const fill = (length: number, value: (at: number) => number): Numbers => {
  const found = new Float32Array(length);
  for (let at = 0; at < length; at++) found[at] = value(at);
  return found;
};

/** Windows over maps, cut at their borders. */
function pool(
  item: Window,
  x: Numbers,
  start: number,
  join: (a: number, b: number) => number,
  end: (sum: number, count: number) => number,
): Numbers {
  const [, high = 1, wide = 1] = item.input;
  const [channels = 1, rows = 1, columns = 1] = item.output;
  return fill(channels * rows * columns, (at) => {
    const [column, row, channel] = [at % columns, Math.floor(at / columns) % rows, Math.floor(at / columns / rows)];
    const [top, left] = [row * item.stride - item.padding[0], column * item.stride - item.padding[1]];
    let [sum, count] = [start, 0];
    for (let y = Math.max(0, top); y < Math.min(high, top + item.kernel[0]); y++)
      for (let i = Math.max(0, left); i < Math.min(wide, left + item.kernel[1]); i++) {
        sum = join(sum, x[(channel * high + y) * wide + i] ?? 0);
        count++;
      }
    return end(sum, count);
  });
}

/** Every `stride`-th pixel, and channels of zeros at the end. */
function padded(stride: number, input: Sizes, output: Sizes, x: Numbers): Numbers {
  const [channels = 1, high = 1, wide = 1] = input;
  const [width = 1, rows = 1, columns = 1] = output;
  return fill(width * rows * columns, (at) => {
    const [column, row, channel] = [at % columns, Math.floor(at / columns) % rows, Math.floor(at / columns / rows)];
    return channel < channels ? (x[(channel * high + row * stride) * wide + column * stride] ?? 0) : 0;
  });
}

const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

const FUNCTIONS: Record<string, (x: number, a: number) => number> = {
  sigmoid,
  tanh: Math.tanh,
  relu: (x) => Math.max(0, x),
  gelu: (x) => (x * erfc(-x / Math.SQRT2)) / 2,
  silu: (x) => x * sigmoid(x),
  leaky: (x, a) => (x > 0 ? x : a * x),
  elu: (x, a) => (x > 0 ? x : a * Math.expm1(x)),
};

/** 1 − erf(x), with a relative error below 1.2e-7 (Press et al., Numerical Recipes, section 6.2). */
function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
  ];
  const found = t * Math.exp(-x * x + terms.reduceRight((sum, one) => sum * t + one, 0));
  return x >= 0 ? found : 2 - found;
}

/** The shares of classes for scores. */
export function softmax(scores: number[]): number[] {
  const most = Math.max(...scores);
  const each = scores.map((one) => Math.exp(one - most));
  const sum = each.reduce((a, b) => a + b, 0);
  return each.map((one) => one / sum);
}

/** The scores of a TEAM: those of its members' mean probabilities, or their mean. */
function averaged(head: string, members: number[][]): number[] {
  const mean = (rows: number[][]): number[] =>
    (rows[0] ?? []).map((_, at) => rows.reduce((sum, one) => sum + (one[at] ?? 0), 0) / rows.length);
  if (head === "SOFTMAX") return mean(members.map(softmax)).map((one) => Math.log(Math.max(one, 1e-300)));
  if (head === "SIGMOIDS") return mean(members.map((one) => one.map(sigmoid))).map((one) => Math.log(one / (1 - one)));
  return mean(members);
}

/** The probabilities that scores stand for; null if the head has none. */
export function probabilities(head: string, scores: number[]): number[] | null {
  if (head === "SOFTMAX") return softmax(scores);
  return head === "SIGMOIDS" ? scores.map(sigmoid) : null;
}
