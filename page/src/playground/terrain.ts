// The heights of a loss surface as they are drawn: low places apart from each other, high ones close together.
import type { Surface } from "./live";

/** Of each place, row by row, how high it is: 0 the least loss, 1 the loss that nine tenths of the places are below. */
export function shares(surface: Surface): number[] {
  const all = surface.losses.flat();
  const sorted = [...all].sort((a, b) => a - b);
  const low = sorted[0] ?? 0;
  const high = sorted[Math.floor(sorted.length * 0.9)] ?? 1;
  return all.map((one) => Math.min(1, Math.sqrt(Math.max(0, (one - low) / Math.max(1e-12, high - low)))));
}

/** The height at a place of the plane, between those of the grid. */
export function heightAt(surface: Surface, heights: number[], x: number, y: number): number {
  const { side } = surface;
  const along = (value: number, [low, high]: [number, number]): number =>
    Math.min(side - 1.001, Math.max(0, ((value - low) / (high - low || 1)) * (side - 1)));
  const [a, b] = [along(x, surface.x), along(y, surface.y)];
  const [column, row] = [Math.floor(a), Math.floor(b)];
  const at = (i: number, j: number): number => heights[j * side + i] ?? 0;
  const [s, t] = [a - column, b - row];
  return (
    (1 - t) * ((1 - s) * at(column, row) + s * at(column + 1, row)) +
    t * ((1 - s) * at(column, row + 1) + s * at(column + 1, row + 1))
  );
}
