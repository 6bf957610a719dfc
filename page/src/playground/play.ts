// What is played with, and how the address holds it.

export interface Play {
  data: string;
  examples: number;
  noise: number | null;
  points: Point[];
  columns: [string, string];
  network: string;
  settings: Record<string, string | number>;
}

/** Both coordinates and the class. */
export type Point = [number, number, string];

export const POINTS = "points";
export const CLASSES = ["A", "B", "C", "D"];
/** The square that one draws in. */
export const SQUARE: Box = [-2.7, 2.7, -2.7, 2.7];
/** Left, right, bottom, top. */
export type Box = [number, number, number, number];
export const MOST_POINTS = 5000;
const MOST_IN_LINK = 1000;
const STEPS = 65535; // a coordinate is one of so many places between the ends of its axis

/** Points whose coordinates are places that the address can hold: every one of them is rounded in the same way. */
export function snapped(points: Point[], box: Box): Point[] {
  return points.map(([x, y, name]) => [place(x, box[0], box[1]), place(y, box[2], box[3]), name]);
}

function place(value: number, low: number, high: number): number {
  const step = Math.min(STEPS, Math.max(0, Math.round(((value - low) / (high - low || 1)) * STEPS)));
  return value_of(step, low, high);
}

const value_of = (step: number, low: number, high: number): number =>
  Number((low + (step / STEPS) * (high - low)).toPrecision(6));

/** The box around points. */
export function boxOf(points: Point[]): Box {
  const box: Box = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of points) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.max(box[1], x);
    box[2] = Math.min(box[2], y);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

/** Points as text for the address; null if they are too many for it. */
export function packed(points: Point[], columns: [string, string], box: Box): string | null {
  if (points.length > MOST_IN_LINK) return null;
  const classes = [...new Set(points.map(([, , name]) => name))].sort();
  const bytes = new Uint8Array(5 * points.length);
  const view = new DataView(bytes.buffer);
  points.forEach(([x, y, name], row) => {
    view.setUint16(5 * row, Math.round(((x - box[0]) / (box[1] - box[0] || 1)) * STEPS));
    view.setUint16(5 * row + 2, Math.round(((y - box[2]) / (box[3] - box[2] || 1)) * STEPS));
    view.setUint8(5 * row + 4, classes.indexOf(name));
  });
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return JSON.stringify([columns, classes, box, text]);
}

/** The points of a text of the address; null if it is none. */
export function unpacked(text: string): { points: Point[]; columns: [string, string]; box: Box } | null {
  try {
    const [columns, classes, box, body] = JSON.parse(text) as [[string, string], string[], Box, string];
    const bytes = Uint8Array.from(atob(body.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const points: Point[] = [];
    for (let at = 0; at + 5 <= bytes.length; at += 5)
      points.push([
        value_of(view.getUint16(at), box[0], box[1]),
        value_of(view.getUint16(at + 2), box[2], box[3]),
        String(classes[view.getUint8(at + 4)] ?? "A"),
      ]);
    return { points, columns: [String(columns[0]), String(columns[1])], box };
  } catch {
    return null;
  }
}

/** The rows of a table of text, as fields: commas, semicolons or tabs between them, quotes where they are needed. */
export function rowsOf(text: string): string[][] {
  const first = text.slice(0, text.indexOf("\n") + 1 || text.length);
  const between = [";", "\t", ","].reduce((best, one) => (first.split(one).length > first.split(best).length ? one : best), ",");
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] as string;
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (text[at + 1] === '"') field += text[at++];
      else quoted = false;
    } else if (letter === '"' && field === "") quoted = true;
    else if (letter === between) {
      row.push(field);
      field = "";
    } else if (letter === "\n" || letter === "\r") {
      if (letter === "\r" && text[at + 1] === "\n") at++;
      row.push(field);
      if (row.some(Boolean)) rows.push(row);
      [row, field] = [[], ""];
    } else field += letter;
  }
  row.push(field);
  if (row.some(Boolean)) rows.push(row);
  return rows;
}

/** A table that was opened: its header, and which columns the points are likely to be. */
export interface Table {
  name: string;
  header: string[];
  rows: string[][];
  chosen: [number, number, number];
}

