// Whether the page is dark: what is drawn on a canvas must know.
import { colour } from "../parts/colours";

const asked = matchMedia("(prefers-color-scheme: dark)");
let dark = $state(asked.matches);
asked.addEventListener("change", () => (dark = asked.matches));

/** A colour of page.css as red, green and blue from 0 to 255; it follows the theme. */
export function rgb(name: string): [number, number, number] {
  void dark;
  const [red = 0, green = 0, blue = 0] = (colour(name).match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}

/** The colours of classes, by their number. */
export const CLASSES = ["--orange", "--blue", "--green", "--purple", "--red"];
export const classColour = (label: number): string => `var(${CLASSES[label % CLASSES.length] ?? "--blue"})`;

/** Whether the page is dark now. */
export const isDark = (): boolean => dark;
