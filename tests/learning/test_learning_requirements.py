"""What a recipe asks of data and network: said when a training is set up, and by `learn` alike."""

from __future__ import annotations

import numpy as np
import pytest

import wxb
from wxb.errors import WxbError
from wxb.learning.feed import bounds
from wxb.learning.recipe import Recipe
from wxb.network.build import build
from wxb.trials import Trial

REFUSED = {
    "augment of rows": (
        "ring", "SOFTMAX", {"augment": "flip"}, "`augment` is for pictures; these examples are rows of numbers",
    ),
    "cutout of rows": (
        "ring", "SOFTMAX", {"cutout": 3}, "`cutout` is for pictures; these examples are rows of numbers",
    ),
    "flips of rows": (
        "ring", "SOFTMAX", {"flip_average": True}, "`flip_average` is for networks that take the pictures themselves",
    ),
    "flips of features": (
        "digits", "HIST, SVM", {"flip_average": True}, "`flip_average` is for networks that take the pictures",
    ),
    "large cutout": ("digits", "SOFTMAX", {"cutout": 100}, "`cutout=100` is no smaller than the pictures, 1x8x8"),
    "large shift": (
        "digits", "SOFTMAX", {"augment": "shift-8"}, '`augment="shift-8"` is no smaller than the pictures, 1x8x8',
    ),
    "weights of numbers": ("sine", "EUCLID", {"class_weight": "balanced"}, '`class_weight="balanced"` needs classes'),
    "smoothing of a hinge": (
        "ring", "SVM", {"label_smoothing": 0.1}, "`label_smoothing` is for SOFTMAX; SVM has no probabilities to smooth",
    ),
    "accuracy of numbers": ("sine", "EUCLID", {"until": 0.9}, "`until` asks for an accuracy; the targets of sine are"),
    "BN of one example": (
        "ring", "FC-8-BN-RELU, SOFTMAX", {"batch_size": 1}, "BN cannot learn from one number per channel",
    ),
    "BN of batches of one": (
        "ring", "FC-8-BN-RELU, SOFTMAX", {"batch_size": 1, "accumulate": 4}, "BN cannot learn from one number",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_recipe_asks_in_vain_is_refused_before_the_first_step(name):
    source, network, options, what = REFUSED[name]
    data = wxb.load_data(source, **({} if source == "digits" else {"examples": 100}))
    with pytest.raises(WxbError) as error:
        Trial(data, network, **options)
    assert error.value.what.startswith(what)
    with pytest.raises(WxbError) as error:
        wxb.learn(build(network, data), data, Recipe(**options))
    assert error.value.what.startswith(what)


@pytest.mark.parametrize(
    "options", [{"batch_size": 2}, {"batch_size": 4}, {"batch_size": 99}, {"batch_size": 1}, {"accumulate": 100}]
)
def test_batches_of_one_example_are_refused_exactly_where_training_would_fail(options):
    data = wxb.load_data("ring", examples=20)
    for text in ("FC-4-BN-RELU, SOFTMAX", "FC-4-RELU, SOFTMAX"):
        model = build(text, data)
        recipe = Recipe(epochs=1, **options)
        batch = int(np.diff(bounds(len(data.split.train), recipe.batch_size * recipe.accumulate)).min())
        alone = min(len(part) for part in np.array_split(np.arange(batch), min(recipe.accumulate, batch))) == 1
        if alone and "BN" in text:
            with pytest.raises(WxbError, match="BN cannot learn"):
                wxb.learn(model, data, recipe)
        else:
            assert [record.epoch for record in wxb.learn(model, data, recipe)][-1] == 1
