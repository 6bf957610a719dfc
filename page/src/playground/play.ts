// What is played with, and how the address holds it.

export interface Play {
  data: string;
  examples: number;
  noise: number | null;
  form: Form;
  points: Point[];
  columns: [string, string];
  network: string;
  settings: Record<string, string | number>;
}

/** Both coordinates, and the class or the height; of a curve neither. */
export type Point = [number, number, string];

/** Classes of the plane, heights over it, or a curve over a line. */
export type Form = "classes" | "heights" | "curve";
const FORMS: Form[] = ["classes", "heights", "curve"];

export const POINTS = "points";
export const CLASSES = ["A", "B", "C", "D"];
/** The square that one draws in. */
export const SQUARE: Box = [-2.7, 2.7, -2.7, 2.7];
/** Left, right, bottom, top. */
export type Box = [number, number, number, number];
export const MOST_POINTS = 5000;
const MOST_IN_LINK = 1000;
const STEPS = 65535; // a coordinate is one of so many places between the ends of its axis

/** Points whose numbers are places that the address can hold: every one of them is rounded in the same way. */
export function snapped(points: Point[], box: Box, form: Form): Point[] {
  const [low, high] = form === "heights" ? ends(points.map(([, , height]) => Number(height))) : [0, 1];
  return points.map(([x, y, third]) => [
    place(x, box[0], box[1]),
    place(y, box[2], box[3]),
    form === "classes" ? third : form === "curve" ? "" : String(place(Number(third), low, high)),
  ]);
}

function ends(values: number[]): [number, number] {
  return values.reduce<[number, number]>(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [Infinity, -Infinity]);
}

const stepOf = (value: number, low: number, high: number): number =>
  Math.min(STEPS, Math.max(0, Math.round(((value - low) / (high - low || 1)) * STEPS)));

const valueOf = (step: number, low: number, high: number): number =>
  Number((low + (step / STEPS) * (high - low)).toPrecision(6));

const place = (value: number, low: number, high: number): number => valueOf(stepOf(value, low, high), low, high);

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
export function packed(points: Point[], columns: [string, string], box: Box, form: Form): string | null {
  if (points.length > MOST_IN_LINK) return null;
  const thirds = points.map(([, , third]) => third);
  const classes = form === "classes" ? [...new Set(thirds)].sort() : [];
  const heights = form === "heights" ? ends(thirds.map(Number)) : [];
  const bytes = new Uint8Array(6 * points.length);
  const view = new DataView(bytes.buffer);
  points.forEach(([x, y, third], row) => {
    view.setUint16(6 * row, stepOf(x, box[0], box[1]));
    view.setUint16(6 * row + 2, stepOf(y, box[2], box[3]));
    if (form !== "curve")
      view.setUint16(6 * row + 4, form === "classes" ? classes.indexOf(third) : stepOf(Number(third), heights[0] ?? 0, heights[1] ?? 1));
  });
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return JSON.stringify([columns, form === "heights" ? heights : classes, box, text, form]);
}

interface Unpacked {
  points: Point[];
  columns: [string, string];
  box: Box;
  form: Form;
}

