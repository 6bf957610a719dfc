// The simple neuron: patterns that it is taught to fire at, or not, and the rule of the nearest taught pattern.

export type Answer = "1" | "0" | "0/1";

/** How many inputs differ. */
export const distance = (a: string, b: string): number => [...a].filter((bit, i) => bit !== b[i]).length;

/** All patterns of so many inputs, in the order of counting. */
export const patterns = (inputs: number): string[] =>
  Array.from({ length: 2 ** inputs }, (_, i) => i.toString(2).padStart(inputs, "0"));

export type Taught = Record<string, "1" | "0">;

/** As taught: the pattern's own answer, else undecided. */
export const asTaught = (pattern: string, taught: Taught): Answer => taught[pattern] ?? "0/1";

/** By the firing rule: the answer of the nearest taught patterns; undecided where they disagree. */
export function byRule(pattern: string, taught: Taught): { answer: Answer; nearest: string[] } {
  const known = Object.keys(taught);
  const least = Math.min(...known.map((one) => distance(one, pattern)));
  const nearest = known.filter((one) => distance(one, pattern) === least);
  const answers = new Set(nearest.map((one) => taught[one]));
  const [answer] = answers;
  return { answer: answers.size === 1 && answer ? answer : "0/1", nearest };
}
