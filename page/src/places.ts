// The places of the page. A place is a folder beside this file and a line here; what it shows is loaded when it is opened.
import type { Component } from "svelte";

export interface Place {
  /** The first word of its address. */
  path: string;
  title: string;
  /** Whether the address has more words, which are given to the place as `rest`. */
  load: () => Promise<{ default: Component<{ rest: string[] }> }>;
}

export const places: Place[] = [{ path: "runs", title: "Runs", load: () => import("./runs/Runs.svelte") }];

/** The place that a path names, and the words after it; the first place for an address without any. */
export function placeOf(path: string): { place: Place | undefined; rest: string[] } {
  const [first = "", ...rest] = path.split("/").filter(Boolean).map(decoded);
  return { place: first === "" ? places[0] : places.find((one) => one.path === first), rest };
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
