// Points of the plane in two classes that no line tells apart, and lines that try.
import type { Example } from "./network";
import { random } from "./random";

export interface Point {
  x: number;
  y: number;
  /** 0 or 1. */
  label: number;
}

export const regions = {
  quadrants: { title: "opposite quadrants", inside: (x: number, y: number) => x * y > 0 },
  ring: { title: "a ring, 1 ≤ r ≤ 2", inside: (x: number, y: number) => Math.hypot(x, y) >= 1 && Math.hypot(x, y) <= 2 },
  modes: {
    title: "three modes",
    inside: (x: number, y: number) =>
      [
        [-1.5, -1.4],
        [1.6, -0.9],
        [0, 1.6],
      ].some(([a = 0, b = 0]) => Math.hypot(x - a, y - b) < 0.85),
  },
  disc: { title: "a disc in a ring", inside: (x: number, y: number) => Math.hypot(x, y) < 1.25 },
};

export type Region = keyof typeof regions;
export const SIDE = 3;

/** Points spread evenly over the square from −3 to 3; between disc and ring there is a gap. */
export function pointsOf(region: Region, count: number, seed = 0): Point[] {
  const chance = random(seed);
  const found: Point[] = [];
  while (found.length < count) {
    const [x, y] = [SIDE * (2 * chance.next() - 1), SIDE * (2 * chance.next() - 1)];
    const radius = Math.hypot(x, y);
    if (region === "disc" && ((radius > 1 && radius < 1.5) || radius > 2.6)) continue;
    found.push({ x, y, label: regions[region].inside(x, y) ? 1 : 0 });
  }
  return found;
}

export const examplesOf = (points: Point[]): Example[] => points.map(({ x, y, label }) => ({ x: [x, y], target: label }));

/** A line through two points; the class 1 lies at its left. */
export interface Line {
  from: [number, number];
  to: [number, number];
}

/** Above 0 on the side of class 1. */
export const sideOf = ({ from, to }: Line, x: number, y: number): number =>
  (to[0] - from[0]) * (y - from[1]) - (to[1] - from[1]) * (x - from[0]);

/** How many points a line puts into the wrong class. */
export const errorsOf = (line: Line, points: Point[]): number =>
  points.filter(({ x, y, label }) => (sideOf(line, x, y) > 0 ? 1 : 0) !== label).length;

/** The line with the fewest errors among many directions and offsets. */
export function bestLine(points: Point[]): Line {
  let best: Line = { from: [-1, 0], to: [1, 0] };
  let least = Infinity;
  for (let turn = 0; turn < 72; turn++) {
    const angle = (turn / 72) * 2 * Math.PI;
    const [right, up] = [Math.cos(angle), Math.sin(angle)];
    for (let step = -30; step <= 30; step++) {
      const [x, y] = [(-up * step) / 10, (right * step) / 10];
      const line: Line = { from: [x - 2 * right, y - 2 * up], to: [x + 2 * right, y + 2 * up] };
      const errors = errorsOf(line, points);
      if (errors < least) [least, best] = [errors, line];
    }
  }
  return best;
}

/** (x, y) as radius and angle, the angle in parts of π. */
export const polar = (x: number, y: number): [number, number] => [Math.hypot(x, y), Math.atan2(y, x) / Math.PI];
