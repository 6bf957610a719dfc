"""The default network and recipe for a data set: a few rules, each found by measurement.

Networks, by the smaller side of the pictures (docs/figures.md and docs/peers.md show the accuracy they reach):

    below 16     two convolutions at full size, two at half size
    below 32     patches with a stride of 2, whitened if the pictures have colours, then two pairs of convolutions, each
                 at half the side
    from 32      whitened patches at full size, then three pairs;
                 with little time, patches with a stride of 2 and pooling before the layers are wide; with more time,
                 layers twice as wide; with much time, residual trios, twice and four times as wide
    from 64      whitened patches with a stride of 2, then three pairs; with little time, pooling before the pairs

Rows of arrays of up to ten numbers get two hidden layers of 64 units; longer ones two of 128, with a dropout of 0.1.
Rows of a table get a TEAM, wider and deeper from 10,000 examples on: below 100,000 it has five groups of members, each
validated on a fold that it has not seen.
Tables with free text get a linear network of their terms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wxb.data.dataset import Dataset
from wxb.learning.bagging import apart
from wxb.learning.recipe import Recipe
from wxb.learning.requirements import check_fit
from wxb.notation import Plan
from wxb.settings import NONE, RECIPE, Setting, check_together, unknown
from wxb.tasks import TASKS

OF_OPTIMIZER = ("learning_rate", "momentum", "weight_decay")


@dataclass(frozen=True)
class Rung:
    """A default network with its settings; a ladder is a sequence of rungs, each larger than the one before."""

    network: str  # without its head
    least: float = 0.0  # epochs below which the previous rung learns more in the same time
    options: Mapping[str, Any] = field(default_factory=dict)
    optimizer: str = "muon"

    def options_with(self, optimizer: str | None) -> dict[str, Any]:
        """The settings to use with an optimizer, None for the rung's own; rate and momentum hold only for that one."""
        own = optimizer in (None, self.optimizer)
        return {name: value for name, value in self.options.items() if own or name not in OF_OPTIMIZER}


ROWS = Rung("FC-64-RELU-FC-64-RELU", optimizer="adamw")
LONG_ROWS = Rung("(FC-128-RELU-DROP(0.1))*2", optimizer="adamw")
SMALL = Rung("(CONV3-32-BN-RELU)*2-POOL-(CONV3-64-BN-RELU)*2-GAP")

IDENTITY: Mapping[str, Any] = {"initialization": "identity", "learning_rate": 0.04, "momentum": 0.8}
WHITENED: dict[str, Any] = {"first_layer": "whitened", **IDENTITY}
# for long trainings: larger batches keep a GPU busy, and weight decay keeps weights small
LONG: dict[str, Any] = {**WHITENED, "batch_size": 1024, "learning_rate": 0.08, "weight_decay": 0.1}
COARSE = Rung(
    "CONV4-32/2-RELU-CONV3-32b0-POOL-BN-RELU-(CONV3-64-BN-RELU)*2-POOL-(CONV3-128-BN-RELU)*2-GAP",
    options=WHITENED,
)


def pairs(patches: str, widths: tuple[int, ...], activation: str = "RELU") -> str:
    """The layers `patches`, then a pair of convolutions per width, with pooling inside the pair.

    The convolution before the pooling has no bias: it would shift the whole map, and BN would remove the shift.
    """
    each = (f"CONV3-{width}b0-POOL-BN-{activation}-CONV3-{width}-BN-{activation}" for width in widths)
    return "-".join((patches, *each, "GAP"))


def trios(patches: str, widths: tuple[int, ...], activation: str = "RELU") -> str:
    """The layers `patches`, then three convolutions per width, the last two of them residual; otherwise as `pairs`."""
    each = (
        f"CONV3-{width}b0-POOL-BN-{activation}-RES(CONV3-{width}-BN-{activation}-CONV3-{width}-BN)-{activation}"
        for width in widths
    )
    return "-".join((patches, *each, "GAP"))


# terms have a length of 1 together, most of them stand in few texts, and a linear network of them learns in few epochs
OF_TEXT: Mapping[str, Any] = {"keep": "best", "epochs": 10, "early_stopping": 4}
TEXT_RATE = 0.03  # of AdamW, for a linear network of terms

