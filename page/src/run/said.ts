// What a network says of an example.
import type { Grid } from "../parts/heat";

export interface Said {
  predicted: string;
  probabilities: [string, number | null][] | null;
  scores: [string, number | null][];
  notes: string[];
  /** The example as the network takes it, if it is a picture. */
  example: Grid[] | null;
  /** Of a network that makes its input again: what it makes of it. */
  made?: {
    picture: Grid[] | null;
    /** Name, given, made. */
    features: [string, number, number][];
    error: number;
    /** The error on the test part. */
    usual: number | null;
  };
  /** Of a sentence: each word, its tag, and the tag's probability. */
  tags?: [string, string, number][];
  layers?: { name: string; shape: number[]; values: unknown }[];
}