const number = (text: string | undefined): number => (text === undefined || text.trim() === "" ? NaN : Number(text));

export function tableOf(name: string, text: string): Table | null {
  const all = rowsOf(text.replace(/^\uFEFF/, ""));
  const wide = all[0]?.length ?? 0;
  if (wide < 3 || all.length < 2) return null;
  const headless = (all[0] ?? []).filter((one) => Number.isFinite(number(one))).length >= 2;
  const header = headless ? (all[0] ?? []).map((_, place) => `column ${place + 1}`) : (all[0] ?? []).map((one, place) => one.trim() || `column ${place + 1}`);
  const rows = headless ? all : all.slice(1);
  const numeric = header.map((_, place) => rows.filter((row) => Number.isFinite(number(row[place]))).length > 0.9 * rows.length);
  const many = header.map((_, place) => new Set(rows.map((row) => row[place])).size);
  // the class: the last column of few values, of words if there is one
  const few = header.map((_, place) => place).filter((place) => (many[place] ?? 0) <= 8 && (many[place] ?? 0) > 1);
  const target = few.filter((place) => !numeric[place]).at(-1) ?? few.at(-1) ?? wide - 1;
  const numbers = header.map((_, place) => place).filter((place) => numeric[place] && place !== target);
  return { name, header, rows, chosen: [numbers[0] ?? 0, numbers[1] ?? 1, target] };
}

/** The points of a table, and how many of its rows are left out: without two numbers and a class, or too many. */
export function pointsOf(table: Table): { points: Point[]; columns: [string, string]; left: number } {
  const [x, y, target] = table.chosen;
  const found = table.rows
    .map((row): Point => [number(row[x]), number(row[y]), (row[target] ?? "").trim()])
    .filter(([a, b, name]) => Number.isFinite(a) && Number.isFinite(b) && name !== "");
  const step = Math.max(1, found.length / MOST_POINTS);
  const kept = Array.from({ length: Math.min(found.length, MOST_POINTS) }, (_, row) => found[Math.floor(row * step)] as Point);
  const box = boxOf(kept);
  const names: [string, string] = [table.header[x] ?? "x", table.header[y] ?? "y"];
  if (names[0] === names[1] || names.includes("class")) [names[0], names[1]] = ["x", "y"];
  return { points: snapped(kept, box), columns: names, left: table.rows.length - kept.length };
}

export const DEFAULTS: Play = {
  data: "ring",
  examples: 500,
  noise: null,
  points: [],
  columns: ["x", "y"],
  network: "FC-8-RELU-FC-2-TANH, SOFTMAX",
  settings: { optimizer: "adam", learning_rate: 0.01, batch_size: 32, l2: 0, l1: 0, seed: 0 },
};

/** What an address plays. */
export function fromAddress(get: (name: string) => string): Play {
  const held = get(POINTS) ? unpacked(get(POINTS)) : null;
  const settings = { ...DEFAULTS.settings };
  for (const [name, usual] of Object.entries(settings)) {
    const text = get(name);
    if (text) settings[name] = typeof usual === "number" && Number.isFinite(Number(text)) ? Number(text) : typeof usual === "number" ? usual : text;
  }
  return {
    data: held ? POINTS : get("data") || DEFAULTS.data,
    examples: Math.round(Number(get("examples"))) || DEFAULTS.examples,
    noise: get("noise") ? Number(get("noise")) || 0 : null,
    points: held?.points ?? [],
    columns: held?.columns ?? ["x", "y"],
    network: get("network") || DEFAULTS.network,
    settings,
  };
}

/** The values of the query that hold it; an empty one is left out. */
export function toQuery(play: Play, box: Box): Record<string, string> {
  const query: Record<string, string> = {
    data: play.data === DEFAULTS.data ? "" : play.data,
    examples: play.data === POINTS || play.examples === DEFAULTS.examples ? "" : String(play.examples),
    noise: play.data === POINTS || play.noise === null ? "" : String(play.noise),
    points: play.data === POINTS && play.points.length ? (packed(play.points, play.columns, box) ?? "") : "",
    network: play.network === DEFAULTS.network ? "" : play.network,
  };
  for (const [name, value] of Object.entries(play.settings))
    query[name] = value === DEFAULTS.settings[name] ? "" : String(value);
  return query;
}
