// What the training of the playground says.
import type { Mistake } from "../server";
import type { Box } from "./play";

export interface Begun {
  kind: "begun";
  classes: string[];
  columns: [string, string];
  points: [number, number][];
  labels: number[];
  /** Of each point: 0 training, 1 validation, 2 test. */
  parts: number[];
  /** The rows of the points that bent planes show. */
  bent: number[];
  box: Box;
  network: string;
  parameters: number;
  line: string;
}

export interface Layer {
  name: string;
  count: number;
  /** What each unit gives over the plane, as signed bytes. */
  units: string;
  weights?: number[][];
  lines?: [number, number][];
  examples?: [number, number][];
}

export interface Frame {
  kind: "frame";
  step: number;
  epoch: number;
  rate: number;
  running: boolean;
  ended: string;
  side: number;
  answers: string;
  sure: string;
  /** Step, training loss, validation loss, validation accuracy. */
  curve: [number, number | null, number | null, number | null][];
  layers: Layer[];
  events: { step: number; setting: string; value: number }[];
}

export type Message = Begun | Frame | ({ kind: "mistake" } & Pick<Mistake, "what" | "expected" | "fix">);

/** The bytes of a text. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

/** What a network's text means. */
export interface Meaning {
  network: string;
  head: string;
  parameters: number;
  layers: { layer: string; output: number[]; parameters: number }[];
  pytorch: string;
}

/** The colours of classes: those of Okabe and Ito. */
export const COLOURS: [number, number, number][] = [
  [0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [213, 94, 0], [86, 180, 233], [240, 228, 66], [120, 120, 120],
];

export const css = (row: number): string => `rgb(${(COLOURS[row % COLOURS.length] ?? [0, 0, 0]).join(" ")})`;
