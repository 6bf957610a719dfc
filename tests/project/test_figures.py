from __future__ import annotations

import ast
import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wxb
from benchmarks import (
    choices,
    crossvalidation,
    depth,
    estimators,
    figures,
    labels,
    lengths,
    pages,
    parts,
    results,
    startup,
    step,
    throughput,
    timing,
    training,
)
from benchmarks.bounds import at_least, at_most
from benchmarks.figure import Scope
from benchmarks.owed import ALSO, FIGURES
from benchmarks.startup import Process
from benchmarks.throughput import Loop
from benchmarks.training import Training, Trainings
from benchmarks.views.surface import Surface, Surfaces
from benchmarks.views.watching import Watched, Watching
from wxb.data.folds import folds
from wxb.learning.machine import choose
from wxb.notation import plan, read
from wxb.notation.named import NAMED
from wxb.trials import Trial

MACHINE = {
    "processor": "Example 9000", "cores": 2, "memory_gib": 8.0, "gpu": None, "system": "Linux x86_64",
    "python": "3.11.7", "torch": "2.13.0", "numpy": "2.4.6", "wxb": "0.1.0", "commit": "abc1234",
}  # fmt: skip
BOUNDS = (at_least(1, "x"), at_least(0.97, "x"))  # of a loop


def result(figure: str, rows: list[dict[str, Any]], note: str = "") -> dict[str, Any]:
    rates = {"threads": 2, "float32": 150, "bfloat16": 400}
    return {
        "figure": figure, "command": f"python -m benchmarks.figures {figure}", "date": "2026-01-31", "note": note,
        "machine": MACHINE, "matrix_product": {"before": rates, "after": {**rates, "float32": 160}}, "rows": rows,
    }  # fmt: skip


def digits_row(accuracy: list[float], seconds: list[float]) -> dict[str, Any]:
    return {
        "what": "digits, default network", "command": "wxb train digits", "seeds": [0, 1, 2],
        "accuracy": accuracy, "seconds": seconds, "told": [{"parameters": 19562}],
    }  # fmt: skip


def shown(figure: str, rows: list[dict[str, Any]], note: str = "") -> str:
    return "\n".join(pages.figure(figure, {figure: result(figure, rows, note)}))


@pytest.mark.parametrize("page", pages.PAGES)
def test_every_page_shows_the_results_that_lie_here(page):
    text = (pages.DOCS / f"{page}.md").read_text()
    assert text == pages.filled(text, pages.read())
    assert text.count("<!-- end -->") == len(pages.PLACE.findall(text)) > 0


def test_the_page_of_figures_has_a_place_for_each():
    places = [place["name"] for place in pages.PLACE.finditer((pages.DOCS / "figures.md").read_text())]
    assert places == list(FIGURES)


NOTHING: pages.Results = {"figure": {}, "lesson": {}, "peers": {}}


def test_a_figure_stands_in_its_place_on_a_page_and_nothing_else_changes():
    page = pages.filled("before\n<!-- figure digits -->\nold\n<!-- end -->\nbehind\n", NOTHING)
    assert page.startswith("before\n<!-- figure digits -->\n`python -m benchmarks.figures digits`\n")
    assert page.endswith("≤ 30 s.\n<!-- end -->\nbehind\n")
    assert "old" not in page


def test_a_page_that_names_no_figure_of_ours_is_refused():
    with pytest.raises(KeyError, match="digts"):
        pages.filled("<!-- figure digts -->\n<!-- end -->", NOTHING)


def test_a_figure_without_results_says_what_is_owed_and_that_it_was_not_taken():
    assert pages.figure("digits", {})[-1] == "Not taken yet. Owed: digits, default network ≥ 98.5 %; ≤ 30 s."
    assert "softmax ≥ LogisticRegression − 1 point" in pages.figure("linear", {})[-1]


def test_a_training_is_shown_with_mean_deviation_seconds_and_machine():
    row = digits_row([0.99, 0.985, 0.995], [11.0, 10.0, 12.5])
    section = shown("digits", [row], note="made up")
    assert "| 99.00 ± 0.50 % (3 seeds) | 11.0 (10.0, 12.5) | 19,562 | ≥ 98.5 %; ≤ 30 s |" in section
    assert "2026-01-31, Example 9000, 2 cores, 8.0 GiB" in section
    assert "150 GFLOP/s before, 160 after." in section
    assert "Note: made up." in section


