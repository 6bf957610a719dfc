// What the page itself can do with a command that trains: play with its data, or train it as a run.

/** A training as the server starts it. */
export interface Training {
  source: string;
  network: string;
  settings: Record<string, string>;
}

/** Toys that the playground has. */
const PLAYED = ["ring", "quadrants", "modes", "disc", "spirals", "moons", "sine", "steps", "noisy-line"];
/** Data that are on every computer with wxb. */
const PACKAGED = [...PLAYED, "digits"];
/** Settings of the playground; an address has them by the same names. */
const SET = ["optimizer", "learning_rate", "batch_size", "l2", "l1"];

/** The training of a command, without what follows it; null for one that trains nothing, or needs data that may be missing. */
export function trainingOf(line: string): Training | null {
  const [first = ""] = line.split("&&");
  const words = [...first.matchAll(/"([^"]*)"|(\S+)/g)].map((one) => one[1] ?? one[2] ?? "");
  const [program, command, source = "", ...rest] = words;
  if (program !== "wxb" || command !== "train" || !PACKAGED.includes(source)) return null;
  const network = rest[0]?.startsWith("--") === false ? (rest.shift() ?? "") : "";
  const settings: Record<string, string> = {};
  while (rest.length > 0) {
    const name = (rest.shift() ?? "").replace(/^--/, "").replaceAll("-", "_");
    settings[name] = rest[0] === undefined || rest[0].startsWith("--") ? "true" : (rest.shift() ?? "");
  }
  delete settings["out"];
  return { source, network, settings };
}

/** The address of the playground with the same; empty if it does not have the data. */
export function playOf(line: string): string {
  const training = trainingOf(line);
  if (!training || !PLAYED.includes(training.source)) return "";
  const kept = Object.entries(training.settings).filter(([name]) => SET.includes(name));
  const query = new URLSearchParams({ data: training.source, network: training.network || "FC-16-RELU, SOFTMAX", ...Object.fromEntries(kept) });
  return `/playground?${query.toString()}`;
}
