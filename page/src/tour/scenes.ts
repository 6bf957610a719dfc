// The scenes of the tour by chapter. A scene is a file in scenes/ and an entry here.
import type { Component } from "svelte";

export interface Scene {
  /** The word of its address: /tour/svm-loss. */
  path: string;
  /** The row of docs/coverage.md that it shows. */
  row: string;
  title: string;
  text: string;
  /** The same as a command; a scene without one shows its own, from what was set. */
  command?: string;
  /** A command on a toy that the playground opens, if that is another one. */
  play?: string;
  load: () => Promise<{ default: Component }>;
}

export interface Chapter {
  letter: string;
  title: string;
  scenes: Scene[];
}

export const chapters: Chapter[] = [
  {
    letter: "B",
    title: "What a computer sees",
    scenes: [
      {
        path: "pixels",
        row: "B1",
        title: "A picture is a grid of numbers",
        text: "What looks like a digit to you is, to a computer, a list of brightnesses. The task is to go from this list to one word.",
        command: "wxb data digits --grid 0",
        load: () => import("./scenes/Pixels.svelte"),
      },
      {
        path: "challenges",
        row: "B2",
        title: "The same thing, other numbers",
        text: "Move a digit, turn it, light it differently or hide a part: you still read it, but every number has changed. Watch how sure a small network remains.",
        command: 'wxb train digits "FC-32-RELU, SOFTMAX" --augment shift-1',
        load: () => import("./scenes/Challenges.svelte"),
      },
      {
        path: "features",
        row: "B3",
        title: "Designed features against learned ones",
        text: "A person can decide what to measure in a picture, and let a linear classifier learn the rest. Or a network learns what to measure, too.",
        command: 'wxb train mnist "HOG, SOFTMAX"',
        load: () => import("./scenes/Features.svelte"),
      },
    ],
  },
  {
    letter: "C",
    title: "The linear classifier",
    scenes: [
      {
        path: "cifar",
        row: "C0",
        title: "A running example: 32 × 32 × 3",
        text: "CIFAR-10 has ten classes, 50,000 pictures to learn from and 10,000 to test on. Each picture is 32 by 32 pixels in red, green and blue: 3,072 numbers in a row.",
        command: "wxb train cifar10",
        load: () => import("./scenes/Cifar.svelte"),
      },
      {
        path: "linear",
        row: "C1",
        title: "A score for each class: f(x, W) = Wx + b",
        text: "Each row of W weighs all pixels for one class. Here the picture has four pixels and there are three classes. Change any number and see the scores follow.",
        command: "wxb train digits SOFTMAX",
        load: () => import("./scenes/Linear.svelte"),
      },
      {
        path: "bias-trick",
        row: "C2",
        title: "The bias trick",
        text: "A bias is a weight for an input that is always 1. Put the biases into W as a last column and a 1 below the pixels: one matrix, the same scores.",
        command: "wxb lesson bias",
        load: () => import("./scenes/BiasTrick.svelte"),
      },
      {
        path: "scaling",
        row: "C3",
        title: "Twice as bright, twice the scores",
        text: "Without a bias the scores are linear in the picture: f(cx) = c f(x). A dim picture gets small scores, though it shows the same thing. A bias breaks the rule.",
        command: 'wxb train digits "FC-Cb0, SOFTMAX"',
        load: () => import("./scenes/Scaling.svelte"),
      },
      {
        path: "viewpoints",
        row: "C4",
        title: "Three ways to look at Wx + b",
        text: "The same classifier is a product of matrices, a template for each class that is laid over the picture, and a set of lines that divide the space of pictures.",
        command: "wxb train digits SOFTMAX --out runs/linear && wxb view runs/linear viewpoints",
        load: () => import("./scenes/Viewpoints.svelte"),
      },
      {
        path: "hard-cases",
        row: "C5",
        title: "What no line can divide",
        text: "Drag the two ends of the line and try to put all blue points on one side. Then let one line, or a small network, learn it.",
        load: () => import("./scenes/HardCases.svelte"),
      },
      {
        path: "polar",
        row: "C6",
        title: "Other coordinates, an easy problem",
        text: "No line divides the disc from the ring around it. Described by radius and angle instead of x and y, a straight line does.",
        command: 'wxb train disc "POLAR, SOFTMAX"',
        load: () => import("./scenes/Polar.svelte"),
      },
    ],
  },
  {
    letter: "D",
    title: "Losses",
    scenes: [
      {
        path: "svm-loss",
        row: "D1",
        title: "How bad are these scores?",
        text: "A loss says in one number how bad the scores are. The SVM wants the true class to win by a margin of 1; cross-entropy wants all the probability for it.",
        command: "wxb train digits SVM",
        load: () => import("./scenes/SvmLoss.svelte"),
      },
      {
        path: "softmax-loss",
        row: "D1",
        title: "From scores to a loss in three steps",
        text: "Raise e to each score, divide by the sum, and take the negative logarithm for the true class.",
        command: "wxb train digits SOFTMAX",
        load: () => import("./scenes/SoftmaxLoss.svelte"),
      },
      {
        path: "likelihood",
        row: "D2",
        title: "The loss as a likelihood",
        text: "Multiply the probabilities that a model gives to what really happened: its likelihood. The model with the greatest one has the least cross-entropy.",
        command: "wxb train digits --calibration temperature",
        load: () => import("./scenes/Likelihood.svelte"),
      },
      {
        path: "first-loss",
        row: "D3",
        title: "The loss before anything is learned",
        text: "Small random weights give scores that are nearly equal, so every class gets about 1 / C and the first loss is log C. Another first loss is a sign of a mistake.",
        command: "wxb train digits",
        load: () => import("./scenes/FirstLoss.svelte"),
      },
      {
        path: "softmax",
        row: "D4",
        title: "The softmax layer",
        text: "Whatever the scores are, every output lies between 0 and 1, and together they make 1. Add the same to all scores and nothing changes; multiply them and the winner takes more.",
        command: 'wxb train digits "FC-32-RELU, SOFTMAX"',
        load: () => import("./scenes/Softmax.svelte"),
      },
      {
        path: "mean-or-sum",
        row: "D5",
        title: "Total cost: the mean or the sum",
        text: "The cost of a batch is the sum of its examples' losses, or their mean. Both are least at the same weights; the sum needs a rate that is smaller by the number of examples.",
        command: "wxb train digits --reduction sum",
        load: () => import("./scenes/MeanOrSum.svelte"),
      },
      {
        path: "penalties",
        row: "D6",
        title: "Penalties on the weights",
        text: "Two sets of weights can give the same score. A penalty λR(W) chooses: ΣW² likes them spread over all inputs, Σ|W| likes few of them.",
        load: () => import("./scenes/Penalties.svelte"),
      },
      {
        path: "simpler-models",
        row: "D7",
        title: "Prefer simpler models",
        text: "A flexible curve can go through every noisy point and be wrong everywhere else. Raise λ and watch it become simple, then too simple.",
        command: "wxb lesson penalty",
        play: 'wxb train sine "(FC-32-TANH)*2, EUCLID" --l2 0.001',
        load: () => import("./scenes/SimplerModels.svelte"),
      },
    ],
  },
  {
    letter: "E",
    title: "Neurons and networks",
    scenes: [
      {
        path: "neuron",
        row: "E0",
        title: "A neuron",
        text: "A neuron weighs its inputs, adds a bias, and passes the sum through an activation. That is all.",
        command: 'wxb train moons "FC-1-SIGMOID, SOFTMAX"',
        load: () => import("./scenes/Neuron.svelte"),
      },
      {
        path: "firing-rule",
        row: "E1",
        title: "The firing rule",
        text: "Teach a neuron a few patterns: fire, or do not. For any other pattern it looks for the nearest taught ones, by the number of inputs that differ, and answers like them.",
        load: () => import("./scenes/FiringRule.svelte"),
      },
      {
        path: "ink",
        row: "E2",
        title: "Ink and no ink",
        text: "A classic first network reads a digit from 16 × 16 squares: 1 where there is ink, 0 where there is none. 256 inputs, ten confidences.",
        command: "wxb train digits --ink",
        load: () => import("./scenes/Ink.svelte"),
      },
      {
        path: "sigmoid-network",
        row: "E3",
        title: "A network by hand",
        text: "Three layers of two sigmoids. Change the input or any weight, and follow the numbers from left to right.",
        command: 'wxb train moons "FC-2-SIGMOID-FC-2-SIGMOID-FC-2-SIGMOID, SOFTMAX"',
        load: () => import("./scenes/SigmoidNetwork.svelte"),
      },
      {
        path: "matrix-form",
        row: "E4",
        title: "The same as matrices",
        text: "A layer is one product of matrices, and many examples pass at once as columns. This is why a graphics card makes networks fast.",
        command: 'wxb show "FC-2-SIGMOID-FC-2-SIGMOID, SOFTMAX" --input 2 --outputs 2',
        load: () => import("./scenes/MatrixForm.svelte"),
      },
      {
        path: "activations",
        row: "E5",
        title: "Activations and their slopes",
        text: "Without an activation many layers are no more than one. Learning needs its slope: where the slope is 0, nothing gets back.",
        load: () => import("./scenes/Activations.svelte"),
      },
      {
        path: "size",
        row: "E6",
        title: "How many examples are enough?",
        text: "Two old rules: five to ten examples for each weight, or more than |W| / (1 − a) for an accuracy of a. Networks of today often learn with fewer; the rules say when to be careful.",
        command: "wxb lesson size",
        load: () => import("./scenes/Size.svelte"),
      },
    ],
  },
  {
    letter: "F",
    title: "Learning",
    scenes: [
      {
        path: "descent",
        row: "F1",
        title: "Downhill on the error surface",
        text: "The error is a height over the weights. Gradient descent takes steps −η∇C: down the steepest slope, longer where it is steeper. Press on the surface to start a ball there.",
        command: "wxb train moons SOFTMAX --optimizer sgd --schedule constant --out runs/descent && wxb view runs/descent surface",
        load: () => import("./scenes/Descent.svelte"),
      },
      {
        path: "minima",
        row: "F2",
        title: "Minima, saddles and plateaus",
        text: "Other starts, other ends. The gradient is also nothing on a saddle, and almost nothing on a plateau.",
        command: "wxb lesson surface",
        play: 'wxb train moons "FC-2-TANH, SOFTMAX" --optimizer sgd --learning-rate 0.1',
        load: () => import("./scenes/Minima.svelte"),
      },
      {
        path: "mini-batches",
        row: "F3",
        title: "One mini-batch after another",
        text: "Each step looks at a few examples only, so it goes roughly, not exactly, downhill. When every example had its turn an epoch is over, and a new order is drawn.",
        load: () => import("./scenes/MiniBatches.svelte"),
      },
      {
        path: "backpropagation",
        row: "F4",
        title: "Backpropagation, step by step",
        text: "Forward, each node computes its value. Backward, it multiplies what comes from above with its own local gradient and hands it down. Values stand above the line, gradients below it.",
        load: () => import("./scenes/Backpropagation.svelte"),
      },
      {
        path: "recipe",
        row: "F5",
        title: "A recipe of questions",
        text: "Does it do well on the training data? On the test data? Two questions say what to try next, and what not to.",
        command: "wxb train digits --out runs/first && wxb doctor runs/first",
        load: () => import("./scenes/Recipe.svelte"),
      },
    ],
  },
  {
    letter: "G",
    title: "Deep and convolutional networks",
    scenes: [
      {
        path: "layers",
        row: "G1",
        title: "Two layers, three layers",
        text: "f = W₂ max(0, W₁x): a linear classifier on top of features that are learned. Another layer makes features of features.",
        load: () => import("./scenes/Layers.svelte"),
      },
      {
        path: "universality",
        row: "G2",
        title: "One wide layer fits any curve",
        text: "With enough hidden units one layer comes as close as you like to any continuous function. Choose how many, and let it learn.",
        load: () => import("./scenes/Universality.svelte"),
      },
      {
        path: "fat-or-thin",
        row: "G3",
        title: "Fat and short, or thin and tall?",
        text: "Spend the same number of parameters on one wide layer or on several narrow ones, and let both learn the same points.",
        load: () => import("./scenes/FatOrThin.svelte"),
      },
      {
        path: "convolution",
        row: "G4",
        title: "A filter slides over a picture",
        text: "The same few weights are laid on every place; each place gives one number of the activation map. Change the filter and see what it answers to.",
        load: () => import("./scenes/Convolution.svelte"),
      },
      {
        path: "fully-connected",
        row: "G5",
        title: "A fully connected layer is a convolution",
        text: "A filter as large as the picture has one place only: its answer is the neuron's. On a larger picture the same weights give a map.",
        load: () => import("./scenes/FullyConnected.svelte"),
      },
      {
        path: "pooling",
        row: "G6",
        title: "Max pooling",
        text: "Each 2 × 2 window keeps its greatest number. The map becomes a quarter of the size, and small shifts matter less.",
        command: 'wxb train digits "CONV-16-RELU-POOL-FC-32-RELU, SOFTMAX"',
        load: () => import("./scenes/Pooling.svelte"),
      },
      {
        path: "filters",
        row: "G7",
        title: "What filters answer to",
        text: "A small ConvNet learns the digits here, in your browser. Its first filters look for edges; those of the second layer answer to larger strokes.",
        command: 'wxb train digits "CONV-8-RELU-POOL-CONV-16-RELU-POOL, SOFTMAX" --out runs/maps && wxb view runs/maps exciting',
        load: () => import("./scenes/Filters.svelte"),
      },
      {
        path: "family",
        row: "G8",
        title: "N, M and K",
        text: "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K, SOFTMAX is a whole family of networks. Choose N, M and K and see which one it becomes.",
        load: () => import("./scenes/Family.svelte"),
      },
      {
        path: "named-networks",
        row: "G9",
        title: "Networks that made history",
        text: "Each of these is one line of the notation. The counts are computed from that line, and are those that were published.",
        load: () => import("./scenes/NamedNetworks.svelte"),
      },
      {
        path: "convnet-live",
        row: "G10",
        title: "A ConvNet that learns while you watch",
        text: "Everything happens in this window: filters, maps and gradients of a network that learns to read digits.",
        command: 'wxb train digits "CONV-8-RELU-POOL-CONV-16-RELU-POOL, SOFTMAX"',
        load: () => import("./scenes/ConvNetLive.svelte"),
      },
      {
        path: "shortcuts",
        row: "G11",
        title: "Blocks: shortcuts, branches, only convolutions",
        text: "Later networks are made of blocks: ResNet adds a block's input to its output, GoogLeNet lays several filters side by side, and all-convolutional networks replace pooling by strides.",
        load: () => import("./scenes/Shortcuts.svelte"),
      },
      {
        path: "devices",
        row: "G12",
        title: "One batch on several devices",
        text: "Each device takes a part of the batch and computes its gradient. Their average is the gradient of the whole batch, so all take the same step. One device does the same with parts of a batch, one after another.",
        command: "wxb train digits --devices 2",
        load: () => import("./scenes/Devices.svelte"),
      },
      {
        path: "depth",
        row: "G13",
        title: "How deep can it be?",
        text: "A gradient passes through every layer on its way back. It fades or explodes with depth unless weights begin at the right size, or shortcuts carry it.",
        command: "wxb train cifar10 resnet56",
        load: () => import("./scenes/Depth.svelte"),
      },
    ],
  },
  {
    letter: "H",
    title: "Now yours",
    scenes: [
      {
        path: "draw",
        row: "H1",
        title: "Draw a digit",
        text: "Draw with a finger or the mouse. A small network, trained in this window, says how sure it is of each digit.",
        command: "wxb train digits",
        load: () => import("./scenes/Draw.svelte"),
      },
      {
        path: "automatic-gradients",
        row: "H2",
        title: "Gradients of any expression",
        text: "Write an expression. Its graph is built, and every gradient is computed by one pass back, as toolkits do it. Beside each stands the number that two nearby values give.",
        command: 'wxb train digits "FC-64-RELU, SOFTMAX"',
        load: () => import("./scenes/AutomaticGradients.svelte"),
      },
    ],
  },
];

export const scenes: Scene[] = chapters.flatMap((chapter) => chapter.scenes);

/** The title of the chapter of a scene, by the scene's number. */
export const chapterOf = (at: number): string =>
  chapters.find((chapter) => chapter.scenes.some((one) => one === scenes[at]))?.title ?? "";
