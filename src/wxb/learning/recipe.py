"""A recipe: the settings of a training."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from wxb.settings import RECIPE, check_together
from wxb.settings.python import made_from_settings
from wxb.settings.training import WITH_MOMENTUM

OPTIMIZERS = RECIPE["optimizer"].choices
SCHEDULES = RECIPE["schedule"].choices
REDUCTIONS = RECIPE["reduction"].choices


def _default(name: str) -> Any:
    return RECIPE[name].default


@made_from_settings
@dataclass(frozen=True)
class Recipe:
    """The settings of a training; each field is a setting of `train`, described in `wxb.settings`.

    Raises WxbError for an unknown name, for a value that its setting does not take, and for settings that contradict
    each other.
    """

    seed: int = _default("seed")
    epochs: int = _default("epochs")
    steps: int = _default("steps")
    until: float = _default("until")
    batch_size: int = _default("batch_size")
    optimizer: str = _default("optimizer")
    learning_rate: float = _default("learning_rate")
    momentum: float = _default("momentum")
    schedule: str = _default("schedule")
    warm_up: float = _default("warm_up")
    clip: float = _default("clip")
    accumulate: int = _default("accumulate")
    ema: float = _default("ema")
    early_stopping: int = _default("early_stopping")
    keep: str = _default("keep")
    bagging: bool = _default("bagging")
    calibration: str = _default("calibration")
    pretrained: str = _default("pretrained")
    freeze: bool = _default("freeze")
    shuffle: bool = _default("shuffle")
    l2: float = _default("l2")
    l1: float = _default("l1")
    elastic_beta: float = _default("elastic_beta")
    weight_decay: float = _default("weight_decay")
    class_weight: str = _default("class_weight")
    optimize: str = _default("optimize")
    label_smoothing: float = _default("label_smoothing")
    reduction: str = _default("reduction")
    augment: str = _default("augment")
    mixup: float = _default("mixup")
    cutout: int = _default("cutout")
    initialization: str = _default("initialization")
    first_layer: str = _default("first_layer")
    normalize: str = _default("normalize")
    flip_average: bool = _default("flip_average")
    device: str = _default("device")
    threads: int = _default("threads")
    devices: int = _default("devices")
    precision: str = _default("precision")

    def __post_init__(self) -> None:
        for name, value in vars(self).copy().items():
            object.__setattr__(self, name, RECIPE[name].validate(value))
        unset = {"momentum"} if self.momentum == _default("momentum") else set()
        check_together({name: value for name, value in vars(self).items() if name not in unset})

    def settings(self) -> dict[str, Any]:
        """Every field, except a momentum that the optimizer does not use, and epochs if `steps` says how long."""
        fields = dataclasses.asdict(self)
        if self.steps:
            del fields["epochs"]
        if self.optimizer not in WITH_MOMENTUM:
            del fields["momentum"]
        return fields
