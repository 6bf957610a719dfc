// The history of a run as the server thins it.

export interface History {
  points: number;
  /** Whether each point stands for itself; else for a bucket of points, by its least and its greatest value. */
  whole: boolean;
  first: number | null;
  last: number | null;
  step: number[];
  series: Record<string, { min: (number | null)[]; max: (number | null)[] }>;
}

export interface Panel {
  title: string;
  unit: string;
  series: { name: string; label: string; colour: string }[];
}

const VALIDATION = "validation_";

/** The panels that a history fills: losses, each score, the learning rate. */
export function panels(history: History): Panel[] {
  const names = Object.keys(history.series);
  const scores = names.filter((name) => name.startsWith(VALIDATION) && name !== "validation_loss");
  const shown: Panel[] = [
    {
      title: "loss",
      unit: "",
      series: [
        { name: "train_loss", label: "train", colour: "--blue" },
        { name: "validation_loss", label: "validation", colour: "--orange" },
      ].filter((one) => names.includes(one.name)),
    },
    ...scores.map((name) => ({
      title: `validation ${name.slice(VALIDATION.length).replaceAll("_", " ")}`,
      unit: "",
      series: [{ name, label: "validation", colour: "--orange" }],
    })),
    {
      title: "learning rate",
      unit: "",
      series: [{ name: "learning_rate", label: "learning rate", colour: "--green" }],
    },
  ];
  return shown.filter((panel) => panel.series.length > 0);
}

/** Histories of several runs over the steps of all, each series under its run's name: "digits-3f2a/train_loss". */
export function joined(histories: [string, History][]): History {
  const step = [...new Set(histories.flatMap(([, one]) => one.step))].sort((a, b) => a - b);
  const place = new Map(step.map((one, row) => [one, row]));
  const series: History["series"] = {};
  for (const [run, history] of histories)
    for (const [name, values] of Object.entries(history.series)) {
      const min = new Array<number | null>(step.length).fill(null);
      const max = new Array<number | null>(step.length).fill(null);
      history.step.forEach((one, row) => {
        const at = place.get(one) ?? 0;
        min[at] = values.min[row] ?? null;
        max[at] = values.max[row] ?? null;
      });
      series[`${run}/${name}`] = { min, max };
    }
  const points = histories.reduce((sum, [, one]) => sum + one.points, 0);
  return { points, whole: histories.every(([, one]) => one.whole), first: step[0] ?? null, last: step.at(-1) ?? null, step, series };
}

const COLOURS = ["--blue", "--orange", "--green", "--purple", "--red", "--quiet"];

/** The colour of the run at a place of a comparison. */
export const colourOf = (place: number): string => COLOURS[place % COLOURS.length] ?? "--ink";

/** The panels of a joined history: one for each curve that two runs or more have, or a single one has. */
export function panelsOf(runs: { name: string; title: string }[], history: History): Panel[] {
  const names = [...new Set(Object.keys(history.series).map((one) => one.slice(one.lastIndexOf("/") + 1)))];
  return names
    .filter((name) => name === "train_loss" || name.startsWith(VALIDATION))
    .map((name) => ({
      title: name.replace("train_loss", "training loss").replaceAll("_", " "),
      unit: "",
      series: runs
        .map((run, row) => ({ name: `${run.name}/${name}`, label: run.title, colour: colourOf(row) }))
        .filter((one) => one.name in history.series),
    }));
}
