// What the training of the playground says.
import type { Mistake } from "../server";
import type { Form as Measured } from "../words";
import type { Box, Form } from "./play";

export interface Begun {
  kind: "begun";
  form: Form;
  classes: string[];
  columns: [string, string];
  /** One or two coordinates. */
  points: number[][];
  /** Of each point its class, or its height. */
  labels: number[];
  /** Of each point: 0 training, 1 validation, 2 test. */
  parts: number[];
  /** The rows of the points that bent planes show. */
  bent: number[];
  box: Box;
  /** Rows and columns of the inputs that every unit is asked for. */
  small: [number, number];
  network: string;
  parameters: number;
  /** Weights by name; none if there are too many for a surface. */
  weights: string[];
  measure: { title: string; form: Measured } | null;
  line: string;
}

/** The mean loss over a plane of weights. */
export interface Surface {
  kind: "surface";
  plane: string;
  names: [string, string];
  x: [number, number];
  y: [number, number];
  side: number;
  losses: number[][];
  examples: number;
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
  /** Of classes: the class at every point, and how sure the network is, as bytes. */
  answers?: string;
  sure?: string;
  /** Of numbers: the one at every point, as floats of 32 bits. */
  heights?: string;
  /** Step, training loss, validation loss, validation score. */
  curve: [number, number | null, number | null, number | null][];
  layers: Layer[];
  events: { step: number; setting: string; value: number }[];
  /** Steps, and where they lie on the surface. */
  path: [number, number, number][];
  /** Why there is no surface yet. */
  why: string;
}

/** A mistake in a text, with its places: characters from and to. */
export type Mistaken = Pick<Mistake, "what" | "expected" | "fix"> & { places: [number, number][] };

export type Message = Begun | Frame | Surface | ({ kind: "mistake" } & Pick<Mistake, "what" | "expected" | "fix">);

/** The bytes of a text. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

/** The numbers of a text of bytes. */
export const floats = (text: string): Float32Array => new Float32Array(bytes(text).buffer);

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
