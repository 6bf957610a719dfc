// A view as the server gives it: named arrays with their axes.

export interface Described {
  about: string;
  unit: string;
  shape: number[];
  axes: { name: string; unit: string; ticks: string[] }[];
  values: unknown;
}

export interface View {
  view: string;
  title: string;
  facts: Record<string, string | number>;
  notes: string[];
  arrays: Record<string, Described>;
}

/** A layer with what follows it, as the graph has it. */
export interface Node {
  layer: string;
  output: number[];
  parameters: number;
  multiply_adds: number;
  receptive_field: string;
  before: number[];
  depth: number;
  paths: string[];
}

export interface Network {
  nodes: Node[];
  views: { name: string; about: string; options: string[] }[];
  snapshots: number[];
  pictures: boolean;
  columns: string[];
  /** Of the columns, those that hold free text. */
  texts: string[];
  /** Whether an example is a sentence, each word of which gets a tag. */
  sentences: boolean;
  weights: boolean;
}
