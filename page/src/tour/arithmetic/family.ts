// The family [(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K, SOFTMAX: its text, its layers, their shapes and parameters.

export interface Choice {
  n: number;
  m: number;
  k: number;
  pool: boolean;
}

export interface Row {
  layer: string;
  /** Channels, height, width; or the number of units. */
  output: number[];
  parameters: number;
}

const FIRST_WIDTH = 32;
const HIDDEN = 128;

/** The text that a choice expands to, shortened by counts: "[(CONV3-32-RELU)*2-POOL]*3-FC-RELU, SOFTMAX". */
export function textOf({ n, m, k, pool }: Choice): string {
  const block = [n > 0 ? repeated("CONV-RELU", n) : "", pool ? "POOL" : ""].filter(Boolean).join("-");
  const items = [block && m > 0 ? repeated(block, m, "[]") : "", k > 0 ? repeated("FC-RELU", k) : ""].filter(Boolean);
  return [items.join("-"), "SOFTMAX"].filter(Boolean).join(", ");
}

function repeated(item: string, count: number, brackets = "()"): string {
  return count === 1 ? item : `${brackets[0]}${item}${brackets[1]}*${count}`;
}

/** The layers for a picture of channels×side×side. A CONV is 3×3 and keeps the size; `width` is that of all of them. */
export function rowsOf(choice: Choice, channels: number, side: number, classes: number, width = FIRST_WIDTH): Row[] {
  const rows: Row[] = [];
  let [depth, size] = [channels, side];
  for (let block = 0; block < choice.m; block++) {
    for (let i = 0; i < choice.n; i++) {
      rows.push({ layer: `CONV3-${width}-RELU`, output: [width, size, size], parameters: width * (9 * depth + 1) });
      depth = width;
    }
    if (choice.pool) {
      size = Math.floor(size / 2);
      rows.push({ layer: "POOL", output: [depth, size, size], parameters: 0 });
    }
  }
  let inputs = depth * size * size;
  for (let i = 0; i < choice.k; i++) {
    rows.push({ layer: `FC-${HIDDEN}-RELU`, output: [HIDDEN], parameters: HIDDEN * (inputs + 1) });
    inputs = HIDDEN;
  }
  rows.push({ layer: `FC-${classes}, SOFTMAX`, output: [classes], parameters: classes * (inputs + 1) });
  return rows;
}

/** How many POOLs a picture of this side takes before nothing is left. */
export const mostPools = (side: number): number => Math.floor(Math.log2(side));

/** The parameters of fully connected layers of the given widths, the input first. */
export const dense = (widths: number[]): number =>
  widths.slice(1).reduce((total, width, i) => total + width * ((widths[i] ?? 0) + 1), 0);

/** The width of `layers` equal hidden layers that comes closest to a number of parameters. */
export function widthFor(parameters: number, inputs: number, layers: number, outputs: number): number {
  let best = 1;
  for (let width = 1; width <= 4096; width++) {
    const found = dense([inputs, ...Array.from({ length: layers }, () => width), outputs]);
    if (Math.abs(found - parameters) < Math.abs(dense([inputs, ...Array.from({ length: layers }, () => best), outputs]) - parameters)) best = width;
    if (found > parameters) break;
  }
  return best;
}

/** The receptive field of convolutions of `kernel` with stride 1, one after another. */
export const field = (kernel: number, layers: number): number => 1 + layers * (kernel - 1);