def test_a_missed_bound_is_printed_as_missed():
    section = shown("digits", [digits_row([0.98, 0.98, 0.98], [31.0, 10.0, 10.0])])
    assert "≥ 98.5 %: **missed** (98 %)" in section
    assert "≤ 30 s: **missed** (31 s)" in section


def test_a_loop_is_compared_with_the_faster_of_the_plain_ones_and_with_the_one_that_has_wxb_s_settings():
    plain = {"learn": [95.0, 96.0, 97.0], "tensors": [100.0, 100.0, 100.0], "DataLoader": [50.0, 50.0, 50.0]}
    tuned = {"learn": [195.0, 196.0, 197.0], "tensors": [200.0, 200.0, 200.0]}
    row = {
        "what": FIGURES["throughput"].rows[0].what, "batch_size": 128, "rates": {"plain": plain, "tuned": tuned},
        "precision": {"plain": "float32", "tuned": "bfloat16"},
    }  # fmt: skip
    section = shown("throughput", [row])
    assert "| float32 | 96 (95, 97) | 100 (100, 100) | 50 (50, 50) | 0.960× | ≥ 1×: **missed** (0.96×) |" in section
    assert "wxb's settings | bfloat16 | 196 (195, 197) | 200 (200, 200) |  | 0.980× | ≥ 0.97× |" in section


def test_a_process_is_shown_as_a_multiple_and_torch_counts_where_it_may_not_load():
    what = FIGURES["startup"].rows[0].what
    section = shown("startup", [{"what": what, "seconds": [0.03] * 3, "nothing_seconds": [0.01] * 3, "torch": True}])
    assert "| 3.0× | yes | ≤ 5×; no torch: **missed** |" in section


def test_bounds_hold_on_their_own_value():
    assert at_least(0.95, "x").met(0.95)
    assert not at_least(0.95, "x").met(0.9499)
    assert at_most(30, "s").met(30)
    assert not at_most(30, "s").met(30.1)


def test_a_bound_beside_another_row_moves_with_it():
    bound = at_least(-0.01, "%", "other")
    assert str(bound) == "≥ other − 1 point"
    assert str(at_least(0.08, "%", "other")) == "≥ other + 8 points"
    assert bound.against({"other": 0.4}).met(0.395)
    assert not bound.against({"other": 0.4}).met(0.385)


def test_trainings_are_held_against_estimators_of_the_same_table():
    rows = [
        {"what": what, "command": "x", "accuracy": [accuracy], "seconds": [1.0], "told": []}
        for what, accuracy in (("softmax", 0.38), ("LogisticRegression", 0.4), ("hinge", 0.39), ("SGDClassifier", 0.38))
    ]
    section = shown("linear", rows)
    assert "| 38.00 % (1 seed) | 1.0 |  | ≥ LogisticRegression − 1 point: **missed** (38 %) |" in section
    assert "| 39.00 % (1 seed) | 1.0 |  | ≥ SGDClassifier − 1 point |" in section


def test_a_figure_shows_the_rows_that_it_shares_with_another():
    (other,) = ALSO["features"]
    row = {"command": "x", "accuracy": [0.5], "seconds": [1.0], "told": []}
    mine = result("features", [row | {"what": FIGURES["features"].rows[0].what}])
    lent = result(other, [row | {"what": FIGURES[other].rows[0].what}])
    assert FIGURES[other].rows[0].what not in "\n".join(pages.figure("features", {"features": mine}))
    assert FIGURES[other].rows[0].what in "\n".join(pages.figure("features", {"features": mine, other: lent}))


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_has_a_command_and_a_name_of_its_own_for_each_row(figure):
    assert figures.parser().parse_args([figure]).figure == figure
    rows = getattr(FIGURES[figure], "rows", ())
    assert len({row.what for row in rows}) == len(rows)
    assert FIGURES[figure].owed()


