// A ConvNet that learns the digits in a worker, for the scenes that show it.
import { digits, scaled, TRAINING } from "./digits";
import type { Asked, Seen } from "./convnet.worker";

export interface Learning {
  readonly seen: Seen | null;
  readonly running: boolean;
  begin(): void;
  run(running: boolean): void;
  rate(rate: number): void;
  example(example: number): void;
}

/** To be called while a scene begins; the worker ends with it. */
export function learning(steps: number, rate: number): Learning {
  let seen = $state.raw<Seen | null>(null);
  let running = $state(false);
  let seed = 1;
  const worker = new Worker(new URL("./convnet.worker.ts", import.meta.url), { type: "module" });
  const tell = (asked: Asked): void => worker.postMessage(asked);
  let speed = rate;

  worker.onmessage = ({ data }: MessageEvent<Seen>) => {
    seen = data.exciting.length || !seen ? data : { ...data, exciting: seen.exciting };
    if (data.done) running = false;
  };
  async function begin(): Promise<void> {
    const all = await digits();
    running = false;
    tell({
      kind: "begin",
      pictures: all.map((one) => scaled(one.picture)),
      labels: all.map((one) => one.label),
      training: TRAINING,
      rate: speed,
      seed: seed++,
      steps,
    });
  }
  $effect(() => {
    begin().catch(() => {}); // the digits that the scene shows say what went wrong
    return () => worker.terminate();
  });

  return {
    get seen() {
      return seen;
    },
    get running() {
      return running;
    },
    begin: () => void begin().catch(() => {}),
    run(next) {
      running = next;
      tell({ kind: "run", running: next });
    },
    rate(next) {
      speed = next;
      tell({ kind: "rate", rate: next });
    },
    example: (example) => tell({ kind: "example", example }),
  };
}