/** The points of a text of the address; null if it is none. */
export function unpacked(text: string): Unpacked | null {
  try {
    const [columns, third, box, body, given] = JSON.parse(text) as [[string, string], (string | number)[], Box, string, Form];
    const form = FORMS.find((one) => one === given) ?? "classes";
    const bytes = Uint8Array.from(atob(body.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const points: Point[] = [];
    const read = (step: number): string => {
      if (form === "curve") return "";
      return String(form === "heights" ? valueOf(step, Number(third[0]), Number(third[1])) : (third[step] ?? "A"));
    };
    for (let at = 0; at + 6 <= bytes.length; at += 6)
      points.push([
        valueOf(view.getUint16(at), box[0], box[1]),
        valueOf(view.getUint16(at + 2), box[2], box[3]),
        read(view.getUint16(at + 4)),
      ]);
    return { points, columns: [String(columns[0]), String(columns[1])], box, form };
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

/** A table that was opened: its header, and which columns the points are likely to be; the last is what is learned. */
export interface Table {
  name: string;
  header: string[];
  rows: string[][];
  chosen: number[];
  form: Form;
}

const number = (text: string | undefined): number => (text === undefined || text.trim() === "" ? NaN : Number(text));

const MOST_CLASSES = 8;

/** The form of a table with a chosen third column: of few different values classes, else heights. */
export function formOf(rows: string[][], target: number): Form {
  return new Set(rows.map((row) => row[target])).size <= MOST_CLASSES ? "classes" : "heights";
}

export function tableOf(name: string, text: string): Table | null {
  const all = rowsOf(text.replace(/^\uFEFF/, ""));
  const wide = all[0]?.length ?? 0;
  if (wide < 2 || all.length < 2) return null;
  const headless = (all[0] ?? []).filter((one) => Number.isFinite(number(one))).length >= 2;
  const header = headless ? (all[0] ?? []).map((_, place) => `column ${place + 1}`) : (all[0] ?? []).map((one, place) => one.trim() || `column ${place + 1}`);
  const rows = headless ? all : all.slice(1);
  const numeric = header.map((_, place) => rows.filter((row) => Number.isFinite(number(row[place]))).length > 0.9 * rows.length);
  if (wide === 2) return { name, header, rows, chosen: [0, 1], form: "curve" };
  const many = header.map((_, place) => new Set(rows.map((row) => row[place])).size);
  // the class: the last column of few values, of words if there is one
  const few = header.map((_, place) => place).filter((place) => (many[place] ?? 0) <= MOST_CLASSES && (many[place] ?? 0) > 1);
  const target = few.filter((place) => !numeric[place]).at(-1) ?? few.at(-1) ?? wide - 1;
  const numbers = header.map((_, place) => place).filter((place) => numeric[place] && place !== target);
  return { name, header, rows, chosen: [numbers[0] ?? 0, numbers[1] ?? 1, target], form: formOf(rows, target) };
}

/** The points of a table, and how many of its rows are left out: with a number or a class missing, or too many. */
export function pointsOf(table: Table): { points: Point[]; columns: [string, string]; left: number } {
  const [x = 0, y = 1, target] = table.chosen;
  const found = table.rows
    .map((row): Point => [number(row[x]), number(row[y]), target === undefined ? "" : (row[target] ?? "").trim()])
    .filter(([a, b, third]) => Number.isFinite(a) && Number.isFinite(b) && (table.form === "curve" || (table.form === "heights" ? Number.isFinite(number(third)) : third !== "")));
  const step = Math.max(1, found.length / MOST_POINTS);
  const kept = Array.from({ length: Math.min(found.length, MOST_POINTS) }, (_, row) => found[Math.floor(row * step)] as Point);
  const names: [string, string] = [table.header[x] ?? "x", table.header[y] ?? "y"];
  if (names[0] === names[1] || names.includes("class") || names.includes("height")) [names[0], names[1]] = ["x", "y"];
  return { points: snapped(kept, boxOf(kept), table.form), columns: names, left: table.rows.length - kept.length };
}

export const DEFAULTS: Play = {
  data: "ring",
  examples: 500,
  noise: null,
  form: "classes",
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
    form: held?.form ?? "classes",
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
    points: play.data === POINTS && play.points.length ? (packed(play.points, play.columns, box, play.form) ?? "") : "",
    network: play.network === DEFAULTS.network ? "" : play.network,
  };
  for (const [name, value] of Object.entries(play.settings))
    query[name] = value === DEFAULTS.settings[name] ? "" : String(value);
  return query;
}

/** A text whose head can learn a form of data: its own, else the first of those that can. */
export function headed(text: string, heads: string[]): string {
  const at = text.lastIndexOf(",");
  const head = text.slice(at + 1).trim().toUpperCase();
  if (heads.length === 0 || heads.includes(head)) return text;
  return at < 0 ? `FC-C, ${heads[0]}` : `${text.slice(0, at)}, ${heads[0]}`;
}
