// The named networks as the server plans them.
import { ask } from "../server";

export interface Named {
  name: string;
  text: string;
  input: [number, number, number];
  outputs: number;
  parameters: number;
  multiply_adds: number;
  published: number;
}

let asked: Promise<Named[]> | undefined;

/** The networks; they are asked for once. */
export function networks(): Promise<Named[]> {
  asked ??= ask<Named[]>("/api/tour/networks");
  asked.catch(() => (asked = undefined));
  return asked;
}