# words that training has not seen say nothing, and those of few texts are learned by heart soon
OF_WORDS: Mapping[str, Any] = {"keep": "best", "epochs": 12, "early_stopping": 4}

# examples of a table without its test part: the bounds of bagging, and those from which on one pass counts
LEAST_BAGGED, MANY_ROWS, MOST_BAGGED = 20, 10_000, 100_000
FOLDS = 5  # of bagging
EXAMPLES_SEEN_BY_TEAM = 400_000  # of a table, over all epochs
# the rate stays, the averaged weights stand in for its fall, and the best epoch decides the length
OF_TEAM: Mapping[str, Any] = {"keep": "best", "schedule": "constant", "warm_up": 0.0, "weight_decay": 0.0, "clip": 5.0}

EXAMPLES_SEEN = 600_000  # by a default training, over all epochs
EXAMPLES_SEEN_LARGE = 240_000  # with a network of more than `LARGE_NETWORK` multiply-adds per example
LARGE_NETWORK = 8_000_000
MANY_BATCHES = 20  # per epoch; with fewer, large batches would leave too few steps
FEW_COLUMNS = 10  # networks easily memorize rows with more columns
FEW_EXAMPLES = 5_000  # below this number batches are small, so that there are enough steps
EPOCHS = (4, 30)  # bounds of the default


def ladder(data: Dataset) -> tuple[Rung, ...]:
    """The default networks for this data, from the one that learns fastest to the one that learns most."""
    if TASKS[data.task].of_inputs:
        return (Rung(encoder(data)),)
    return {"rows": _row_ladder, "pictures": _picture_ladder, "sentences": _sentence_ladder}[data.kind](data)


