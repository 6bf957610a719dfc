import { expect, test } from "vitest";
import { shrunk } from "../../src/tour/arithmetic/drawing";
import { changed, correlated, histogram, orientations, picture, places, pooled, rowsOf, turned, unchanged } from "../../src/tour/arithmetic/pictures";

test("max pooling of 2×2 with stride 2 takes 6 8 / 3 4", () => {
  const map = picture([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]);
  expect(rowsOf(pooled(map, 2, 2))).toEqual([[6, 8], [3, 4]]);
  expect(rowsOf(pooled(map, 2, 2, "mean"))).toEqual([[3.25, 5.25], [2, 2]]);
});

test("a filter of 5×5 takes 28 places along 32", () => {
  expect(places(32, 5)).toBe(28);
  expect(places(32, 5, 1, 2)).toBe(32);
  expect(correlated(picture(Array.from({ length: 32 }, () => Array.from({ length: 32 }, () => 1))), picture(Array.from({ length: 5 }, () => [1, 1, 1, 1, 1]))).height).toBe(28);
});

test("each number of the map is the sum of products under the filter", () => {
  const map = correlated(picture([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), picture([[1, 0], [0, -1]]));
  expect(rowsOf(map)).toEqual([[-4, -4], [-4, -4]]);
  expect(rowsOf(turned(picture([[1, 2], [3, 4]])))).toEqual([[4, 3], [2, 1]]);
});

test("a filter as large as the picture has one place, whose answer is that of a neuron", () => {
  const [x, w] = [picture([[1, 2], [3, 4]]), picture([[0.5, -1], [2, 0.25]])];
  expect(rowsOf(correlated(x, w))).toEqual([[0.5 - 2 + 6 + 1]]);
});

test("a picture that is changed by nothing stays, and moves by whole pixels", () => {
  const small = picture([[0, 0, 0], [0, 9, 0], [0, 0, 0]]);
  expect(rowsOf(changed(small, unchanged, 16))).toEqual(rowsOf(small));
  expect(rowsOf(changed(small, { ...unchanged, right: 1 }, 16))[1]).toEqual([0, 0, 9]);
  expect(Math.max(...changed(small, { ...unchanged, brighter: 1 }, 16).values)).toBe(16);
  expect(changed(small, { ...unchanged, hidden: 2 }, 16).values[4]).toBe(0);
});

test("a quarter turn against the clock brings the right side to the top", () => {
  const turnedOnce = rowsOf(changed(picture([[0, 0, 0], [0, 0, 5], [0, 0, 0]]), { ...unchanged, turn: 90 }, 16));
  expect(turnedOnce[0]?.[1]).toBeCloseTo(5, 9);
});

test("a histogram is made of shares, and an upright edge has its direction", () => {
  expect([...histogram(picture([[0, 0], [8, 16]]), 2, 16)]).toEqual([0.5, 0.5]);
  const edge = picture(Array.from({ length: 4 }, () => [0, 0, 9, 9]));
  const found = orientations(edge, 4, 8);
  expect(found.indexOf(Math.max(...found))).toBe(0);
});

test("a drawing is put in the middle, wherever it was", () => {
  const drawn = (row: number, column: number): Float64Array => {
    const ink = new Float64Array(32 * 32);
    for (let i = 0; i < 12; i++) for (let j = 0; j < 4; j++) ink[(row + i) * 32 + column + j] = 1;
    return ink;
  };
  expect([...shrunk(drawn(2, 3), 32)]).toEqual([...shrunk(drawn(17, 20), 32)]);
  expect(shrunk(new Float64Array(32 * 32), 32).every((value) => value === 0)).toBe(true);
});
