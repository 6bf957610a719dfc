// Colours for numbers, and ticks for axes.

export type Colour = [number, number, number];
export type Palette = "ink" | "viridis" | "signed";

// viridis (CC0, S. van der Walt and N. Smith) at nine places
const VIRIDIS: Colour[] = [
  [68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37],
];

const mixed = (a: Colour, b: Colour, share: number): Colour => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
];

/** The colour of a share from 0 to 1. */
export function viridis(share: number): Colour {
  const place = Math.min(0.9999, Math.max(0, share)) * (VIRIDIS.length - 1);
  const low = Math.floor(place);
  return mixed(VIRIDIS[low] as Colour, VIRIDIS[low + 1] as Colour, place - low);
}

/** The colour of a number from −1 to 1: orange below 0, blue above it, paper in the middle. */
export function signed(value: number, paper: Colour, above: Colour, below: Colour): Colour {
  const size = Math.min(1, Math.abs(value));
  return mixed(paper, value > 0 ? above : below, size);
}

export const between = mixed;

/** About `wanted` round numbers from `low` to `high`. */
export function ticks(low: number, high: number, wanted = 5): number[] {
  const rough = (high - low) / wanted;
  if (!(rough > 0)) return [low];
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * size).find((one) => one >= rough) ?? size * 10;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A tick as text, with a proper minus. */
export const tickText = (value: number): string =>
  (Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(0) : String(value)).replace("-", "−");

/** A number with fixed digits and a proper minus: "−96.8". */
export const fixed = (value: number, digits = 2): string =>
  Number.isFinite(value)
    ? (Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value).toFixed(digits).replace("-", "−")
    : value > 0
      ? "∞"
      : Number.isNaN(value)
        ? "none"
        : "−∞";

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A power of ten: "10⁻⁴". */
export const powerOfTen = (power: number): string =>
  `10${String(power).replace("-", "⁻").replace(/\d/g, (digit) => RAISED[Number(digit)] ?? "")}`;

/** A number as a power of ten with a factor: "9.8 · 10⁻⁴". */
export function scientific(value: number, digits = 1): string {
  const [factor = "0", power = "0"] = value.toExponential(digits).split("e");
  return `${factor.replace("-", "−")} · ${powerOfTen(Number(power))}`;
}

/** A number with at most so many digits after the point, without zeros at its end. */
export const short = (value: number, digits = 2): string => String(Number(value.toFixed(digits))).replace("-", "−");
