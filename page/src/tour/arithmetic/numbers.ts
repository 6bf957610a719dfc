// Vectors and matrices as plain arrays of numbers.

export type Vector = number[];
export type Matrix = number[][];

/** The number at a place that is known to be there; noUncheckedIndexedAccess cannot know it. */
export const at = (values: ArrayLike<number>, place: number): number => values[place] as number;

/** The entry of a matrix at a row and a column that are known to be there. */
export const entry = (matrix: Matrix, row: number, column: number): number => (matrix[row] as Vector)[column] as number;

export const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

export const mean = (values: Vector): number => sum(values) / values.length;

export const dot = (a: Vector, b: Vector): number => sum(a.map((value, i) => value * at(b, i)));

/** W x. */
export const times = (matrix: Matrix, vector: Vector): Vector => matrix.map((row) => dot(row, vector));

export const plus = (a: Vector, b: Vector): Vector => a.map((value, i) => value + at(b, i));

/** The place of the greatest value; the first of several. */
export function greatest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (at(values, i) > at(values, best)) best = i;
  return best;
}

/** `count` numbers from `low` to `high`, both included. */
export const spaced = (low: number, high: number, count: number): Vector =>
  Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

export const range = (count: number): Vector => Array.from({ length: count }, (_, i) => i);

/** The solution x of a symmetric, positive definite A x = b, by Cholesky's factors. */
export function solved(a: Matrix, b: Vector): Vector {
  const n = b.length;
  const lower: Matrix = a.map((row) => row.map(() => 0));
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let left = entry(a, i, j);
      for (let k = 0; k < j; k++) left -= entry(lower, i, k) * entry(lower, j, k);
      (lower[i] as Vector)[j] = i === j ? Math.sqrt(Math.max(left, 1e-300)) : left / entry(lower, j, j);
    }
  const y: Vector = [];
  for (let i = 0; i < n; i++) {
    let left = at(b, i);
    for (let k = 0; k < i; k++) left -= entry(lower, i, k) * at(y, k);
    y.push(left / entry(lower, i, i));
  }
  const x: Vector = b.map(() => 0);
  for (let i = n - 1; i >= 0; i--) {
    let left = at(y, i);
    for (let k = i + 1; k < n; k++) left -= entry(lower, k, i) * at(x, k);
    x[i] = left / entry(lower, i, i);
  }
  return x;
}
