"""How to train: every setting, and the defaults that fit a network and its data."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from wxb.errors import WxbError

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "muon")
WITH_MOMENTUM = ("momentum", "nesterov", "muon")
SCHEDULES = ("constant", "step", "cosine", "one-cycle", "linear")
STARTS = ("random", "identity", "spread")
FIRST_LAYERS = ("learned", "whitened")
SCALES = ("std", "range", "none")
PRECISIONS = ("auto", "float32", "bfloat16")
KEEPS = ("best", "last")
REDUCTIONS = ("mean", "sum")


@dataclass(frozen=True)
class Recipe:
    """Each field is an option of `train`, spelled the same but for - and _."""

    seed: int = 0
    epochs: int = 20
    steps: int = 0  # training ends after so many, within an epoch too; 0: after whole epochs
    replanned: str = ""  # "412:1180": from step 412 on, training ends at step 1180
    until: float = 0.0  # accuracy in validation at which training ends; 0: none
    batch_size: int = 128  # examples a step, over all accumulated parts
    optimizer: str = "adamw"
    learning_rate: float = 1e-3  # the schedule's peak
    momentum: float = 0.9
    schedule: str = "one-cycle"
    warm_up: float = 0.2  # share of all steps in which the rate rises linearly
    l2: float = 0.0  # λ of λΣW² (gradient 2λW), weights without biases
    l1: float = 0.0  # λ of λΣ|W|
    elastic_beta: float = 0.0  # β of λΣ(βW² + |W|), with --l1 as its λ
    weight_decay: float = 0.0  # decoupled: W shrinks by learning_rate · weight_decay · W a step
    clip: float = 0.0  # greatest Euclidean norm of the whole gradient; 0: none
    class_weight: str = "none"  # "balanced": each class weighs the same in the loss
    label_smoothing: float = 0.0
    mixup: float = 0.0  # α of Beta(α, α)
    cutout: int = 0  # side of the square in pixels
    augment: str = "none"  # "flip", "shift-2", "flip,shift-2"
    average: float = 0.0  # decay a step of the averaged weights; 0: none
    early_stop: int = 0  # epochs without a better validation after which training ends; 0: never
    accumulate: int = 1  # parts that a batch is computed in
    scale: str = "std"  # inputs: standardized, in [0, 1], or as they are
    start: str = "random"  # or "identity", of convolutions; or "spread", of a first FC: wxb.network.start
    first_layer: str = "learned"  # or "whitened": filters from the training part, not learned
    shuffle: bool = True
    reduction: str = "mean"  # the data loss of a batch: its mean, or its sum
    mirror_average: bool = False  # scores are the mean of those of a picture and of its mirror image
    keep: str = "last"  # which weights the report is about: the last, or the best in validation
    device: str = "auto"
    threads: int = 0  # 0: as many as there are physical cores, one for very small networks
    precision: str = "auto"

    def settings(self) -> dict[str, Any]:
        """Every field but a momentum that the optimizer has not."""
        found = dataclasses.asdict(self)
        if self.optimizer not in WITH_MOMENTUM:
            del found["momentum"]
        return found


def check_rate(rate: float) -> None:
    """Raises WxbError for a learning rate with which nothing is learned."""
    if not 0 < rate < math.inf:
        raise WxbError(
            f"--learning-rate {rate:g}: a finite number above 0 is expected",
            fix="leave it out for one that fits network and optimizer, or try --learning-rate 0.003",
        )


def check_momentum(optimizer: str) -> None:
    """Raises WxbError where an optimizer takes no momentum."""
    if optimizer not in WITH_MOMENTUM:
        raise WxbError(
            f"--momentum does nothing with the optimizer {optimizer}",
            f"{', '.join(WITH_MOMENTUM[:-1])} and {WITH_MOMENTUM[-1]} take one",
            "leave it out, or --optimizer nesterov",
        )