def test_a_training_is_measured_once_a_seed_by_the_real_command(monkeypatch):
    asked: list[list[str]] = []

    def run(command, **_):
        asked.append(command)
        answer = {"run": "runs/x", "parameters": 5, "test": {"accuracy": 0.5}}
        return type("Done", (), {"returncode": 0, "stdout": json.dumps(answer), "stderr": ""})

    monkeypatch.setattr(timing.subprocess, "run", run)
    row = FIGURES["toys"].rows[0].measure(2, "accuracy", Scope())
    assert row["accuracy"] == [0.5, 0.5]
    assert row["command"] == "wxb train ring SOFTMAX"
    assert row["told"] == [{"parameters": 5, "test": {"accuracy": 0.5}}] * 2
    assert [command[1:] for command in asked] == [
        ["-m", "wxb", "train", "ring", "SOFTMAX", "--seed", str(seed), "--json", "-q"] for seed in (0, 1)
    ]


def test_a_command_that_fails_ends_the_measurement_with_its_words(monkeypatch):
    done = type("Done", (), {"returncode": 2, "stdout": "", "stderr": "error: no such data"})
    monkeypatch.setattr(timing.subprocess, "run", lambda command, **_: done)
    with pytest.raises(SystemExit, match="ended with 2\nerror: no such data"):
        training.train(("nowhere",), 0)


def test_a_network_is_quoted_as_a_shell_needs_it():
    assert training.quoted("lenet5") == "lenet5"
    assert training.quoted("FC-64-RELU, SOFTMAX") == '"FC-64-RELU, SOFTMAX"'


@pytest.mark.parametrize("network", ["CONV-4-RELU-POOL, SOFTMAX", None])
def test_all_loops_are_timed_as_often_in_turn_on_the_examples_asked_for(network):
    row = throughput.measure(Loop("digits", "digits", network, 256, *BOUNDS), repetitions=2)
    counts = {settings: {name: len(rates) for name, rates in found.items()} for settings, found in row["rates"].items()}
    assert counts == {"plain": {"learn": 2, "tensors": 2, "DataLoader": 2}, "tuned": {"learn": 2, "tensors": 2}}
    assert all(rate > 0 for found in row["rates"].values() for rates in found.values() for rate in rates)
    assert (row["examples"], row["batch_size"]) == (256, 128)


def test_the_loop_with_wxb_s_settings_computes_in_the_precision_that_wxb_chooses(monkeypatch):
    half = dataclasses.replace(choose("cpu", "float32"), precision="bfloat16")
    monkeypatch.setattr(throughput, "chosen", lambda machine, model, data: half)
    row = throughput.measure(Loop("digits", "digits", "CONV-4-RELU-POOL, SOFTMAX", 256, *BOUNDS), repetitions=1)
    assert row["precision"] == {"plain": "float32", "tuned": "bfloat16"}
    assert row["rates"]["tuned"]["learn"] != row["rates"]["plain"]["learn"]


def test_more_examples_than_there_are_cannot_be_timed():
    with pytest.raises(SystemExit, match="digits has 1,150 training examples, not 5,000"):
        throughput.measure(Loop("digits", "digits", "SOFTMAX", 5000, *BOUNDS), repetitions=1)


def test_processes_are_timed_in_turn_beside_the_empty_one():
    figure = startup.Startup((Process("nothing again", ("-c", "import json"), at_most(5, "x")),), repetitions=2)
    (row,) = figure.measure(Scope())
    assert (len(row["seconds"]), len(row["nothing_seconds"]), row["torch"]) == (2, 2, False)


def test_imports_are_seen_by_the_interpreter_itself():
    assert not startup.loads_torch(("-c", "pass"))
    assert startup.loads_torch(("-c", "import torch"))


def test_a_result_is_written_whole(tmp_path: Path):
    results.save(result("digits", []), tmp_path / "results" / "digits.json")
    assert json.loads((tmp_path / "results" / "digits.json").read_text())["figure"] == "digits"
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["digits.json"]


def test_stored_commands_are_shown_with_today_s_names_of_options_and_values(monkeypatch):
    monkeypatch.setattr(results, "RENAMED", {"start": "initialization", "mirror_average": "flip_average"})
    monkeypatch.setattr(results, "RENAMED_VALUES", {"start": {"spread": "spread-biases"}})
    assert results.spelled("x --start spread --mirror-average") == "x --initialization spread-biases --flip-average"
    assert results.spelled('"--start random", "--started 1"') == '"--initialization random", "--started 1"'
    monkeypatch.setattr(results, "RENAMED", {})
    monkeypatch.setattr(results, "RENAMED_VALUES", {})
    assert results.spelled("x --start spread") == "x --start spread"


