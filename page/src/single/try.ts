// "Try it" in a run that was exported as one file: draw or drop a picture, or type a row, and see the answer.
import { type Ink, picture, stroke } from "../draw/ink";
import { Network, probabilities, type Program } from "./network";
import { type Column, type Encoding, features, mistake, numberOf, textOf } from "./row";

interface Held {
  task: string;
  head: string;
  classes: string[];
  kind: "picture" | "row" | "numbers";
  /** The shape of what the network takes. */
  input: number[];
  bytes: boolean;
  ink: Ink;
  columns: Column[];
  encoding: Encoding | null;
  names: string[];
  program: Program;
  /** What is added to each score before the answer is decided, and to each number that is predicted. */
  decision: number[] | null;
  offsets: number[];
  examples: { values: (number | null)[]; given: string }[];
}

interface Said {
  predicted: string;
  bars: [string, number][];
  share: boolean;
}

const SIDE = 112;
const PEN = 5;

/** An element with its attributes and what is in it; a text is only ever a text. */
function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...inside: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const found = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
  found.append(...inside);
  return found;
}

const amount = (value: number): string => String(Number(value.toPrecision(6)));

export class Answers {
  readonly network: Network;

  constructor(readonly held: Held) {
    this.network = new Network(held.program, held.input, held.head);
  }

  /** The scores for an example as the data have it: of a table its row, with NaN or null for what is missing. */
  scores(values: ArrayLike<number | null>): number[] {
    const plain = Array.from(values, (one) => one ?? NaN);
    return this.network.scores(this.held.encoding ? features(plain, this.held.encoding) : plain);
  }

  say(values: ArrayLike<number | null>): Said {
    const { task, head, classes, decision, offsets } = this.held;
    const scores = this.scores(values);
    if (task === "regression") {
      const numbers = scores.map((one, row) => one + (offsets[row] ?? 0));
      const named = numbers.map((one, row): [string, number] => [classes[row] ?? String(row), one]);
      return { predicted: numbers.map(amount).join(", "), bars: named, share: false };
    }
    const shares = probabilities(head, scores);
    const decided = scores.map((one, row) => one + (decision?.[row] ?? 0));
    const predicted =
      task === "multilabel"
        ? classes.filter((_, row) => (decided[row] ?? 0) > 0).join(", ") || "none"
        : (classes[decided.indexOf(Math.max(...decided))] ?? "");
    const bars = (shares ?? scores).map((one, row): [string, number] => [classes[row] ?? String(row), one]);
    return { predicted, bars: bars.sort((a, b) => b[1] - a[1]).slice(0, 12), share: shares !== null };
  }
}

function shown(said: Said, given: string): HTMLElement {
  const most = Math.max(said.share ? 1 : 1e-12, ...said.bars.map(([, value]) => Math.abs(value)));
  const rows = said.bars.map(([name, value]) => {
    const bar = element("span", { class: value < 0 ? "bar below" : "bar" });
    bar.style.width = `${(100 * Math.abs(value)) / most}%`;
    const text = said.share ? `${(100 * value).toFixed(1)} %` : amount(value);
    return element("tr", {}, element("th", { scope: "row" }, name), element("td", { class: "of" }, bar), element("td", { class: "number" }, text));
  });
  const answer = element("p", { class: "predicted" }, said.predicted);
  if (given) answer.append(element("span", { class: "soft" }, ` given: ${given}`));
  return element("div", {}, answer, element("table", { class: "bars" }, element("tbody", {}, ...rows)));
}

function start(held: Held, place: HTMLElement): Answers {
  const answers = new Answers(held);
  const answer = element("div", { class: "answer", "aria-live": "polite" });
  const ask = (values: (number | null)[] | number[], given = ""): void => {
    answer.replaceChildren(shown(answers.say(values), given));
  };
  const asking = element("div", { class: "asking" });
  place.append(element("div", { class: "try" }, asking, answer));
  const preset = held.kind === "picture" ? pictures(held, asking, ask) : rows(held, asking, ask);
  if (held.examples.length) {
    const choose = element("div", { class: "examples" });
    held.examples.forEach((one, number) => {
      const button = element("button", { type: "button", "aria-label": `test example ${number}, ${one.given}` });
      if (held.kind === "picture") button.append(thumbnail(held, one.values));
      else button.append(String(number));
      button.addEventListener("click", () => {
        preset(one.values);
        ask(one.values, one.given);
      });
      choose.append(button);
    });
    asking.append(element("p", { class: "soft" }, "or a test example"), choose);
  }
  return answers;
}

