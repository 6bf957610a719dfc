// Pictures as flat arrays of numbers: windows that slide over them, pooling, and changes that leave their meaning.
import { at } from "./numbers";

/** Rows of numbers. */
export interface Picture {
  height: number;
  width: number;
  values: Float64Array;
}

export const picture = (rows: number[][]): Picture => ({
  height: rows.length,
  width: rows[0]?.length ?? 0,
  values: Float64Array.from(rows.flat()),
});

export const rowsOf = (of: Picture): number[][] =>
  Array.from({ length: of.height }, (_, row) => [...of.values.subarray(row * of.width, (row + 1) * of.width)]);

/** The value at a place; 0 outside of the picture. */
export const pixel = (of: Picture, row: number, column: number): number =>
  row < 0 || column < 0 || row >= of.height || column >= of.width ? 0 : at(of.values, row * of.width + column);

/** How many places a window takes along an axis. */
export const places = (length: number, kernel: number, stride = 1, padding = 0): number =>
  Math.floor((length + 2 * padding - kernel) / stride) + 1;

/** A filter laid on every place, products added: what networks call a convolution (a correlation). */
export function correlated(of: Picture, filter: Picture, padding = 0): Picture {
  const height = places(of.height, filter.height, 1, padding);
  const width = places(of.width, filter.width, 1, padding);
  const values = new Float64Array(height * width);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      let total = 0;
      for (let i = 0; i < filter.height; i++)
        for (let j = 0; j < filter.width; j++)
          total += at(filter.values, i * filter.width + j) * pixel(of, row + i - padding, column + j - padding);
      values[row * width + column] = total;
    }
  return { height, width, values };
}

/** A picture turned by half a turn: with it a correlation is the convolution of the signal books. */
export const turned = (of: Picture): Picture => ({ ...of, values: Float64Array.from(of.values).reverse() });

/** The greatest, or the mean, of each window of `size`×`size`, which move by `stride`. */
export function pooled(of: Picture, size: number, stride: number, kind: "max" | "mean" = "max"): Picture {
  const height = places(of.height, size, stride);
  const width = places(of.width, size, stride);
  const values = new Float64Array(height * width);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      let most = -Infinity;
      let total = 0;
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          const value = pixel(of, row * stride + i, column * stride + j);
          most = Math.max(most, value);
          total += value;
        }
      values[row * width + column] = kind === "max" ? most : total / (size * size);
    }
  return { height, width, values };
}

export interface Change {
  /** Pixels to the right and down. */
  right: number;
  down: number;
  /** Degrees against the clock. */
  turn: number;
  /** Added to every pixel, in parts of `most`. */
  brighter: number;
  /** The side in pixels of a blank square in the middle. */
  hidden: number;
  /** The share of noise. */
  noise: number;
}

export const unchanged: Change = { right: 0, down: 0, turn: 0, brighter: 0, hidden: 0, noise: 0 };

/** A picture moved, turned, made brighter, with noise and with a hidden square; pixels stay between 0 and `most`. */
export function changed(of: Picture, change: Change, most: number, noise: ArrayLike<number> = []): Picture {
  const { height, width } = of;
  const values = new Float64Array(height * width);
  const angle = (change.turn * Math.PI) / 180;
  const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [y, x] = [row - middleRow - change.down, column - middleColumn - change.right];
      const fromRow = middleRow + Math.cos(angle) * y + Math.sin(angle) * x;
      const fromColumn = middleColumn - Math.sin(angle) * y + Math.cos(angle) * x;
      let value = between(of, fromRow, fromColumn) + change.brighter * most;
      if (change.noise > 0) value += change.noise * most * (noise[row * width + column] ?? 0);
      if (Math.abs(row - middleRow) < change.hidden / 2 && Math.abs(column - middleColumn) < change.hidden / 2) value = 0;
      values[row * width + column] = Math.min(most, Math.max(0, value));
    }
  return { height, width, values };
}

/** The value between pixels, from the four around it. */
function between(of: Picture, row: number, column: number): number {
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [down, right] = [row - top, column - left];
  return (
    (1 - down) * ((1 - right) * pixel(of, top, left) + right * pixel(of, top, left + 1)) +
    down * ((1 - right) * pixel(of, top + 1, left) + right * pixel(of, top + 1, left + 1))
  );
}

/** The picture in another size: each new pixel is the mean of the area that it covers, or a value between pixels. */
export function resized(of: Picture, height: number, width: number): Picture {
  const values = new Float64Array(height * width);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      values[row * width + column] = between(
        of,
        Math.min(of.height - 1, Math.max(0, ((row + 0.5) * of.height) / height - 0.5)),
        Math.min(of.width - 1, Math.max(0, ((column + 0.5) * of.width) / width - 0.5)),
      );
  return { height, width, values };
}

/** How many pixels lie in each of `bins` equal parts of 0 to `most`, as shares. */
export function histogram(of: Picture, bins: number, most: number): Float64Array {
  const found = new Float64Array(bins);
  for (const value of of.values) {
    const bin = Math.min(bins - 1, Math.floor((value / most) * bins));
    found[bin] = at(found, bin) + 1 / of.values.length;
  }
  return found;
}

/** Directions of edges: for each cell of `cell`×`cell` pixels, how strong the slopes are in each of `bins` directions. */
export function orientations(of: Picture, cell: number, bins: number): Float64Array {
  const across = Math.floor(of.width / cell);
  const found = new Float64Array(across * Math.floor(of.height / cell) * bins);
  for (let row = 0; row < of.height; row++)
    for (let column = 0; column < of.width; column++) {
      const right = pixel(of, row, column + 1) - pixel(of, row, column - 1);
      const down = pixel(of, row + 1, column) - pixel(of, row - 1, column);
      const angle = (Math.atan2(down, right) + Math.PI) % Math.PI; // a dark edge and a light one are alike
      const bin = Math.min(bins - 1, Math.floor((angle / Math.PI) * bins));
      const place = (Math.floor(row / cell) * across + Math.floor(column / cell)) * bins + bin;
      if (place < found.length) found[place] = at(found, place) + Math.hypot(right, down);
    }
  return found;
}
