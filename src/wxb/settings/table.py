"""The table of all settings, what contradicts each other in it, and the names that settings had before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wxb.errors import WxbError, nearest
from wxb.settings import data, training
from wxb.settings.setting import Setting, named

RECIPE = {setting.name: setting for setting in training.LIST}
DATA = {setting.name: setting for setting in data.LIST if setting.section == data.DATA}
RUN = {setting.name: setting for setting in data.LIST if setting.section == data.RUN}
SETTINGS: dict[str, Setting] = {**RECIPE, **DATA, **RUN}
INTERVAL = data.INTERVAL  # of predictions
NAMED: dict[str, Setting] = {**SETTINGS, INTERVAL.name: INTERVAL}  # all that messages name

NONE = RECIPE["pretrained"].default  # the value of `pretrained` that stands for no run
LENGTH = ("time", "epochs", "steps")  # settings that say when training ends

# of runs of format 1 (version 0.1): names, and values of a setting, that are others now
RENAMED = {
    "average": "ema",
    "early_stop": "early_stopping",
    "mirror_average": "flip_average",
    "scale": "normalize",
    "start": "initialization",
}
RENAMED_VALUES = {"start": {"spread": "spread-biases"}}


def validate(name: str, value: object) -> Any:
    """`value` in the type of the setting `name`. Raises WxbError for a wrong value or an unknown name."""
    if name not in SETTINGS:
        raise unknown(name)
    return SETTINGS[name].validate(value)


ALIKE = 0.7  # how like a wrong name (difflib's ratio) a setting's must be to be suggested: epoch and epochs are 0.91


def unknown(name: str, known: Iterable[str] = SETTINGS) -> WxbError:
    """The error for a name that is none of the `known` settings: "epoch is not a setting; epochs is".

    A setting that another function takes is said to be that function's: "target is a setting of load_data".
    """
    known = list(known)
    if name in SETTINGS and name not in known:
        return WxbError(f"{name} is a setting of {'load_data' if name in DATA else 'train'}, and is not taken here")
    like = nearest(name, known, ALIKE)
    return WxbError(f"{name} is not a setting" + (f"; {like} is" if like else ""))


def check_length(values: Mapping[str, Any]) -> None:
    """Raises WxbError for values of which several say when training ends; 0 and None say nothing."""
    said = [name for name in LENGTH if values.get(name)]
    if len(said) > 1:
        raise WxbError(f"`{said[0]}` and `{said[1]}` both say when training ends", fix="set only one of them")


def check_together(values: Mapping[str, Any]) -> None:
    """Raises WxbError for settings of a recipe that contradict each other; those not in `values` are not set."""
    optimizer = values.get("optimizer")
    if "momentum" in values and optimizer is not None and optimizer not in training.WITH_MOMENTUM:
        *others, last = training.WITH_MOMENTUM
        raise WxbError(
            f"`momentum` has no effect with the optimizer {optimizer}",
            f"only {', '.join(others)} and {last} use it",
            '`optimizer="nesterov"`, or leave `momentum` out',
        )
    if values.get("weight_decay") and values.get("l2"):
        raise WxbError(
            "`weight_decay` and `l2` are two forms of the same penalty",
            "`l2` adds λΣW² to the loss; `weight_decay` shrinks the weights apart from the gradient",
            "set only one of them",
        )
    begun = values.get("pretrained", NONE) != NONE
    if values.get("freeze") and not begun:
        raise WxbError(
            "`freeze` needs `pretrained`: without trained layers it would keep random ones",
            fix='`pretrained="runs/digits-1a2b"`, or leave `freeze` out',
        )
    for name, usual in (("initialization", "random"), ("first_layer", "learned")):
        if begun and values.get(name, usual) != usual:
            raise WxbError(
                f"{named(name, values[name])} and `pretrained` both say how the first layer begins",
                fix=named(name, usual),
            )
    if values.get("elastic_beta") and not values.get("l1"):
        raise WxbError("`elastic_beta` needs `l1`, the λ of its penalty λΣ(βW² + |W|)", fix="`l1=0.0001`")
