"""The commands of the theory in small: each shows what the lecture says, and the page is made of their results."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import wxb
from benchmarks import pictures
from benchmarks.theory import bias, capacity, fit, page, penalty, reduction, size, surface, universality
from benchmarks.theory.__main__ import main
from benchmarks.theory.part import of

RESULTS = page.read()
MACHINE = {
    "processor": "Example 9000", "cores": 2, "memory_gib": 8.0, "gpu": None, "system": "Linux x86_64",
    "python": "3.11.7", "torch": "2.13.0", "numpy": "2.4.6", "wxb": "0.1.0", "commit": "abc1234",
}  # fmt: skip


def test_the_page_of_theory_is_made_of_the_results_that_lie_here():
    assert page.PAGE.read_text() == page.page(RESULTS)


def test_a_part_without_results_says_so():
    assert page.page({}).count("Not measured yet.") == len(page.PARTS)


@pytest.mark.parametrize("name", page.PARTS)
def test_every_part_has_its_results_and_a_figure_with_units_on_both_axes(name):
    assert RESULTS[name]["command"] == f"python -m benchmarks.theory {name}"
    assert (page.PICTURES / f"theory-{name}.svg").is_file()
    figure = page.PARTS[name].draw(RESULTS[name]["rows"])
    panels = [one for one in figure.axes if one.get_label() != "<colorbar>"]
    assert panels[0].get_ylabel()
    assert all(one.get_xlabel() for one in panels)


def test_a_figure_is_the_same_file_each_time(tmp_path: Path):
    for name in ("one", "two"):
        pictures.save(page.PARTS["penalty"].draw(RESULTS["penalty"]["rows"]), tmp_path / f"{name}.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert "<dc:date>" not in (tmp_path / "one.svg").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.svg", "two.svg"]


def test_the_command_writes_results_and_figure(tmp_path: Path, monkeypatch, capsys):
    rows = RESULTS["bias"]["rows"]
    monkeypatch.setitem(page.PARTS, "bias", replace(bias.PART, measure=lambda: rows))
    path = main(["bias"], tmp_path / "results", tmp_path / "pictures")
    told = json.loads(path.read_text())
    assert (told["part"], told["seeds"], told["rows"]) == ("bias", [0, 1, 2], rows)
    assert set(MACHINE) <= set(told["machine"])
    assert (tmp_path / "pictures" / "theory-bias.svg").is_file()
    assert "next: python -m benchmarks.theory.page" in capsys.readouterr().out


def test_the_page_says_how_long_the_command_took():
    result = {**RESULTS["bias"], "machine": MACHINE, "seconds": 150.0, "date": "2026-01-31"}
    section = page.section(bias.PART, result)
    assert "2026-01-31, Example 9000, 2 cores, 8.0 GiB" in section
    assert "at abc1234; 2.5 minutes for the whole command." in section


# --- universality ---


def test_more_hidden_units_fit_a_continuous_function_better():
    rows = universality.measure(["sine"], widths=(4, 64), own_widths=(), seeds=(0,), steps=150)
    narrow, wide = (universality.errors(rows, "sine", width)[0] for width in (4, 64))
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


# --- penalty and capacity ---


def test_a_penalty_makes_the_fit_simpler_and_worse_on_the_training_examples():
    free, held = (penalty.fitted(value, seed=0, steps=150) for value in (0.0, 0.1))
    assert held["squares"] < free["squares"]
    assert held["train_error"] > free["train_error"]


def test_the_best_penalty_is_that_of_the_least_mean_test_error():
    rows = [{"penalty": p, "test_error": e} for p, e in ((0.0, 0.5), (0.0, 0.9), (0.1, 0.6), (0.1, 0.6))]
    assert penalty.best(rows) == 0.1


def test_a_larger_network_fits_few_examples_better():
    rows = capacity.measure({1: (1, 32)}, seeds=(0,), steps=150)
    small, large = capacity.networks(rows)
    assert [one[0]["parameters"] for one in (small, large)] == [4, 97]
    assert large[0]["train_error"] < small[0]["train_error"] / 2


# --- sum and mean, bias ---


def test_the_sum_at_the_rate_over_the_batch_takes_the_steps_of_the_mean():
    case = reduction.Case("small", "ring", "FC-4-TANH, SOFTMAX", 64)
    row = reduction.compared(case, seed=0, steps=20)
    assert max(row["differences"]) == 0
    row = reduction.compared(replace(case, divided=False), seed=0, steps=20)
    assert row["differences"][-1] > 0.1


def test_the_penalty_of_a_sum_counts_once_a_batch():
    case = reduction.Case("small", "digits", "SOFTMAX", 50, (("optimizer", "sgd"), ("l2", 0.01)))
    assert reduction.compared(case, seed=0, steps=23)["differences"][-1] < reduction.ROUNDING


def test_the_bias_trick_holds_on_all_digits_before_and_after_training():
    (row,) = bias.measure(["SOFTMAX"], seeds=(0,), steps=40)
    assert row["float64"] < 1e-14 * max(1, row["largest_score"])
    assert row["same_class_float64"] == row["examples"] == 1797
    assert row["after_training"] < 1e-6


# --- size, surface ---


def test_fewer_training_examples_are_tested_on_the_same_test_part():
    curves = {"ring": size.Curves(("FC-16-RELU, SOFTMAX",), (25, 600), 1000)}
    rows = size.measure(curves, seeds=(0,), steps=150)
    assert [row["examples"] for row in rows] == [25, 600]
    assert rows[0]["parameters"] == 2 * 16 + 16 + 16 * 2 + 2
    assert rows[1]["accuracy"] > rows[0]["accuracy"]


def test_a_learning_curve_is_read_beside_the_rules():
    rows = [
        {"data": "d", "network": "n", "parameters": 50, "examples": n, "accuracy": a, "seed": 0}
        for n, a in ((10, 0.5), (100, 0.895), (1000, 0.9))
    ]
    one = size.reading(rows, "d", "n")
    assert (one.last, one.arrived) == (1000, 100)
    assert one.by_error == pytest.approx(500)


def test_gradient_descent_ends_in_one_minimum_or_the_other_by_its_start():
    rows = surface.measure(starts=((-1.5, -1.5), (0.8, 0.8)), steps=100)
    minima = [row for row in of(rows, kind="stationary") if surface.nature(row) == "minimum"]
    assert len(minima) == 2
    assert minima[1]["loss"] > minima[0]["loss"] + 0.3
    # near its minimum each, where the loss hardly changes any more
    for row, minimum in zip(of(rows, kind="descent"), minima, strict=True):
        assert row["loss"] == pytest.approx(minimum["loss"], abs=0.01)


def test_the_heights_of_the_surface_are_the_losses_of_the_network():
    first, second = np.array([-2.0, 0.5]), np.array([-1.0, 0.0, 2.0])
    heights = surface.heights(first, second)
    for i, w2 in enumerate(second):
        for j, w1 in enumerate(first):
            assert heights[i, j] == pytest.approx(surface.described((w1, w2))["loss"], abs=1e-6)


def test_results_of_universality_meet_what_is_owed():
    rows = RESULTS["universality"]["rows"]
    names = [name for name, function in universality.FUNCTIONS.items() if function.features == 1]
    assert len(names) >= 5
    for name in names:
        narrow, wide = (universality.errors(rows, name, width) for width in (4, 1024))
        assert len(narrow) == len(wide) >= 3
        assert universality.FALL.met(statistics.mean(narrow) / statistics.mean(wide))
