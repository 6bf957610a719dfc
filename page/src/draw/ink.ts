// From strokes to a picture in the size and the greys of a run's own pictures.

export interface Ink {
  paper: number;
  ink: number;
}

/** The share of the picture that the longer side of what is drawn fills: the whole of tiny pictures, less of others. */
const share = (side: number): number => (side < 16 ? 1 : 20 / 28);

/**
 * What was drawn on a square of `side` cells (0 to 1), as a picture of height times width: its box is scaled, and its
 * centre of mass put into the middle, as the makers of MNIST did. Null if nothing is drawn.
 */
export function picture(cells: Float32Array, side: number, height: number, width: number, { paper, ink }: Ink): number[][] | null {
  let [top, left, bottom, right] = [side, side, -1, -1];
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++)
      if ((cells[row * side + column] ?? 0) > 0.1) {
        top = Math.min(top, row);
        bottom = Math.max(bottom, row);
        left = Math.min(left, column);
        right = Math.max(right, column);
      }
  if (bottom < 0) return null;
  const longer = Math.max(bottom - top + 1, right - left + 1, side / 6);
  const scale = (share(Math.min(height, width)) * Math.min(height, width)) / longer; // pixels a cell
  const sum = new Float64Array(height * width);
  const [middleRow, middleColumn] = centre(cells, side);
  const down = share(height) === 1 ? (top + bottom + 1) / 2 : middleRow;
  const along = share(width) === 1 ? (left + right + 1) / 2 : middleColumn;
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) {
      const value = cells[row * side + column] ?? 0;
      if (value <= 0) continue;
      const y = (row + 0.5 - down) * scale + height / 2;
      const x = (column + 0.5 - along) * scale + width / 2;
      spread(sum, height, width, y, x, scale, value);
    }
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => {
      const covered = Math.min(1, sum[row * width + column] ?? 0);
      return Math.round(paper + covered * (ink - paper));
    }),
  );
}

/** Lay a cell of `scale` pixels' side around (y, x) over the pixels that it covers, each by the area it covers. */
function spread(sum: Float64Array, height: number, width: number, y: number, x: number, scale: number, value: number): void {
  const half = scale / 2;
  for (let row = Math.floor(y - half); row < y + half; row++) {
    const high = Math.min(row + 1, y + half) - Math.max(row, y - half);
    if (row < 0 || row >= height || high <= 0) continue;
    for (let column = Math.floor(x - half); column < x + half; column++) {
      const wide = Math.min(column + 1, x + half) - Math.max(column, x - half);
      if (column < 0 || column >= width || wide <= 0) continue;
      const at = row * width + column;
      sum[at] = (sum[at] ?? 0) + high * wide * value;
    }
  }
}

/** The centre of mass, in cells. */
function centre(cells: Float32Array, side: number): [number, number] {
  let [mass, down, along] = [0, 0, 0];
  cells.forEach((value, place) => {
    mass += value;
    down += value * (Math.floor(place / side) + 0.5);
    along += value * ((place % side) + 0.5);
  });
  return mass ? [down / mass, along / mass] : [side / 2, side / 2];
}

/** Draw a line of a round pen from one point to another, in cells; points are [column, row]. */
export function stroke(cells: Float32Array, side: number, from: [number, number], to: [number, number], radius: number): void {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const low = (a: number, b: number): number => Math.max(0, Math.floor(Math.min(a, b) - radius - 1));
  const high = (a: number, b: number): number => Math.min(side - 1, Math.ceil(Math.max(a, b) + radius + 1));
  for (let row = low(from[1], to[1]); row <= high(from[1], to[1]); row++)
    for (let column = low(from[0], to[0]); column <= high(from[0], to[0]); column++) {
      const [x, y] = [column + 0.5 - from[0], row + 0.5 - from[1]];
      const along = length ? Math.min(1, Math.max(0, (x * (to[0] - from[0]) + y * (to[1] - from[1])) / length ** 2)) : 0;
      const away = Math.hypot(x - along * (to[0] - from[0]), y - along * (to[1] - from[1]));
      const covered = Math.min(1, Math.max(0, radius + 0.5 - away));
      const at = row * side + column;
      cells[at] = Math.max(cells[at] ?? 0, covered);
    }
}
