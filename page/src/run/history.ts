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