def test_the_real_command_says_what_a_figure_is_made_of():
    row = Training("ring", ("ring", "SOFTMAX", "--examples", "200", "--epochs", "1")).measure(1, "accuracy", Scope())
    (accuracy,), (told,) = row["accuracy"], row["told"]
    assert 0 <= accuracy <= 1
    assert told["parameters"] == 6
    assert "run" not in told


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    """A table of two columns, whose sum is the third."""
    chance = np.random.default_rng(0)
    a, b = chance.normal(size=(2, 300))
    lines = [f"{x},{y},{x + y}" for x, y in zip(a, b, strict=True)]
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "sums.csv").write_text("\n".join(["a,b,sum", *lines]))
    return tmp_path


def test_an_estimator_is_fitted_to_the_training_part_and_scored_on_the_test_part(houses):
    from sklearn.linear_model import LinearRegression

    one = estimators.Estimator("line", lambda seed: LinearRegression(), file="tables/sums.csv", target="sum")
    row = one.measure(2, "r2", Scope(shared=houses))
    assert (row["command"], row["seeds"], row["told"]) == ("LinearRegression()", [0, 1], [])
    assert row["r2"] == pytest.approx([1, 1], abs=1e-6)


def test_an_estimator_sees_the_inputs_as_a_network_does():
    data = wxb.load_data("digits")
    examples, targets = estimators.part(data, "train")
    assert examples.shape == (len(data.split.train), 64)
    assert (examples.mean(), examples.std()) == pytest.approx((0, 1), abs=1e-4)
    assert np.array_equal(targets, data.targets[data.split.train])


def test_a_command_finds_its_table_in_its_own_folder(houses):
    arguments = ("sums.csv", "EUCLID", "--target", "sum", "--epochs", "1")
    row = Training("sums", arguments, file="tables/sums.csv").measure(1, "r2", Scope(shared=houses))
    assert row["command"] == "wxb train sums.csv EUCLID --target sum --epochs 1"
    assert row["r2"][0] <= 1


def test_scores_that_are_no_accuracies_are_no_percentages():
    figure = Trainings(1, (Training("sums", ("sums.csv",), at_least(0.8, "")),), score="r2")
    row = {"what": "sums", "command": "x", "r2": [0.9, 0.7], "seconds": [1.0, 1.0], "told": []}
    head, line = figure.table([row])
    assert (head[2], line[2], line[5]) == ("test R²", "0.800 ± 0.141 (2 seeds)", "≥ 0.8")


def test_folds_of_a_table_are_held_against_the_bound_in_its_unit():
    rows = [
        {"what": "default network", "rmse": [0.48, 0.46, 0.5], "seconds": [5.0]},
        {"what": "HistGradientBoostingRegressor", "rmse": [0.5, 0.5, 0.5], "seconds": [1.0]},
    ]
    section = shown("houses-folds", rows)
    assert "| default network | 0.480 ± 0.020 | 5.0 | ≤ 0.47: **missed** (0.48) |" in section
    assert "| HistGradientBoostingRegressor | 0.500 ± 0.000 | 1.0 |  |" in section


class Mean:
    """A library and the regressor in it: the mean of the targets."""

    def fit(self, examples, targets):
        self.mean = targets.mean()
        self.learned = len(targets)

    def predict(self, examples):
        return np.full(len(examples), self.mean)


def test_every_row_of_a_table_is_answered_by_what_has_not_seen_it(houses, monkeypatch):
    made = []
    monkeypatch.setattr(crossvalidation, "Trial", lambda data, **options: Trial(data, "EUCLID", epochs=1, **options))

    def mean(seed):
        made.append(Mean())
        return made[-1]

    def not_installed(seed):
        raise ImportError

    figure = crossvalidation.CrossValidation(
        "network", "tables/sums.csv", "sum", 1, "units", at_most(0.47, ""),
        (crossvalidation.Trees("mean", mean), crossvalidation.Trees("none", not_installed)), folds=2,
    )  # fmt: skip
    network, other = figure.measure(Scope(shared=houses))
    assert [one.learned for one in made[1:]] == [150, 150]
    assert (len(network["rmse"]), len(network["seconds"]), network["what"]) == (2, 2, "network")
    assert other["rmse"] == pytest.approx([2**0.5] * 2, rel=0.2)


