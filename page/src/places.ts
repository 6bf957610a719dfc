// The places of the page. A place is a folder beside this file and a line here; what it shows is loaded when it is opened.
import type { Component } from "svelte";

export interface Place {
  /** The first word of its address. */
  path: string;
  title: string;
  /** The place from which it is reached, if the line above the page does not name it. */
  within?: string;
  /** Whether it is served by itself, without the others. */
  alone?: boolean;
  /** The component; it is given the further words of the address. */
  load: () => Promise<{ default: Component<{ rest: string[] }> }>;
}

export const places: Place[] = [
  { path: "runs", title: "Runs", load: () => import("./runs/Runs.svelte") },
  { path: "compare", title: "Compare", load: () => import("./compare/Compare.svelte"), within: "runs" },
  { path: "playground", title: "Playground", load: () => import("./playground/Playground.svelte") },
  { path: "tour", title: "Tour", load: () => import("./tour/Tour.svelte") },
  { path: "play", title: "Play", load: () => import("./play/Play.svelte") },
  { path: "draw", title: "Draw", load: () => import("./draw/Draw.svelte") },
  { path: "model", title: "Model", load: () => import("./model/Model.svelte"), alone: true },
];

/** Whether the page is static files, without a server of wxb: the tour alone works there. */
export const still = document.getElementById("page")?.dataset["static"] !== undefined;
const opening = still ? "tour" : "runs";

/** The place that a path names, and the words after it; the one that opens for an address without any. */
export function placeOf(path: string): { place: Place | undefined; rest: string[] } {
  const [first = "", ...rest] = path.split("/").filter(Boolean).map(decoded);
  return { place: places.find((one) => one.path === (first === "" ? opening : first) && (!still || one.path === "tour")), rest };
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
