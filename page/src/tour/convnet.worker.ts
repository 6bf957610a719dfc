// Trains the small ConvNet beside the page, and sends what can be seen of it.
import { convNet, type Maps, parametersOf, pass, trainer, zeros, back } from "./arithmetic/convnet";
import { softmax } from "./arithmetic/losses";
import { greatest } from "./arithmetic/numbers";
import { random, shuffled } from "./arithmetic/random";

/** What the page asks for. */
export type Asked =
  | { kind: "begin"; pictures: Float64Array[]; labels: number[]; training: number; rate: number; seed: number; steps: number }
  | { kind: "run"; running: boolean }
  | { kind: "rate"; rate: number }
  | { kind: "example"; example: number };

/** What is sent several times a second. */
export interface Seen {
  step: number;
  done: boolean;
  loss: number;
  /** On digits that it has not learned from. */
  accuracy: number;
  parameters: number;
  filters: [Float64Array, Float64Array];
  gradients: [Float64Array, Float64Array];
  /** Of the example: maps of each layer, confidences, and how each pixel changes the loss. */
  maps: Maps[];
  confidences: number[];
  picture: Float64Array;
  /** For each filter of the two layers: the examples and places that excite it most. */
  exciting: { example: number; row: number; column: number }[][][];
}

const BATCH = 16;
const EVERY = 120; // milliseconds between messages
const EXCITING = 5;
const TESTED_EVERY = 20; // steps: a test takes longer than some steps

let state:
  | { net: ReturnType<typeof convNet>; train: ReturnType<typeof trainer>; asked: Extract<Asked, { kind: "begin" }>; order: number[] }
  | undefined;
let [running, rate, example, step, loss, timer, sent] = [false, 0.01, 0, 0, NaN, 0, 0];
let last = { gradients: undefined as ReturnType<typeof zeros> | undefined, accuracy: 0, tested: -Infinity };

onmessage = ({ data }: MessageEvent<Asked>): void => {
  if (data.kind === "begin") {
    const net = convNet(8, [8, 16], 10, random(data.seed));
    state = { net, train: trainer(net), asked: data, order: [] };
    [rate, step, loss, running] = [data.rate, 0, NaN, false];
    last = { gradients: undefined, accuracy: 0, tested: -Infinity };
    tell(true);
  } else if (data.kind === "run") {
    running = data.running;
    clearTimeout(timer);
    if (running) work();
  } else if (data.kind === "rate") rate = data.rate;
  else {
    example = data.example;
    if (!running) tell(false);
  }
};

function work(): void {
  if (!state) return;
  const { asked, train } = state;
  const until = performance.now() + 40;
  while (performance.now() < until && step < asked.steps) {
    if (state.order.length < BATCH) state.order = shuffled(asked.training, random(asked.seed * 7919 + step));
    const batch = state.order.splice(0, BATCH);
    const found = train(
      batch.map((i) => asked.pictures[i] as Float64Array),
      batch.map((i) => asked.labels[i] as number),
      rate,
    );
    loss = Number.isNaN(loss) ? found.loss : 0.9 * loss + 0.1 * found.loss;
    last.gradients = found.gradients;
    step += 1;
  }
  if (step >= asked.steps) running = false;
  if (!running || performance.now() - sent > EVERY) tell(!running);
  if (running) timer = self.setTimeout(work);
}

/** Send what is seen; `whole` counts exciting places again, which takes a while. */
function tell(whole: boolean): void {
  if (!state) return;
  const { net, asked } = state;
  sent = performance.now();
  const x = asked.pictures[example] as Float64Array;
  const found = pass(net, x);
  if (whole || step - last.tested >= TESTED_EVERY) {
    const others = asked.pictures.slice(asked.training);
    const right = others.filter((one, i) => greatest(pass(net, one).scores) === asked.labels[asked.training + i]).length;
    [last.accuracy, last.tested] = [right / others.length, step];
  }
  const gradients = last.gradients ?? zeros(net);
  const seen: Seen = {
    step,
    done: step >= asked.steps,
    loss,
    accuracy: last.accuracy,
    parameters: parametersOf(net),
    filters: [net.layers[0].weights, net.layers[1].weights],
    gradients: [gradients[0].weights, gradients[1].weights],
    maps: found.maps,
    confidences: softmax([...found.scores]),
    picture: back(net, x, asked.labels[example] as number, zeros(net)).picture,
    exciting: whole ? exciting() : [],
  };
  postMessage(seen);
}

/** For each filter of both layers the examples and places where its map is greatest, at most one place an example. */
function exciting(): Seen["exciting"] {
  if (!state) return [];
  const { net, asked } = state;
  const best: { value: number; example: number; row: number; column: number }[][][] = net.widths.map((width) =>
    Array.from({ length: width }, () => []),
  );
  asked.pictures.slice(0, asked.training).forEach((x, i) => {
    const { maps } = pass(net, x);
    [maps[0], maps[2]].forEach((layer, l) => {
      for (let c = 0; c < layer.channels; c++) {
        const map = layer.values.subarray(c * layer.side ** 2, (c + 1) * layer.side ** 2);
        const place = greatest(map);
        const list = best[l]?.[c];
        list?.push({ value: map[place] ?? 0, example: i, row: Math.floor(place / layer.side), column: place % layer.side });
        list?.sort((a, b) => b.value - a.value);
        if (list && list.length > EXCITING) list.length = EXCITING;
      }
    });
  });
  return best;
}