def test_a_fold_s_columns_are_prepared_by_the_rows_that_are_learned_from(houses):
    lines = (houses / "tables" / "sums.csv").read_text().splitlines()
    fold = folds(wxb.load_data(houses / "tables" / "sums.csv", target="sum"), 3)[0]
    learned = np.sort(fold.split.train)
    (houses / "learned.csv").write_text("\n".join([lines[0], *(lines[1 + row] for row in learned)]))
    alone = wxb.load_data(houses / "learned.csv", target="sum", split=(1, 0, 0))
    assert np.array_equal(fold.inputs[learned], alone.inputs[np.arange(len(learned))])


def test_the_plain_network_is_the_residual_one_without_its_shortcuts():
    residual, plain = (plan(read(text), (3, 32, 32), 10) for text in (NAMED["resnet56"].text, depth.PLAIN56))
    kinds = [
        [(layer.name, layer.input, layer.output) for layer in one.layers if layer.parameters]
        for one in (residual, plain)
    ]
    assert kinds[0] == kinds[1]
    assert residual.parameters == plain.parameters
    assert sum(name != "BN" for name, _, _ in kinds[1]) == 56


def test_many_layers_learn_faster_with_shortcuts():
    data = parts.first_examples(wxb.load_data("digits"), 160)
    residual = depth.losses(data, "CONV3-4-BN-RELU-(RES(CONV-BN-RELU-CONV-BN)-RELU)*10-GAP, SOFTMAX", 2, 20, seed=0)
    plain = depth.losses(data, "CONV3-4-BN-RELU-(CONV-BN-RELU)*20-GAP, SOFTMAX", 2, 20, seed=0)
    assert len(residual) == len(plain) == 2
    assert residual[-1] < plain[-1]


def test_depth_is_shown_seed_by_seed():
    rows = [{"what": "residual", "seeds": [0, 1], "losses": [[2.0, 1.5], [2.0, 1.9]]}]
    rows += [{"what": "plain", "seeds": [0, 1], "losses": [[2.1, 1.8], [2.1, 1.8]]}]
    section = shown("depth", rows)
    assert "| 0 | 1.500 | 1.800 | residual < plain |" in section
    assert "| 1 | 1.900 | 1.800 | residual < plain: **missed** |" in section


def test_folds_test_every_row_once_and_train_on_the_others():
    data = wxb.load_data("digits")
    rows = data.split.test
    found = list(parts.folds(data, rows, 5, seed=0))
    assert np.array_equal(np.sort(np.concatenate([fold.split.test for fold in found])), rows)
    for fold in found:
        assert np.array_equal(np.union1d(fold.split.train, fold.split.test), rows)
        assert len(np.intersect1d(fold.split.train, fold.split.test)) == len(fold.split.validation) == 0
    other = next(parts.folds(data, rows, 5, seed=1))
    assert not np.array_equal(found[0].split.test, other.split.test)


def test_labels_are_doubted_in_the_order_of_their_probability():
    probabilities = np.array([[0.6, 0.4], [0.9, 0.1], [0.2, 0.8], [0.3, 0.7]], np.float32)
    assert labels.most_doubted(probabilities, np.array([1, 1, 0, 1])).tolist() == [1, 2, 0, 3]


def test_a_label_is_wrong_where_fewer_than_three_of_five_called_it_right(tmp_path: Path):
    path = tmp_path / "doubted.csv"
    path.write_text(
        "test_index,given,guess,votes_given,votes_guess,votes_neither\n0,4,6,5,0,0\n1,3,5,2,3,0\n2,8,9,3,2,0\n"
    )
    assert labels.wrong_by_majority(path, np.array([4, 3, 8])) == [1]
    with pytest.raises(SystemExit, match="test picture 2 has the label 7, not 8"):
        labels.wrong_by_majority(path, np.array([4, 3, 7]))


def test_wrong_labels_among_the_most_doubted_are_counted():
    row = {
        "what": "x", "seeds": [0], "accuracy": [0.99], "mistakes": [120], "wrong_by_majority": list(range(15)),
        "ranks": [{str(i): rank for i, rank in enumerate([1, 2, 3, 50, 100, 101, 119])}],
    }  # fmt: skip
    assert "| 99.00 % | 120 | 5 of 15 | ≥ 10: **missed** (5) |" in shown("labels", [row])


