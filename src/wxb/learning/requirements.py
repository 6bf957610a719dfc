"""What a recipe asks of the data and the network; looked at before anything is built, so before the first step."""

from __future__ import annotations

import math

from wxb.data.dataset import Dataset
from wxb.errors import WxbError
from wxb.learning.augment import NONE, Augment
from wxb.learning.bagging import apart, groups_of, learned
from wxb.learning.recipe import Recipe
from wxb.network.heads import HEADS
from wxb.network.layers.normalization import one_number_per_channel
from wxb.notation import Plan
from wxb.notation.layers import family
from wxb.notation.tree import PlannedTeam
from wxb.settings.setting import SHARES, named
from wxb.tasks import TASKS
from wxb.text import plural
from wxb.text import shape as shape_text

# layers f with f(x / T) = f(x) / T for every T > 0
HOMOGENEOUS = ("RELU", "LEAKY", "MAXOUT", "DROP", "POOL", "AVGPOOL", "GAP")


def check_fit(recipe: Recipe, plan: Plan, data: Dataset) -> None:
    """Raise WxbError for a setting that the data or the network cannot serve."""
    _check_pictures(recipe, plan, data)
    _check_validation(recipe, data)
    if recipe.label_smoothing:
        HEADS[plan.head].need_smoothable()
    if recipe.class_weight == "balanced" and data.targets.ndim != 1:
        raise WxbError('`class_weight="balanced"` needs classes', fix='`class_weight="none"`')
    _check_held_out(recipe, plan, data)
    _check_batches(recipe, plan, len(learned(data, recipe)))


def _check_pictures(recipe: Recipe, plan: Plan, data: Dataset) -> None:
    """Changes of pictures need pictures, larger than what is changed."""
    designed = any(family(layer) == "feature" for layer in plan.layers)
    if recipe.flip_average and (not data.spatial or designed):
        raise WxbError(
            "`flip_average` is for networks that take the pictures themselves",
            "this one takes " + ("designed features" if designed else "rows of numbers"),
            "`flip_average=False`",
        )
    augment = Augment.read(recipe.augment)
    if not data.spatial:
        for name, changes, without in (("augment", augment != NONE, "none"), ("cutout", recipe.cutout > 0, 0)):
            if changes:
                what = f"`{name}` is for pictures; these examples are rows of numbers"
                raise WxbError(what, fix=named(name, without))
        return
    side = min(data.shape[1:])
    for option, reach, fix in (
        (named("augment", recipe.augment), augment.shift, named("augment", f"shift-{max(1, side // 8)}")),
        (named("cutout", recipe.cutout), recipe.cutout, named("cutout", side // 2)),
    ):
        if reach >= side:
            raise WxbError(f"{option} is no smaller than the pictures, {shape_text(data.shape)}", fix=fix)


def _check_validation(recipe: Recipe, data: Dataset) -> None:
    """An accuracy to stop at needs classes and validation examples."""
    task = TASKS[data.task]
    if recipe.until and not task.reachable:
        raise WxbError(
            f"`until` asks for an accuracy; the targets of {data.name} are {task.kind}",
            fix='`early_stopping=5`, or `time="1m"`',
        )
    if recipe.until and not len(data.split.validation):
        raise _without_validation("`until`", data)


def _without_validation(what: str, data: Dataset) -> WxbError:
    return WxbError(
        f"{what} needs a validation part, and {data.name} has none",
        f"split: {data.split.how}",
        named("split", SHARES.example),
    )


def _check_held_out(recipe: Recipe, plan: Plan, data: Dataset) -> None:
    """Bagging needs groups, and a fold for each of them; a temperature needs probabilities and held-out examples."""
    groups = groups_of(plan)
    if recipe.bagging:
        different = apart(data)
        if groups < 2:
            raise WxbError(
                "`bagging` needs a TEAM of several groups, each of which learns without one fold of the examples",
                f"the network is {plan.network.short()}",
                "a network such as TEAM-5x8(FC-64-RELU), or `bagging=False`",
            )
        if different < groups:
            raise WxbError(
                f"`bagging` needs a fold for each of the {groups} groups of the TEAM; there are {different} "
                + ("different examples" if data.groups is None else f"groups of {data.groups.called}"),
                fix="fewer groups, or `bagging=False`",
            )
        if recipe.mixup:
            raise WxbError(
                "`mixup` and `bagging` contradict each other: a mixed example holds one of another fold",
                fix="`mixup=0`, or `bagging=False`",
            )
    if recipe.mixup and TASKS[data.task].of_inputs:
        raise WxbError(
            "`mixup` mixes targets, and SELF learns the examples themselves", fix="`mixup=0`, or DROP(0.2) at the input"
        )
    if recipe.mixup and len(data.shape) == 2:
        raise WxbError("`mixup` mixes numbers, and these examples are words", fix="`mixup=0`, or DROP before the head")
    if data.weights is not None and recipe.mixup:
        raise WxbError(
            "`mixup` and `weight` contradict each other: a mixed example is of two weights",
            fix="`mixup=0`, or no `weight`",
        )
    if recipe.optimize != "none":
        task = TASKS[data.task]
        if not task.decides:
            what = f"{named('optimize', recipe.optimize)} decides between answers; the targets are {task.kind}"
            raise WxbError(what, fix='`optimize="none"`')
        if not recipe.bagging and not len(data.split.validation):
            raise _without_validation(named("optimize", recipe.optimize), data)
    if recipe.calibration == "temperature":
        if HEADS[plan.head].to_probabilities is None:
            raise WxbError(
                f'`calibration="temperature"` is for probabilities; {plan.head} has none', fix='`calibration="none"`'
            )
        if (behind := _not_scaled(plan)) is not None:
            raise WxbError(
                f'`calibration="temperature"` divides the weights of the output layer, and {behind} behind it does not '
                "pass that division on to the logits",
                fix='`calibration="none"`, or a network that ends in its output layer',
            )
        if not recipe.bagging and not len(data.split.validation):
            raise _without_validation('`calibration="temperature"`', data)


def _not_scaled(plan: Plan) -> str | None:
    """The first item behind the output layer whose output is not divided when its input is; None if there is none."""
    last = plan.items[-1]
    items = last.groups[0] if isinstance(last, PlannedTeam) else plan.items
    behind = items[items.index(plan.output_layer) + 1 :]
    return next((item.path for item in behind if getattr(item, "name", "") not in HOMOGENEOUS), None)


def _check_batches(recipe: Recipe, plan: Plan, examples: int) -> None:
    """Every device needs an example of each batch; a BN of vectors needs two in every batch that it sees."""
    parts = max(recipe.accumulate, recipe.devices)
    least = _smallest(recipe.batch_size, recipe.accumulate, examples)
    if least < recipe.devices:
        raise WxbError(
            f"{named('devices', recipe.devices)}: a batch of {plural(least, 'example')} is too small for so many",
            fix=f"larger batches, or {named('devices', least)}",
        )
    if least // min(parts, least) > 1:
        return
    enough = next(
        (size for size in range(2, examples) if _smallest(size, recipe.accumulate, examples) // parts > 1), examples
    )
    for layer in plan.layers:
        if layer.name == "BN" and math.prod(layer.input[1:]) == 1:
            raise one_number_per_channel(layer.input, enough, recipe.devices)


def _smallest(batch_size: int, accumulate: int, examples: int) -> int:
    """The number of examples in the smallest batch of an epoch; batches differ by at most one."""
    return examples // -(-examples // min(batch_size * accumulate, examples))
