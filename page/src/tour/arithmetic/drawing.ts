// A drawing in the form of the digits that a network learned from.
import { at } from "./numbers";

const SMALL = 8;

/** A square drawing of 0 to 1 cut to its ink, put in the middle, and averaged to 8×8; nothing stays nothing. */
export function shrunk(ink: Float64Array, side: number): Float64Array {
  let [top, bottom, left, right] = [side, -1, side, -1];
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++)
      if (at(ink, row * side + column) > 0.1) {
        [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
        [left, right] = [Math.min(left, column), Math.max(right, column)];
      }
  const found = new Float64Array(SMALL * SMALL);
  if (bottom < 0) return found;
  const size = Math.max(bottom - top, (right - left) * 1.25, side / 4) + 1;
  const [firstRow, firstColumn] = [(top + bottom + 1 - size) / 2, (left + right + 1 - size) / 2];
  const FINE = 4; // samples along a pixel
  for (let row = 0; row < SMALL; row++)
    for (let column = 0; column < SMALL; column++) {
      let total = 0;
      for (let i = 0; i < FINE; i++)
        for (let j = 0; j < FINE; j++) {
          const r = Math.floor(firstRow + ((row + (i + 0.5) / FINE) / SMALL) * size);
          const c = Math.floor(firstColumn + ((column + (j + 0.5) / FINE) / SMALL) * size);
          if (r >= 0 && c >= 0 && r < side && c < side) total += at(ink, r * side + c);
        }
      found[row * SMALL + column] = Math.min(1, (1.25 * total) / (FINE * FINE));
    }
  return found;
}
