// What the server tells of an examination by the doctor.

import type { Form } from "../words";

/** A cause that is looked for, or a side run. */
export interface Doing {
  text: string;
  code: string;
  cause: string;
  remedy: string;
  spent: number;
  budget: number;
  /** Of the length of the training; 0 while a cause is only looked for. */
  share: number;
  seed: number;
  step: number;
  steps: number;
  score: number | null;
}

export interface Finding {
  code: string;
  cause: string;
  severity: "sick" | "weak" | "suspected";
  told: string;
  options: string;
  remedy: Record<string, unknown>;
  /** Files or rows of the training examples that the remedy is about. */
  examples: string[];
  proof: {
    before: number;
    after: number;
    interval: [number, number];
    seeds: number;
    command: string;
    gain: string;
    runs: string;
  } | null;
}

export interface Found {
  healthy: boolean;
  findings: Finding[];
  scores: Record<string, number>;
  train: number | null;
  stands: string;
  learned: string;
  untried: string[];
  cost: number;
  budget: number;
  measure: { title: string; form: Form };
}

export interface Told {
  state: "none" | "working" | "done" | "failed" | "stopped";
  seconds: number;
  doing: Doing | null;
  ran: Doing[];
  found: Found | null;
  problem: { what: string; expected: string; fix: string } | null;
}
