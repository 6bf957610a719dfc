"""The settings of a recipe: how a network is trained, and on what machine."""

from __future__ import annotations

from wxb.settings.setting import AUGMENTATION, DEVICE, PRETRAINED, Bounds, Setting

TRAINING, OBJECTIVE, INPUTS, MACHINE = "training", "objective", "inputs", "machine"
WITH_MOMENTUM = ("momentum", "nesterov", "muon")

SHARE = Bounds(0, 1)
DECAY = Bounds(0, 1, below=True)
PENALTY = Bounds(0, 1_000_000)
SEED = Bounds(0, 2**63 - 1)
STEPS = Bounds(0, 1_000_000_000)

LIST = (
    Setting("seed", int, 0, "Seed of everything random: split, weights, order of the examples", TRAINING, SEED),
    Setting("epochs", int, 20, "Passes over the training examples", TRAINING, Bounds(1, 1_000_000), fitted=True),
    Setting("steps", int, 0, "Train for this many steps instead of whole epochs; 0 for whole epochs", TRAINING, STEPS),
    Setting("until", float, 0.0, "Stop at this validation accuracy, 0.9 for 90 %; 0 for never", TRAINING, SHARE),
    Setting("batch_size", int, 128, "Examples per batch", TRAINING, Bounds(1, 10_000_000), fitted=True),
    Setting(
        "optimizer", str, "adamw", "How the gradient becomes a step", TRAINING, fitted=True,
        choices=("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "muon"),
    ),
    Setting(
        "learning_rate", float, 1e-3, "Peak learning rate of the schedule", TRAINING, fitted=True,
        bounds=Bounds(0, 1_000, above=True),
    ),
    Setting("momentum", float, 0.9, "For momentum, nesterov and muon", TRAINING, DECAY, fitted=True),
    Setting(
        "schedule", str, "one-cycle", "How the learning rate changes during training", TRAINING, fitted=True,
        choices=("constant", "step", "cosine", "one-cycle", "linear"),
    ),
    Setting("warm_up", float, 0.2, "Share of the steps in which the learning rate rises", TRAINING, SHARE, fitted=True),
    Setting("clip", float, 0.0, "Largest norm of the gradient; 0 for no limit", TRAINING, PENALTY, fitted=True),
    Setting("accumulate", int, 1, "Batches per step, whose gradients add up", TRAINING, Bounds(1, 100_000)),
    Setting(
        "ema", float, 0.0, "Decay per step of the moving average of the weights; 0 for none", TRAINING, DECAY,
        fitted=True,
    ),
    Setting(
        "early_stopping", int, 0, "Stop after this many epochs without a better validation; 0 for never", TRAINING,
        Bounds(0, 1_000_000), fitted=True,
    ),
    Setting(
        "keep", str, "last", "Weights to keep: those of the best validation, or the last", TRAINING,
        choices=("best", "last"), fitted=True,
    ),
    Setting(
        "bagging", bool, False, "Let each group of a TEAM learn without one fold, which validates it", TRAINING,
        fitted=True,
    ),
    Setting(
        "calibration", str, "none", "Divide the logits by a temperature at the end, fitted to the validation", TRAINING,
        choices=("none", "temperature"), fitted=True,
    ),
    Setting(
        "pretrained", str, "none", "Folder of a run, whose trained layers this network begins with; none for none",
        TRAINING, form=PRETRAINED,
    ),
    Setting("freeze", bool, False, "Keep the layers of `pretrained` as they are; train only the new ones", TRAINING),
    Setting("shuffle", bool, True, "Show the examples in a new order in each epoch", TRAINING),
    Setting("l2", float, 0.0, "λ of the penalty λΣW²", OBJECTIVE, PENALTY),
    Setting("l1", float, 0.0, "λ of the penalty λΣ|W|", OBJECTIVE, PENALTY),
    Setting("elastic_beta", float, 0.0, "β of the penalty λΣ(βW² + |W|), with `l1` as its λ", OBJECTIVE, PENALTY),
    Setting(
        "weight_decay", float, 0.0, "Decoupled weight decay; not together with `l2`", OBJECTIVE,
        Bounds(0, 1_000), fitted=True,
    ),
    Setting(
        "class_weight", str, "none", "balanced: every class weighs the same in the loss", OBJECTIVE,
        choices=("none", "balanced"),
    ),
    Setting(
        "optimize", str, "none", "What answers are decided for, by thresholds fitted to the validation", OBJECTIVE,
        choices=("none", "accuracy", "balanced", "f1"),
    ),
    Setting(
        "label_smoothing", float, 0.0, "Share of each target spread over all classes", OBJECTIVE, SHARE, fitted=True
    ),
    Setting(
        "reduction", str, "mean", "Loss of a batch: mean or sum over its examples", OBJECTIVE, choices=("mean", "sum")
    ),
    Setting(
        "augment", str, "none", "Random changes of pictures: none, flip, shift-N (up to N pixels) or flip,shift-N",
        INPUTS, form=AUGMENTATION, fitted=True,
    ),
    Setting("mixup", float, 0.0, "Mix pairs of examples, α of Beta(α, α); 0 for none", INPUTS, Bounds(0, 1_000)),
    Setting(
        "cutout", int, 0, "Side in pixels of a blanked square; 0 for none", INPUTS, Bounds(0, 10_000), fitted=True
    ),
    Setting(
        "initialization", str, "random", "First weights: random, CONV as identity, or biases of a first FC spread",
        INPUTS, choices=("random", "identity", "spread-biases"), fitted=True,
    ),
    Setting(
        "first_layer", str, "learned", "Filters of the first CONV: learned, or whitened patches", INPUTS,
        choices=("learned", "whitened"), fitted=True,
    ),
    Setting(
        "normalize", str, "std", "Inputs: standardized, scaled to [0, 1], or unchanged", INPUTS,
        choices=("std", "range", "none"),
    ),
    Setting("flip_average", bool, False, "Score pictures by the mean over both mirror images", INPUTS),
    Setting("device", str, "auto", "Device: auto, cpu, cuda, cuda:1 or mps", MACHINE, form=DEVICE),
    Setting("threads", int, 0, "CPU threads; 0 for one per physical core", MACHINE, Bounds(0, 512)),
    Setting(
        "devices", int, 1, "Devices that share each batch: on the CPU, a process for each", MACHINE, Bounds(1, 64)
    ),
    Setting(
        "precision", str, "auto", "Precision of the layers' arithmetic; weights stay float32", MACHINE,
        choices=("auto", "float32", "bfloat16"),
    ),
)  # fmt: skip
