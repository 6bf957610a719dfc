// Numbers as colours: viridis for values, and a map that is pale at zero for signed ones.

type Rgb = [number, number, number];

const hex = (text: string): Rgb => {
  const value = parseInt(text, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

const VIRIDIS = ["440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"].map(hex);
const ORANGE = [hex("f7f7f5"), hex("f1b87c"), hex("c96a12"), hex("7d3a00")];
const BLUE = [hex("f7f7f5"), hex("9ccbe9"), hex("2d86bd"), hex("003f6b")];

function along(stops: Rgb[], share: number): Rgb {
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  const [a, b] = [stops[low] as Rgb, stops[low + 1] as Rgb];
  return a.map((one, row) => Math.round(one + (at - low) * ((b[row] ?? one) - one))) as Rgb;
}

/** The range of the colours: signed values reach as far below zero as above it. */
export interface Range {
  low: number;
  high: number;
  signed: boolean;
}

export function rangeOf(values: Iterable<number | null>): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const one of values)
    if (one !== null && Number.isFinite(one)) {
      if (one < low) low = one;
      if (one > high) high = one;
    }
  if (low > high) return { low: 0, high: 0, signed: false };
  const signed = low < 0;
  const most = Math.max(Math.abs(low), Math.abs(high));
  return signed ? { low: -most, high: most, signed } : { low: 0, high, signed };
}

/** The colour of a value; grey for none. */
export function colourAt(value: number | null, range: Range): Rgb {
  if (value === null || !Number.isFinite(value)) return [128, 128, 128];
  const most = range.high || 1;
  if (!range.signed) return along(VIRIDIS, value / most);
  return value >= 0 ? along(BLUE, value / most) : along(ORANGE, -value / most);
}

export type Grid = (number | null)[][];

/** A row of numbers as lines of 32. */
export function linesOf(values: (number | null)[]): Grid {
  const wide = Math.min(32, values.length);
  const found: Grid = [];
  for (let at = 0; at < values.length; at += wide) found.push(values.slice(at, at + wide));
  const end = found.at(-1);
  while (end && end.length < wide) end.push(null);
  return found;
}

/** Paint grids of numbers beside each other, `columns` in a row, a pixel a number, with a gap between. */
export function paint(canvas: HTMLCanvasElement, grids: Grid[], columns: number, range: Range, gap = 1): void {
  const [rows, wide] = [grids[0]?.length ?? 0, grids[0]?.[0]?.length ?? 0];
  const across = Math.min(columns, grids.length);
  const down = Math.ceil(grids.length / Math.max(1, across));
  resize(canvas, across * (wide + gap) - gap, down * (rows + gap) - gap);
  const context = canvas.getContext("2d");
  if (!context || rows === 0 || wide === 0) return;
  const picture = context.createImageData(canvas.width, canvas.height);
  grids.forEach((grid, place) => {
    const [x, y] = [(place % across) * (wide + gap), Math.floor(place / across) * (rows + gap)];
    grid.forEach((line, row) =>
      line.forEach((value, column) => {
        const at = 4 * ((y + row) * canvas.width + x + column);
        const [r, g, b] = colourAt(value, range);
        picture.data[at] = r;
        picture.data[at + 1] = g;
        picture.data[at + 2] = b;
        picture.data[at + 3] = 255;
      }),
    );
  });
  context.putImageData(picture, 0, 0);
}

/** Give a canvas its size, at least 1×1; one that has it keeps its buffer. */
function resize(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== Math.max(1, width)) canvas.width = Math.max(1, width);
  if (canvas.height !== Math.max(1, height)) canvas.height = Math.max(1, height);
}

/** Paint a picture (channels, rows, columns) as it is seen: one channel in greys, three in colours. */
export function paintPicture(canvas: HTMLCanvasElement, picture: Grid[], low: number, high: number): void {
  const [rows, columns] = [picture[0]?.length ?? 0, picture[0]?.[0]?.length ?? 0];
  resize(canvas, columns, rows);
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(canvas.width, canvas.height);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = 4 * (row * columns + column);
      for (let channel = 0; channel < 3; channel++) {
        const value = picture[picture.length === 3 ? channel : 0]?.[row]?.[column] ?? 0;
        image.data[at + channel] = (255 * (value - low)) / (high - low || 1);
      }
      image.data[at + 3] = 255;
    }
  context.putImageData(image, 0, 0);
}