function rows(held: Held, asking: HTMLElement, ask: (values: number[]) => void): (values: (number | null)[]) => void {
  const fields = held.columns.map((column) => {
    if (column.kind !== "category") return element("input", { type: "text", "aria-label": column.name });
    const choices = ["", ...column.values].map((value) => element("option", { value }, value || "missing"));
    return element("select", { "aria-label": column.name }, ...choices);
  });
  const wrong = element("div", { class: "wrong", role: "alert" });
  const form = element("form", { class: "fields" });
  held.columns.forEach((column, place) => {
    const field = fields[place];
    if (field) form.append(element("label", {}, element("span", {}, column.name), field));
  });
  form.append(element("button", { type: "submit" }, "Ask"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const texts = fields.map((field) => field.value);
    const bad = held.columns.map((column, place) => mistake(column, texts[place] ?? "", held.encoding !== null)).filter(Boolean);
    wrong.replaceChildren(...bad.map((one) => element("p", {}, one)));
    if (!bad.length) ask(held.columns.map((column, place) => numberOf(column, texts[place] ?? "") ?? NaN));
  });
  asking.append(form, wrong);
  return (values) => {
    held.columns.forEach((column, place) => {
      const field = fields[place];
      if (field) field.value = textOf(column, values[place] ?? null);
    });
  };
}

function pictures(held: Held, asking: HTMLElement, ask: (values: number[]) => void): (values: (number | null)[]) => void {
  const [channels = 1, high = 1, wide = 1] = held.input;
  let cells = new Float32Array(SIDE * SIDE);
  const canvas = element("canvas", { width: String(SIDE), height: String(SIDE), "aria-label": "pad to draw on" });
  const paint = (): void => {
    const context = canvas.getContext("2d");
    if (!context) return;
    const image = context.createImageData(SIDE, SIDE);
    cells.forEach((value, at) => image.data.set([255 - 235 * value, 255 - 235 * value, 255 - 235 * value, 255], 4 * at));
    context.putImageData(image, 0, 0);
  };
  const clear = (): void => {
    cells = new Float32Array(SIDE * SIDE);
    paint();
  };
  if (channels === 1 && high <= 64) {
    let last: [number, number] | null = null;
    const point = (event: PointerEvent): [number, number] => {
      const box = canvas.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
    };
    const draw = (event: PointerEvent): void => {
      if (!last) return;
      const next = point(event);
      stroke(cells, SIDE, last, next, PEN);
      last = next;
      paint();
      const grid = picture(cells, SIDE, high, wide, held.ink);
      if (grid) ask(grid.flat());
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      last = point(event);
      draw(event);
    });
    canvas.addEventListener("pointermove", draw);
    for (const end of ["pointerup", "pointercancel"] as const) canvas.addEventListener(end, () => (last = null));
    const button = element("button", { type: "button" }, "Clear");
    button.addEventListener("click", clear);
    asking.append(canvas, button);
    paint();
  }
  if (held.bytes && (channels > 1 || Math.max(held.ink.paper, held.ink.ink) > 128)) {
    const file = element("input", { type: "file", accept: "image/*", "aria-label": "a picture" });
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      if (chosen) void read(chosen, held.input).then((values) => ask(values));
    });
    asking.append(element("label", { class: "file" }, "or a picture, scaled to ", `${wide}×${high} by the browser `, file));
  }
  return clear;
}

/** The bytes of a picture file in the size of the network's own, channel by channel. */
async function read(file: File, [channels = 1, high = 1, wide = 1]: number[]): Promise<number[]> {
  const bitmap = await createImageBitmap(file);
  const canvas = element("canvas", { width: String(wide), height: String(high) });
  const context = canvas.getContext("2d");
  if (!context) return [];
  context.fillStyle = "#fff";
  context.fillRect(0, 0, wide, high);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, wide, high);
  const { data } = context.getImageData(0, 0, wide, high);
  const found: number[] = [];
  for (let channel = 0; channel < channels; channel++)
    for (let at = 0; at < wide * high; at++) {
      const [r = 0, g = 0, b = 0] = data.subarray(4 * at, 4 * at + 3);
      found.push(channels === 1 ? Math.floor((19595 * r + 38470 * g + 7471 * b + 32768) / 65536) : ([r, g, b][channel] ?? 0));
    }
  return found;
}

function thumbnail(held: Held, values: (number | null)[]): HTMLCanvasElement {
  const [channels = 1, high = 1, wide = 1] = held.input;
  const canvas = element("canvas", { width: String(wide), height: String(high) });
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  const plain = values.map((one) => one ?? 0);
  const [low, most] = channels === 1 ? [Math.min(held.ink.paper, held.ink.ink), Math.max(held.ink.paper, held.ink.ink)] : held.bytes ? [0, 255] : [Math.min(...plain), Math.max(...plain)];
  const image = context.createImageData(wide, high);
  for (let at = 0; at < wide * high; at++)
    for (let channel = 0; channel < 4; channel++) {
      const value = plain[(channels === 3 ? channel : 0) * wide * high + at] ?? 0;
      image.data[4 * at + channel] = channel === 3 ? 255 : (255 * (value - low)) / (most - low || 1);
    }
  context.putImageData(image, 0, 0);
  return canvas;
}

const data = document.getElementById("wxb-network");
const place = document.getElementById("wxb-try");
if (data && place) Object.assign(window, { wxb: start(JSON.parse(data.textContent ?? "") as Held, place) });
