// The handwritten digits that stand in for larger sets: 1,000 pictures of 8×8 from the server.
import { ask } from "../server";
import type { Picture } from "./arithmetic/pictures";

export interface Digit {
  label: number;
  /** Values from 0 to 16. */
  picture: Picture;
}

export const MOST = 16;
export const TRAINING = 700; // the others test

let asked: Promise<Digit[]> | undefined;

/** All digits; they are asked for once. */
export function digits(): Promise<Digit[]> {
  asked ??= ask<{ side: number; pictures: string; labels: number[] }>("/api/tour/digits").then(({ side, pictures, labels }) =>
    labels.map((label, i) => {
      const letters = pictures.slice(i * side * side, (i + 1) * side * side);
      const values = Float64Array.from(letters, (letter) => letter.charCodeAt(0) - 97);
      return { label, picture: { height: side, width: side, values } };
    }),
  );
  asked.catch(() => (asked = undefined)); // the next scene asks again
  return asked;
}

/** Values from 0 to 1, as networks take them. */
export const scaled = (picture: Picture): Float64Array => picture.values.map((value) => value / MOST);
