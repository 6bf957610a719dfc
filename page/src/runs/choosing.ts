// Which runs are shown, in which order, and in which groups.
import type { Listed } from "./listed";

export const orders = {
  began: { title: "newest", of: (one: Listed) => one.created ?? "", down: true },
  score: { title: "best test score", of: (one: Listed) => better(one), down: true },
  name: { title: "name", of: (one: Listed) => called(one).toLowerCase(), down: false },
  data: { title: "data", of: (one: Listed) => one.data ?? "", down: false },
  parameters: { title: "fewest parameters", of: (one: Listed) => one.parameters ?? Infinity, down: false },
} satisfies Record<string, { title: string; of: (one: Listed) => string | number; down: boolean }>;

export type Order = keyof typeof orders;

/** What a run is called: by its own name, unless a person gave it another. */
export const called = (one: Pick<Listed, "name" | "label">): string => one.label?.name || one.name;

/** A test score that is greater where it is better; errors are better where they are smaller. */
function better(one: Listed): number {
  if (one.score === null || one.score === undefined) return -Infinity;
  return one.form === "amount" ? -one.score : one.score;
}

/** The runs that hold every word of a search in their name, tags, note, data, network, state or settings. */
export function found(runs: Listed[], search: string): Listed[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return runs;
  return runs.filter((one) => {
    const text = textOf(one);
    return words.every((word) => text.includes(word));
  });
}

const texts = new WeakMap<Listed, string>();

function textOf(one: Listed): string {
  let text = texts.get(one);
  if (text === undefined) {
    const settings = Object.entries(one.settings ?? {}).map(([name, value]) => `${name}=${String(value)}`);
    const label = [one.label?.name ?? "", ...(one.label?.tags ?? []), one.label?.note ?? ""];
    text = [one.name, ...label, one.data, one.network, one.state, one.problem, ...settings].join(" ").toLowerCase();
    texts.set(one, text);
  }
  return text;
}

export function sorted(runs: Listed[], order: Order): Listed[] {
  const { of, down } = orders[order];
  const sign = down ? -1 : 1;
  return [...runs].sort((a, b) => {
    const [x, y] = [of(a), of(b)];
    return x === y ? 0 : sign * (x < y ? -1 : 1);
  });
}

/** Names of the settings in which the runs differ, and a few facts, to group by. */
export function groupings(runs: Listed[]): string[] {
  return ["data", "network", "state", "tag", ...differing(runs).filter((name) => name !== "network" && name !== "data")];
}

/** Names of the settings that do not have the same value in all runs. */
export function differing(runs: Listed[]): string[] {
  const first = runs[0];
  if (!first) return [];
  const names = new Set(runs.flatMap((one) => Object.keys(one.settings ?? {})));
  return [...names].filter((name) => {
    const value = JSON.stringify(first.settings?.[name]);
    return runs.some((one) => JSON.stringify(one.settings?.[name]) !== value);
  });
}

/** The runs by the value of a setting or a fact, in the order in which the values come. */
export function grouped(runs: Listed[], by: string): [string, Listed[]][] {
  const groups = new Map<string, Listed[]>();
  for (const one of runs)
    for (const value of valuesOf(one, by)) {
      const group = groups.get(value);
      if (group) group.push(one);
      else groups.set(value, [one]);
    }
  return [...groups];
}

function valuesOf(one: Listed, by: string): string[] {
  if (by === "tag") return one.label?.tags.length ? one.label.tags : ["no tag"];
  const value = by === "data" || by === "network" || by === "state" ? one[by] : one.settings?.[by];
  return [value === undefined || value === null ? "none" : String(value)];
}
