// What was typed for a network that takes numbers without names.
import { Mistake } from "../server";

/** The numbers of a text, with blanks, commas or semicolons between them. Throws a Mistake unless they are `count`. */
export function numbersOf(text: string, count: number): number[] {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  const wrong = words.findIndex((word) => !Number.isFinite(Number(word)));
  const example = ["0.2", "-1.5", "30", "…"].slice(0, count).join(" ");
  const expected = `The network takes ${count} ${count === 1 ? "number" : "numbers"}, such as ${example}`;
  if (wrong >= 0) throw new Mistake(`“${words[wrong] ?? ""}”, in place ${wrong + 1}, is no number.`, expected);
  if (words.length !== count) throw new Mistake(`${words.length || "No"} ${words.length === 1 ? "number is" : "numbers are"} given.`, expected);
  return words.map(Number);
}
