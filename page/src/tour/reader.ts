// A small network that learns the digits in this window, for the scenes that need one.
import { random } from "./arithmetic/random";
import { accuracy, batches, type Example, learner, type Network, network } from "./arithmetic/network";
import { changed, type Picture, resized, unchanged } from "./arithmetic/pictures";
import { type Digit, digits, MOST, scaled, TRAINING } from "./digits";

export interface Reader {
  net: Network;
  /** On digits that it has not seen. */
  accuracy: number;
}

/** How a digit is given to the network: its 64 greys, or 256 squares of ink and no ink. */
export type Form = "greys" | "ink";

const BATCH = 20;
const STEPS = 900;
const COPIES = 1; // of each digit, moved by up to a pixel

export const exampleOf = (digit: Digit): Example => ({ x: scaled(digit.picture), target: digit.label });

/** 16×16 squares: 1 where the ink has at least this share of the most, else 0. */
export const inked = (picture: Picture, share = 0.5): Float64Array =>
  resized(picture, 16, 16).values.map((value) => (value >= share * MOST ? 1 : 0));

const made = new Map<Form, Promise<Reader>>();

/** A network with 32 hidden units that has learned 700 digits and copies of them; each is made once. */
export function reader(form: Form = "greys"): Promise<Reader> {
  const known = made.get(form);
  if (known) return known;
  const one = learned(form);
  made.set(form, one);
  one.catch(() => made.delete(form)); // the next scene tries again
  return one;
}

async function learned(form: Form): Promise<Reader> {
  const all = await digits();
  const chance = random(1);
  const given = (picture: Picture, target: number): Example => ({ x: form === "ink" ? inked(picture) : scaled(picture), target });
  const net = network([form === "ink" ? 256 : 64, 32, 10], "relu", chance);
  const learning = learner(net, "softmax");
  const moved = (): number => chance.below(3) - 1;
  const train = all.slice(0, TRAINING).flatMap(({ picture, label }) => [
    given(picture, label),
    ...Array.from({ length: COPIES }, () => given(changed(picture, { ...unchanged, right: moved(), down: moved() }, MOST), label)),
  ]);
  const order = batches(train, BATCH, chance);
  for (let step = 0; step < STEPS; step++) {
    learning.step(order.next().value, step < STEPS / 2 ? 0.01 : 0.002);
    if (step % 25 === 24) await new Promise((done) => setTimeout(done)); // the page stays alive
  }
  return { net, accuracy: accuracy(net, all.slice(TRAINING).map((one) => given(one.picture, one.label))) };
}