def test_labels_are_answered_by_networks_that_did_not_see_them(tmp_path: Path, monkeypatch):
    trained_on: list[np.ndarray] = []

    def short(data, **options):
        trained_on.append(data.split.train)
        return Trial(data, "SOFTMAX", **options)

    monkeypatch.setattr(labels, "Trial", short)
    data = wxb.load_data("digits")
    (tmp_path / "doubted.csv").write_text(f"test_index,given,votes_given\n0,{data.targets[data.split.test[0]]},0\n")
    figure = labels.Doubts("digits", "digits", "doubted.csv", at_least(0, ""), number_of_folds=2, epochs=1)
    (row,) = figure.measure(Scope(shared=tmp_path))
    assert np.array_equal(np.sort(np.concatenate(trained_on)), data.split.test)
    assert row["wrong_by_majority"] == [0]
    assert row["mistakes"] == [round((1 - row["accuracy"][0]) * len(data.split.test))]
    assert 0.1 < row["accuracy"][0] < 1


def test_a_choice_is_shown_beside_the_training_as_chosen():
    rows = [
        {"what": "as chosen", "command": "wxb train cifar10", "accuracy": [0.75, 0.76], "seconds": [20.0, 20.0]},
        {"what": "float32", "command": "--precision float32", "accuracy": [0.75, 0.75], "seconds": [40.0, 42.0]},
    ]
    section = shown("recipe", rows)
    assert "| as chosen | `wxb train cifar10` | 75.50 ± 0.71 % (2 seeds) |  | 20.0 |  |" in section
    assert "| float32 | `--precision float32` | 75.00 ± 0.00 % (2 seeds) | −0.50 | 41.0 | 2.05× |" in section


def test_lengths_score_what_was_neither_trained_on_nor_published_as_the_test(monkeypatch):
    data = wxb.load_data(np.random.default_rng(0).integers(0, 256, (200, 1, 8, 8), np.uint8), np.arange(200) % 4)
    assert [len(rows) for rows in (data.split.train, data.split.validation)] == [128, 22]
    monkeypatch.setattr(lengths.wxb, "load_data", lambda name: data)
    network = "CONV3-4-RELU-GAP"
    tried = lengths.Tried("one layer", network, {"batch_size": 10}, 2, {"cutout": 2}, (0, 1))
    figure = lengths.Lengths("noise", 28, (tried,))
    (row,) = figure.measure(Scope())
    assert row["what"] == "one layer, 2 epochs --cutout 2"
    assert len(row["accuracy"]) == len(row["seconds"]) == 2
    assert all(50 * right == pytest.approx(round(50 * right)) for right in row["accuracy"])  # of 22 + 28 held out
    assert row["operations"] == 6 * 100 * 2 * (9 * 4 * 64 + 4 * 4)
    row |= {"accuracy": [0.5, 0.25], "seconds": [1.0, 3.0], "operations": 2.5e12}
    assert figure.table([row])[1:] == [("2", "one layer", "2", "`--cutout 2`", "50.00, 25.00 %", "2.0")]


def test_choices_change_one_thing_of_the_same_training(monkeypatch):
    typed: list[tuple[str, ...]] = []

    def train(arguments: tuple[str, ...], seed: int) -> tuple[dict[str, Any], float]:
        typed.append(arguments)
        return {"test": {"accuracy": 0.5}, "seconds": {"train": 1.0}}, 2.0

    monkeypatch.setattr(choices, "train", train)
    changed = (
        choices.Choice("AdamW", {"optimizer": "adamw", "momentum": None}),
        choices.Choice("GELU", network="FC-8-GELU, SOFTMAX"),
    )
    figure = choices.Choices(1, "digits", "FC-8-RELU, SOFTMAX", {"epochs": "1", "momentum": "0.8"}, changed)
    assert [row["what"] for row in figure.measure(Scope())] == ["as chosen", "AdamW", "GELU"]
    assert typed == [
        ("digits", "FC-8-RELU, SOFTMAX", "--epochs", "1", "--momentum", "0.8"),
        ("digits", "FC-8-RELU, SOFTMAX", "--epochs", "1", "--optimizer", "adamw"),
        ("digits", "FC-8-GELU, SOFTMAX", "--epochs", "1", "--momentum", "0.8"),
    ]