def encoder(data: Dataset) -> str:
    """The layers up to the code of a default autoencoder: a tenth of a row's numbers, at least 2, or 32 of a picture.

    The way back is added when it is planned.
    """
    if not data.spatial:
        code = max(2, min(32, data.shape[0] // 10))
        return f"FC-{max(64, 4 * code)}-RELU-FC-{code}"
    stages = max(1, min(3, int(math.log2(min(data.shape[1:]) / 4))))
    return f"{'CONV-RELU-POOL-' * stages}FC-32"


def _row_ladder(data: Dataset) -> tuple[Rung, ...]:
    """Networks for rows: of a table a TEAM, bagged unless there are many rows; of texts a linear one."""
    if data.has_text:
        return (Rung("FC-C", options=OF_TEXT, optimizer="adamw"),)
    count = len(data.split.learned)
    bagged = data.columns is not None and LEAST_BAGGED <= count < MOST_BAGGED and apart(data) >= FOLDS
    if data.columns is None or (count < MANY_ROWS and not bagged):
        return (LONG_ROWS if data.shape[0] > FEW_COLUMNS else ROWS,)
    numbers = TASKS[data.task].standardized
    drop = "" if numbers else "-DROP(0.1)"
    if bagged and count < MANY_ROWS:
        options, sizes, depth = _few_rows(count), (("5x4", 32), ("5x8", 64), ("5x16", 128)), 2
    elif bagged:
        options, sizes, depth = _many_rows(count, True), (("5x2", 64), ("5x4", 128), ("5x8", 256)), 3
    else:
        options, sizes, depth = _many_rows(count, False), (("4", 64), ("8", 128), ("16", 256)), 3
    if not numbers and (options["bagging"] or len(data.split.validation)):
        options["calibration"] = "temperature"
    if TASKS[data.task].heads[0] == "SOFTMAX" and count < MANY_ROWS:
        options["label_smoothing"] = 0.1  # learned less by heart, and the temperature undoes the caution of its answers
    teams = [f"TEAM-{members}((FC-{width}-RELU{drop})*{depth})" for members, width in sizes]
    return tuple(Rung(team, least, options, "adamw") for team, least in zip(teams, (0, 10, 40), strict=True))


def _sentence_ladder(data: Dataset) -> tuple[Rung, ...]:
    """Networks for sentences: of texts the greatest answer of filters along them, of tagged words what is around."""
    if TASKS[data.task].of_words:
        return (Rung("CAT(WINDOW, EMBED-64-RNN-64)", options=OF_WORDS, optimizer="adamw"),)
    return (Rung("EMBED-64-CONV3x1-64-RELU-GMP-DROP", options=OF_WORDS, optimizer="adamw"),)


def _few_rows(examples: int) -> dict[str, Any]:
    """The settings for a table with so few examples that small networks learn all of it, each from four fifths."""
    return {
        **OF_TEAM,
        "bagging": True,
        "early_stopping": 12,
        "epochs": min(200, max(20, EXAMPLES_SEEN_BY_TEAM // examples)),
        "batch_size": _power_of_two(examples / 30, 16, 128),
        "learning_rate": 4e-3,
        "ema": 0.98,
    }


def _many_rows(examples: int, bagging: bool) -> dict[str, Any]:
    """The settings for a table with so many examples that one pass counts."""
    return {
        **OF_TEAM,
        "bagging": bagging,
        "early_stopping": 8,
        "epochs": min(60, max(8, EXAMPLES_SEEN_BY_TEAM // examples)),
        "batch_size": 256 if bagging else 512,
        "learning_rate": 2e-3,
        "ema": 0.995,
    }


def _power_of_two(size: float, least: int, most: int) -> int:
    """The power of two nearest to `size`, within bounds that are such powers."""
    return min(most, max(least, int(2 ** round(math.log2(size)))))


def _picture_ladder(data: Dataset) -> tuple[Rung, ...]:
    channels, *sides = data.shape
    if min(sides) < 16:
        return (SMALL,)
    if min(sides) < 32:
        return (Rung(pairs("CONV4-32/2-RELU", (64, 128)), options=IDENTITY if channels == 1 else WHITENED),)
    if min(sides) >= 64:
        return (
            Rung(pairs("CONV4-32/2-RELU-POOL", (64, 128, 256)), options=WHITENED),
            Rung(pairs("CONV4-32/2-RELU", (64, 128, 256)), 5.0, WHITENED),
        )
    few = len(data.split.train) < MANY_BATCHES * LONG["batch_size"]
    long = WHITENED if few else LONG
    patches = f"CONV3-{min(32, 2 * 9 * channels)}"  # both signs of each component
    return (
        COARSE,
        Rung(pairs(f"{patches}-RELU", (32, 64, 128)), 3.2, WHITENED),
        Rung(pairs(f"{patches}-RELU", (64, 128, 256)), 2.5, WHITENED),
        Rung(trios(f"{patches}-GELU", (64, 128, 256), "GELU"), 6.0, WHITENED),
        Rung(trios(f"{patches}-GELU", (128, 256, 512), "GELU"), 6.0, long),
        Rung(trios(f"{patches}-GELU", (128, 256, 512), "GELU"), 15.0, long | strong_changes(data)),
    )


def default(data: Dataset) -> Rung:
    """The default network for this data if no time is given: the second rung of its ladder, or the only one."""
    return ladder(data)[:2][-1]


def headed(rung: Rung, data: Dataset) -> str:
    """The network of a rung in the notation, with the first head that fits the data's task."""
    return f"{rung.network}, {TASKS[data.task].heads[0]}"


def recipe_for(plan: Plan, data: Dataset, options: Mapping[str, Any]) -> Recipe:
    """The recipe for a network and its data; `options` are settings that replace the chosen ones.

    Convolutional networks learn with Muon, others with AdamW. The learning rate rises over a fifth of the steps and
    then falls linearly to zero. Batches are small if there are few examples, so that there are enough steps.

    Raises WxbError for an unknown setting, for a value that a setting does not take, and for settings that contradict
    each other or do not fit the data.
    """
    options = {name: _setting(name).validate(value) for name, value in options.items()}
    examples = len(data.split.train)
    large = plan.multiply_adds > LARGE_NETWORK
    seen = EXAMPLES_SEEN_LARGE if large else EXAMPLES_SEEN
    words = len(plan.input) == 2
    convolutional = any(layer.name == "CONV" for layer in plan.layers) and not words
    optimizer: str = options.get("optimizer", "muon" if convolutional else "adamw")
    chosen: dict[str, Any] = {
        "epochs": min(max(round(seen / max(examples, 1)), EPOCHS[0]), EPOCHS[1]),
        "batch_size": 32 if examples < FEW_EXAMPLES else 256 if large else 128,
        "optimizer": optimizer,
        "learning_rate": default_rate(plan, optimizer),
        "schedule": "linear",
        "warm_up": 0.2,
        "augment": default_augment(data) if convolutional and not TASKS[data.task].of_inputs else "none",
        "label_smoothing": 0.1 if large and plan.head == "SOFTMAX" else 0.0,
        "initialization": default_initialization(plan, data, options.get("normalize", RECIPE["normalize"].default)),
    }
    if options.get("pretrained", NONE) != NONE:
        chosen["initialization"] = "random"  # of what is new
        if options.get("freeze"):
            chosen["learning_rate"] = float(f"{FREEZING * chosen['learning_rate']:.3g}")
    if data.has_text and optimizer in ("adam", "adamw") and linear(plan):
        chosen["learning_rate"] = TEXT_RATE
    if optimizer in ("adamw", "muon") and not options.get("l2"):
        many = not data.spatial and data.shape[0] > FEW_COLUMNS and not data.has_text
        chosen["weight_decay"] = 0.2 if many else 0.02
    check_together({**options, "optimizer": optimizer})
    recipe = Recipe(**{**chosen, **options})
    check_fit(recipe, plan, data)
    return recipe


def _setting(name: str) -> Setting:
    if name not in RECIPE:
        raise unknown(name, RECIPE)
    return RECIPE[name]


FREEZING = 3  # times the usual rate: an output layer that learns alone learns slowly

RATES = {
    "sgd": 0.1,
    "momentum": 0.02,
    "nesterov": 0.02,
    "adagrad": 0.02,
    "rmsprop": 1e-3,
    "adam": 3e-3,
    "adamw": 3e-3,
    "muon": 1e-2,
}


def default_rate(plan: Plan, optimizer: str) -> float:
    """The optimizer's usual rate; with Adam on a linear network at most 1 / inputs.

    Adam moves every weight by about the rate, so one step may move a score of n inputs with standard deviation 1 by n
    times the rate.
    """
    rate = RATES[optimizer]
    if not linear(plan) or optimizer not in ("adam", "adamw"):
        return rate
    return min(rate, float(f"{1 / math.prod(plan.output_layer.input):.2g}"))


def linear(plan: Plan) -> bool:
    """Whether a network has one layer with weights, and that is an FC."""
    return [layer.name for layer in plan.layers if layer.parameters] == ["FC"]


def default_initialization(plan: Plan, data: Dataset, normalize: str) -> str:
    """Choose "spread-biases" for short rows of standardized numbers in regression or with few examples, else "random".

    With biases of 0 the kinks of all units in the first layer pass through the mean of the inputs, and short rows have
    few directions that tell the units apart; training on few rows does not move the kinks far enough. Classification
    of many rows does not need spread biases.
    """
    few = not data.spatial and data.shape[0] <= FEW_COLUMNS and normalize == "std"
    needed = TASKS[data.task].standardized or len(data.split.train) < FEW_EXAMPLES
    return "spread-biases" if few and needed and plan.hidden_first else "random"


def default_augment(data: Dataset) -> str:
    """Shifts of up to a fourteenth of the smaller side, and flips of colour pictures; "none" for rows.

    The mirror image of a photo is a plausible photo; that of a digit is not a digit.
    """
    if not data.spatial:
        return "none"
    return _moves(data, min(data.shape[1:]) // 14)


def strong_changes(data: Dataset) -> dict[str, Any]:
    """Augmentation for trainings so long that a large network would memorize the pictures.

    Shifts are up to an eighth of the smaller side, about twice the default, and a square of a quarter of the side is
    cut out.
    """
    side = min(data.shape[1:])
    return {"augment": _moves(data, side // 8), "cutout": side // 4}


def _moves(data: Dataset, shift: int) -> str:
    moves = (["flip"] if data.shape[0] == 3 else []) + ([f"shift-{shift}"] if shift else [])
    return ",".join(moves) or "none"
