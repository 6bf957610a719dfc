// The row of a table as the features that the network takes: the arithmetic of src/wxb/data/tables/encoding.py.

export interface Column {
  name: string;
  kind: "number" | "date" | "category";
  /** The texts of a category, and the number that stands for each in a row. */
  values: string[];
  codes: number[];
}

export interface Encoding {
  column: number[];
  kind: number[];
  low: number[];
  width: number[];
  fill: number[];
}

const [LINE, RAMP, MATCH, MISSING, OTHER, YEAR, MONTH, WEEKDAY, HOUR] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const DAY = 86_400_000;
const UNSEEN = -2; // no code: a text that training has not seen

/** What was typed for a column as the number that a row holds; NaN if nothing was, null if it is not understood. */
export function numberOf(column: Column, text: string): number | null {
  const word = text.trim();
  if (word === "") return NaN;
  if (column.kind === "category") {
    const place = column.values.indexOf(word);
    return place < 0 ? UNSEEN : (column.codes[place] ?? UNSEEN);
  }
  if (column.kind === "number") {
    const found = Number(word.replace(/^(-?\d+),(\d+)$/, "$1.$2"));
    return Number.isFinite(found) ? found : null;
  }
  const moment = Date.parse(/\d{4}-\d{2}-\d{2}$/.test(word) ? word : `${word.replace(" ", "T")}Z`);
  return Number.isNaN(moment) ? null : moment / DAY;
}

/** What is wrong with what was typed for a column, and what is expected; empty if it is understood. */
export function mistake(column: Column, text: string, optional: boolean): string {
  const value = numberOf(column, text);
  if (value !== null && (optional || !Number.isNaN(value))) return "";
  const [kind, examples] = column.kind === "date" ? ["date", "2026-11-30 or 2026-11-30 08:15"] : ["number", "1.5 or -20"];
  const said = text.trim() ? `“${text.trim()}” is no ${kind}` : "nothing is given";
  return `${column.name}: ${said}; expected a ${kind}, such as ${examples}${optional ? ", or nothing if it is not known" : ""}`;
}

/** A number of a row as a person writes it. */
export function textOf(column: Column, value: number | null): string {
  if (value === null || Number.isNaN(value)) return "";
  if (column.kind === "category") return column.values[column.codes.indexOf(value)] ?? "";
  if (column.kind === "number") return String(value);
  const text = new Date(Math.round(value * DAY)).toISOString();
  return Number.isInteger(value) ? text.slice(0, 10) : text.slice(0, 19).replace("T", " ");
}

/** The features of a row (columns,), with NaN for what is missing. */
export function features(row: number[], how: Encoding): number[] {
  const found: number[] = [];
  let start = 0;
  how.kind.forEach((kind, place) => {
    const column = how.column[place] ?? 0;
    if (how.column[start] !== column) start = place;
    const given = row[column] ?? NaN;
    const missing = Number.isNaN(given);
    const value = missing ? (how.fill[column] ?? 0) : given;
    const [low, width] = [how.low[place] ?? 0, how.width[place] ?? 1];
    if (kind === LINE) found.push(value - low);
    else if (kind === RAMP) found.push(Math.min(1, Math.max(0, (value - low) / width)));
    else if (kind === MATCH) found.push(value === low ? 1 : 0);
    else if (kind === MISSING) found.push(missing ? 1 : 0);
    else if (kind === OTHER) {
      const others = found.slice(start, place).reduce((a, b) => a + b, 0);
      const unknown = how.column[place + 1] === column && missing ? 1 : 0; // the feature behind it says that it is missing
      found.push(1 - others - unknown);
    } else found.push(ofDate(kind, value));
  });
  return found;
}

function ofDate(kind: number, days: number): number {
  const date = new Date(Math.floor(days) * DAY);
  if (kind === YEAR) return date.getUTCFullYear();
  if (kind === MONTH) return date.getUTCMonth() + 1;
  if (kind === WEEKDAY) return (date.getUTCDay() + 6) % 7;
  if (kind !== HOUR) throw new Error(`no feature ${kind}`);
  const rounded = days + 1 / 86_400 / 1000;
  return Math.floor(24 * (rounded - Math.floor(rounded)));
}