def test_every_choice_of_the_recipe_is_a_training_that_wxb_would_make():
    figure = FIGURES["recipe"]
    assert isinstance(figure, choices.Choices)
    for choice in figure.rows:
        plan(read(choice.network or figure.network), (3, 32, 32), 10)


def test_every_training_of_a_length_has_a_network():
    figure = FIGURES["lengths"]
    assert isinstance(figure, lengths.Lengths)
    for tried in figure.rows:
        plan(read(f"{tried.network}, SOFTMAX"), (3, 32, 32), 10)


def test_a_step_is_timed_with_each_choice_undone(monkeypatch):
    data = wxb.load_data(np.random.default_rng(0).integers(0, 256, (300, 3, 8, 8), np.uint8), np.arange(300) % 3)
    monkeypatch.setattr(step.wxb, "load_data", lambda name: data)
    monkeypatch.setattr(step, "first_examples", lambda data, count: data)
    figure = FIGURES["step"]
    assert isinstance(figure, step.Steps)
    small = step.Steps("cifar10", "CONV3-8-RELU-BN-GAP, SOFTMAX", {"batch_size": 20}, figure.rows)
    rows = small.measure(Scope(repetitions=1))
    assert [row["what"] for row in rows] == ["as chosen", *(way.what for way in figure.rows)]
    assert all(row["milliseconds"][0] > 0 for row in rows)


def test_a_step_with_a_choice_undone_is_shown_as_a_multiple():
    rows = [{"what": "as chosen", "milliseconds": [50.0]}, {"what": "float32", "milliseconds": [90.0, 100.0, 110.0]}]
    assert "| float32 | 90.0 (100.0) | 1.80× |" in shown("step", rows)


SOURCES = {
    path.name: ast.parse(path.read_text())
    for path in (results.ROOT / "benchmarks").rglob("*.py")
    if path.parent.name != "scripts"  # they run in environments of their own
}


@pytest.mark.parametrize("name", SOURCES)
def test_benchmarks_use_nothing_private_of_the_product(name):
    private = [
        ast.unparse(node)
        for node in ast.walk(SOURCES[name])
        if isinstance(node, ast.Attribute) and re.match("_[^_]", node.attr) and ast.unparse(node.value) != "self"
    ]
    private += [
        alias.name
        for node in ast.walk(SOURCES[name])
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("wxb")
        for alias in node.names
        if alias.name.startswith("_")
    ]
    assert set(private) <= {"mock._patch"}  # the type of a patch, which the standard library does not name otherwise


def test_only_what_measures_a_run_trains_into_a_folder():
    trains = {
        name
        for name, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("wxb.train", "Training", "wxb.training.Training")
    }
    # `run.predict`, views and the page are asked of a run, and fine-tuning begins with one; the class Training of
    # owed.py is a command
    assert trains == {"prediction.py", "gallery.py", "sanity.py", "owed.py", "folders.py", "fine_tuning.py"}


def test_a_surface_is_timed_by_some_of_its_rows():
    figure = Surfaces((Surface("small", "digits", "FC-8-RELU, SOFTMAX", 50, 2, at_most(60, "s")),))
    (row,) = figure.measure(Scope())
    assert row["seconds"] > 0
    assert figure.table([{**row, "seconds": 4.0}])[1] == (
        "small",
        "50",
        "2",
        "4.0",
        "102",
        "≤ 60 s: **missed** (102 s)",
    )


def test_what_watching_takes_is_a_share_of_all_steps():
    figure = Watching((Watched("small", "digits", "FC-8-RELU, SOFTMAX", 60, at_most(0.03, "%")),), repetitions=1)
    (row,) = figure.measure(Scope())
    (training,) = row["trainings"]
    assert training["steps"] == 60
    assert min(training["watched"], training["other"]) > 0
    made = {"watched": 0.003, "other": 0.002, "steps": 1_000}
    assert figure.table([{**row, "trainings": [made]}])[1] == (
        "small", "1,000", "3.00", "2.00", "2.5 %", "≤ 3 %",
    )  # fmt: skip
