// Numbers and times for people.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export const count = (value: number): string => whole.format(value);

/** A number with about four significant digits: "0.04123", "12.5", "3.2e-5". */
export function rounded(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return "none";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(Math.max(0, digits - 2)).replace("e+", "e");
  return String(Number(value.toPrecision(digits)));
}

/** "65.8 k", "1.5 M". */
export function large(value: number): string {
  for (const [size, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const)
    if (value >= 10 * size || (value >= size && size > 1e3)) return `${Number((value / size).toPrecision(3))} ${unit}`;
  return count(value);
}

/** A share in per cent: "98.9 %". */
export const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

export type Form = "share" | "score" | "amount";

/** A score in the form of its measure: "98.9 %", "0.813", "52.13". */
export function score(value: number | null | undefined, form: Form): string {
  if (value === null || value === undefined) return "";
  if (form === "share") return percent(value);
  return form === "score" ? value.toFixed(3) : rounded(value);
}

/** The interval of a score, without a unit: "[97.5, 99.5]". */
export function interval(value: [number, number] | null | undefined, form: Form): string {
  if (!value) return "";
  const [low, high] = value.map((one) => (form === "share" ? (100 * one).toFixed(1) : score(one, form)));
  return `[${low}, ${high}]`;
}

/** How long ago a moment was: "now", "5 min ago", "3 h ago", "2 days ago", then the date. */
export function ago(moment: string, now = Date.now()): string {
  const seconds = (now - Date.parse(moment)) / 1000;
  if (!(seconds < 7 * 86400)) return moment.slice(0, 10);
  if (seconds < 60) return "now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86400);
  return days === 1 ? "yesterday" : `${days} days ago`;
}

/** "3.1 s", "2 min 5 s", "1 h 3 min". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** A setting as the command line would show it. */
export function settingText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return rounded(value, 6);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** "learning_rate" as "learning rate". */
export const spoken = (name: string): string => name.replaceAll("_", " ");
