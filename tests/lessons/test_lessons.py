"""The lessons in small: each shows what the lecture says."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import wxb
from wxb.errors import WxbError
from wxb.lessons import bias, capacity, fit, penalty, picture, reduction, size, surface, universality
from wxb.lessons.lesson import TITLES, Lesson, lesson, where

NOTHING = Lesson("", (1, 2, 3), (1, 2), lambda case, seed: [{"case": case, "seed": seed}], *[lambda rows: []] * 3, "")  # type: ignore[arg-type,list-item]


def test_a_lesson_runs_every_case_with_every_seed():
    rows = [row for new in NOTHING.run(seeds=2) for row in new]
    assert rows == [{"case": case, "seed": seed} for case in (1, 2) for seed in (0, 1)]
    assert (NOTHING.trainings(2), NOTHING.trainings(3, full=True)) == (4, 9)


def test_a_lesson_without_chance_runs_once():
    once = replace(NOTHING, seeded=False)
    assert len(list(once.run(seeds=3, full=True))) == once.trainings(3, full=True) == 3


@pytest.mark.parametrize("name", TITLES)
def test_every_lesson_has_cases_and_the_short_ones_are_among_them(name):
    chosen = lesson(name)
    assert chosen.text
    assert chosen.shows
    assert set(chosen.short) <= set(chosen.cases)


def test_a_name_that_is_no_lesson_s_is_refused_with_the_nearest():
    with pytest.raises(WxbError, match="no lesson is called universal; universality is one"):
        lesson("universal")


# --- pictures ---


def a_figure():
    figure, (axes,) = picture.panels(1)
    picture.band(axes, [1, 2], [[1, 3], [2, 2]], picture.BLUE, "mean")
    return figure


def test_a_picture_is_the_same_file_each_time(tmp_path: Path):
    for name in ("one", "two"):
        picture.save(a_figure(), tmp_path / f"{name}.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert "<dc:date>" not in (tmp_path / "one.svg").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.svg", "two.svg"]


def test_a_picture_is_written_in_the_format_of_its_name(tmp_path: Path):
    picture.save(a_figure(), tmp_path / "one.PNG")
    assert (tmp_path / "one.PNG").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(WxbError, match=r"(?s)one.txt is not the name of a picture.*\.svg, \.png, \.pdf"):
        picture.save(a_figure(), tmp_path / "one.txt")


def test_a_picture_without_matplotlib_names_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(WxbError, match=r"(?s)needs matplotlib, which is not installed.*pip install 'wxb\[plots\]'"):
        picture.check(Path("one.svg"))


# --- universality ---


def test_more_hidden_units_fit_a_continuous_function_better():
    narrow, wide = (universality.measure(("sine", "spread", width), 0, steps=150)[0]["error"] for width in (4, 64))
    assert wide < narrow / 3


def test_units_that_are_spread_turn_at_training_examples():
    data = fit.examples(np.linspace(-1, 1, 20)[:, None], np.arange(20.0)[:, None])
    model = wxb.build("FC-50-TANH, EUCLID", data)
    fit.spread(model, data, seed=0, slope=3.0)
    layer = model.get_submodule(model.plan.items[0].path)
    turns = (-layer.bias / layer.weight[:, 0]).detach()
    scaled = model.scale(torch.from_numpy(data.examples))[:, 0]
    assert float((turns[:, None] - scaled).abs().min(dim=1).values.max()) < 1e-5
    assert len(turns.unique()) > 10
    assert 1.5 <= float(layer.weight.detach().abs().min()) <= float(layer.weight.detach().abs().max()) <= 4.5


def test_the_error_is_the_greatest_one_as_a_share_of_the_range():
    assert universality.sup(np.array([0.1, -0.4]), np.array([-1.0, 1.0])) == pytest.approx(0.2)


def test_least_squares_for_the_output_layer_finds_weights_that_are_there():
    x = universality.places(40, 1)
    data = fit.examples(x, np.sin(x))
    model = wxb.build("FC-6-TANH, EUCLID", data)
    fit.spread(model, data, seed=0, slope=2.0)
    target = fit.hidden(model, x) @ np.arange(6.0) + 2.0
    assert universality.least_squares(model, x, target, x) == pytest.approx(target, abs=1e-3)


def test_the_bound_on_universality_is_held_by_the_mean_over_all_seeds_of_each_function():
    rows = [
        {"function": "sine", "width": width, "seed": seed, "start": "spread", "error": error}
        for width, errors in ((4, (0.6, 0.2)), (1024, (0.02, 0.02)))
        for seed, error in enumerate(errors)
    ]
    assert universality.falls(rows, "sine") == pytest.approx((20.0, 10.0))
    assert universality.verdict(20.0) == "≥ 10×"
    assert universality.verdict(9.5) == "≥ 10×: **missed** (9.5×)"


# --- penalty and capacity ---


def test_a_penalty_makes_the_fit_simpler_and_worse_on_the_training_examples():
    (free,), (held,) = (penalty.measure(value, seed=0, steps=150) for value in (0.0, 0.1))
    assert held["squares"] < free["squares"]
    assert held["train_error"] > free["train_error"]


def test_the_best_penalty_is_that_of_the_least_mean_test_error():
    rows = [{"penalty": p, "test_error": e} for p, e in ((0.0, 0.5), (0.0, 0.9), (0.1, 0.6), (0.1, 0.6))]
    assert penalty.best(rows) == 0.1


def test_a_larger_network_fits_few_examples_better():
    (small,), (large,) = (capacity.measure((1, width), seed=0, steps=150) for width in (1, 32))
    assert (small["parameters"], large["parameters"]) == (4, 97)
    assert large["train_error"] < small["train_error"] / 2


# --- sum and mean, bias ---


def test_the_sum_at_the_rate_over_the_batch_takes_the_steps_of_the_mean():
    case = reduction.Case("small", "ring", "FC-4-TANH, SOFTMAX", 64)
    (row,) = reduction.measure(case, seed=0, steps=20)
    assert max(row["differences"]) == 0
    (row,) = reduction.measure(replace(case, divided=False), seed=0, steps=20)
    assert row["differences"][-1] > 0.1


def test_the_penalty_of_a_sum_counts_once_a_batch():
    case = reduction.Case("small", "digits", "SOFTMAX", 50, (("l2", 0.01),))
    (row,) = reduction.measure(case, seed=0, steps=23)
    assert row["differences"][-1] < reduction.ROUNDING


def test_the_bias_trick_holds_on_all_digits_before_and_after_training():
    (row,) = bias.measure("SOFTMAX", seed=0, steps=40)
    assert row["float64"] < 1e-14 * max(1, row["largest_score"])
    assert row["same_class_float64"] == row["examples"] == 1797
    assert row["after_training"] < 1e-6


# --- size, surface ---


def test_fewer_training_examples_are_tested_on_the_same_test_part(monkeypatch):
    monkeypatch.setattr(size, "DRAWN", 1000)
    size.loaded.cache_clear()
    few, many = (size.measure(("ring", "FC-16-RELU, SOFTMAX", n), seed=0, steps=150)[0] for n in (25, 600))
    size.loaded.cache_clear()
    assert (few["examples"], many["examples"]) == (25, 600)
    assert few["parameters"] == 2 * 16 + 16 + 16 * 2 + 2
    assert many["accuracy"] > few["accuracy"]


def test_a_learning_curve_is_read_beside_the_rules():
    rows = [
        {"data": "d", "network": "n", "parameters": 50, "examples": n, "accuracy": a, "seed": 0}
        for n, a in ((10, 0.5), (100, 0.895), (1000, 0.9))
    ]
    one = size.curve(rows, "d", "n")
    assert (one.last, one.arrived) == (1000, 100)
    assert one.by_error == pytest.approx(500)


def test_gradient_descent_ends_in_one_minimum_or_the_other_by_its_start():
    stationary = surface.measure(None)
    minima = [row for row in stationary if surface.nature(row) == "minimum"]
    assert len(minima) == 2
    assert minima[1]["loss"] > minima[0]["loss"] + 0.3
    # near its minimum each, where the loss hardly changes any more
    for start, minimum in zip(((-1.5, -1.5), (0.8, 0.8)), minima, strict=True):
        (row,) = surface.measure(start, steps=100)
        assert row["loss"] == pytest.approx(minimum["loss"], abs=0.01)


def test_the_heights_of_the_surface_are_the_losses_of_the_network():
    data = fit.examples(surface.X[:, None], surface.TARGETS[:, None])
    model = wxb.build(surface.NETWORK, data, normalize="none").double()
    examples, targets = (torch.from_numpy(array).double() for array in data.part("train"))
    places = torch.tensor([[w1, w2] for w1 in (-2.0, 0.5) for w2 in (-1.0, 0.0, 2.0)])
    for place, height in zip(places, surface.loss(places), strict=True):
        torch.nn.utils.vector_to_parameters(place.double(), model.parameters())
        assert model.head.loss(model(examples), targets).mean().item() == pytest.approx(height.item(), abs=1e-6)


def test_rows_are_chosen_by_their_values():
    assert where([{"a": 1}, {"a": 2}, {"b": 1}], a=1) == [{"a": 1}]
