// The recipe for learning: a tree of questions, with advice at its ends.

export interface Question {
  asks: string;
  answers: [string, string][];
}
/** The questions, by the way to them. */
export const tree: Record<string, Question> = {
  "": {
    asks: "Does it do well on the training data?",
    answers: [["no", "No"], ["yes", "Yes"]],
  },
  no: { asks: "Is the first loss near log C, and does the loss fall at all?", answers: [["nothing", "It does not fall"], ["slowly", "It falls, too slowly"]] },
  yes: { asks: "Does it do well on held-out data?", answers: [["over", "No"], ["good", "Yes"]] },
};
/** What to try, and what not, at each end of the ways. */
export const advice: Record<string, { title: string; tries: string[]; not: string }> = {
  nothing: {
    title: "Look for a mistake before anything else",
    tries: ["Learn 16 examples by heart: a network that cannot has a fault.", "Compare gradients with numeric ones.", "Look at inputs and labels as the network gets them.", "Try a learning rate ten times lower, then ten times higher."],
    not: "More data and more dropout do not help a network that learns nothing.",
  },
  slowly: {
    title: "Make learning easier",
    tries: ["Another activation: ReLU in place of sigmoid.", "An adaptive optimizer or momentum, and a better learning rate.", "Batch normalization, or shortcuts if it is deep.", "A larger network, or more epochs."],
    not: "Regularization makes the training error higher, not lower.",
  },
  over: {
    title: "It overfits: prefer simpler models",
    tries: ["More data, or changed copies of what you have.", "A penalty on the weights, or dropout.", "Stop when the validation error is least.", "A smaller network, or one whose structure fits: convolutions for pictures."],
    not: "Longer training makes it worse.",
  },
  good: {
    title: "Good. Now make sure that it is true",
    tries: ["Compare with what is cheap: the majority, the nearest neighbour, a linear classifier.", "Look for copies of test examples in the training data.", "Look at the mistakes.", "Touch the test set no more."],
    not: "Do not choose settings by the test set: it then measures nothing.",
  },
};

/** The question before. */
export const parent = (one: string): string => ({ nothing: "no", slowly: "no", over: "yes", good: "yes", no: "", yes: "" })[one] ?? "";
