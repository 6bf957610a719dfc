// A run as the server lists it.
import type { Form } from "../words";

export type State = "running" | "stopped" | "finished" | "failed" | "damaged";

/** What a person said of a run. */
export interface Label {
  name: string;
  tags: string[];
  note: string;
}

export interface Listed {
  name: string;
  state: State;
  problem: string;
  created: string | null;
  /** Of one that cannot be read: what was expected, and a way out. */
  expected?: string;
  fix?: string;
  data: string;
  task: string;
  network: string;
  parameters: number;
  multiply_adds: number;
  finished: string | null;
  step: number | null;
  steps: number;
  measure: string;
  form: Form;
  /** Before a score that is no accuracy: "R²". */
  score_label: string;
  score: number | null;
  interval: [number, number] | null;
  input: number[];
  classes: string[];
  settings: Record<string, unknown>;
  label: Label;
}

/** A run whose files could be read. */
export const readable = (one: Listed): boolean => one.state !== "damaged";
