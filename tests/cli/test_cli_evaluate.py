"""A run evaluated and compared: by its part, with its own target named, with other features of the same rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import wxb


@pytest.fixture
def flats(tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"{size:.1f},{'Rome' if size < 60 else 'Oslo'},{3 * size:.0f}" for size in rng.uniform(30, 99, 200)]
    (tmp_path / "flats.csv").write_text("\n".join(["size,town,price", *lines]) + "\n")
    (tmp_path / "others.csv").write_text("\n".join(["size,town,price", *lines[:30]]) + "\n")
    return tmp_path


def test_a_run_is_evaluated_with_its_own_target_named_and_no_other(call, flats):
    trained = call("train", "flats.csv", "FC-4-RELU, EUCLID", "--target", "price", "--epochs", 1, "--out", "run", "-q")
    assert trained.code == 0, trained.err
    plain = call("evaluate", "run", "others.csv")
    assert plain.out.startswith("all       R² ")
    named = call("evaluate", "run", "others.csv", "--target", "price", "--task", "regression")
    assert (named.code, named.out) == (0, plain.out)
    wrong = call("evaluate", "run", "others.csv", "--target", "size")
    assert (wrong.code, wrong.err) == (2, "error: the run predicts price, not size\n  fix: leave out --target\n")
    wrong = call("evaluate", "run", "others.csv", "--task", "classification")
    assert wrong.err.startswith("error: the run is for regression, not for classification\n")


@pytest.mark.parametrize(
    ("part", "label"), [("train", "train"), ("validation", "valid."), ("test", "test"), ("all", "all"), (None, "test")]
)
def test_an_evaluation_is_called_by_its_part(call, flats, part, label):
    call("train", "flats.csv", "FC-4-RELU, EUCLID", "--target", "price", "--epochs", 1, "--out", "run", "-q")
    ended = call("evaluate", "run", *([] if part is None else ["--part", part]))
    assert ended.out.startswith(f"{label:<10}R² ")


def test_runs_on_the_same_rows_are_compared_though_their_features_differ(call, flats):
    for name, pieces in (("few", ["--pieces", 0]), ("many", [])):
        ended = call(
            "train", "flats.csv", "FC-4-RELU, EUCLID", "--target", "price", "--epochs", 1, "--out", name, "-q", *pieces
        )
        assert ended.code == 0, ended.err
    ended = call("compare", "few", "many", "--json")
    assert ended.code == 0, ended.err
    scores = [wxb.Run.open(name).evaluate().summary()["r2"] for name in ("few", "many")]
    assert [one["test"]["r2"] for one in ended.json["runs"]] == scores
    table = flats / "flats.csv"
    table.write_text(table.read_text().replace("Rome", "Bonn"))
    changed = call("compare", "few", "many")
    assert (changed.code, "the data has changed since few was trained" in changed.err) == (2, True)


def test_a_run_s_own_data_is_not_evaluated_if_it_has_changed(call, flats):
    words = ("train", "flats.csv", "FC-4-RELU, EUCLID", "--target", "price", "--epochs", 1, "--out", "run", "-q")
    assert call(*words).code == 0
    table = flats / "flats.csv"
    rows = len(table.read_text().splitlines()) - 1
    table.write_text(table.read_text() + table.read_text().splitlines()[-1] + "\n")
    ended = call("evaluate", "run")
    assert ended.code == 2
    assert ended.err.startswith(
        f"error: the data has changed since run was trained\n  examples: {rows} then, {rows + 1} now\n"
    )
    assert call("evaluate", "run", "flats.csv", "--json").json["test"]["examples"] == rows + 1


def test_of_many_classes_the_weakest_are_printed_and_all_are_in_json(call, tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"{rng.normal():.4f},{rng.normal():.4f},class {i % 150}" for i in range(1_500)]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,y", *lines]) + "\n")
    ended = call("train", "t.csv", "SOFTMAX", "--target", "y", "--epochs", 1, "--out", "run", "-q")
    assert ended.code == 0, ended.err
    told = json.loads(call("evaluate", "run", "--json").out)
    assert len(told["per_class"]) == 150
    shown = call("evaluate", "run").out.splitlines()
    assert shown[-1] == "the 20 weakest of 150; --json has all of them"
    first = shown.index(next(line for line in shown if line.startswith("class ")))
    worst = sorted(told["per_class"], key=lambda one: one["f1"])[:20]
    assert [line.split("  ")[0] for line in shown[first + 1 : -1]] == [one["name"] for one in worst]


def test_settings_of_other_data_are_refused_for_a_run_s_own(call, flats):
    words = ("train", "flats.csv", "FC-4-RELU, EUCLID", "--target", "price", "--epochs", 1, "--out", "run", "-q")
    assert call(*words).code == 0
    ended = call("evaluate", "run", "--drop", "town")
    assert (ended.code, ended.err) == (
        2,
        "error: --drop is for other DATA: a run's own are read as in training\n  fix: leave it out\n",
    )


def test_dates_are_read_as_in_training_by_every_command(call, tmp_path):
    days = [(1 + i % 12, 1 + i % 28) for i in range(120)]
    for name, form in (("own", "{1:02}/{0:02}/2024"), ("swapped", "{0:02}/{1:02}/2024")):
        lines = [f"{form.format(*day)},{i % 7}.5,{'ab'[i % 2]}" for i, day in enumerate(days)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["day,x,kind", *lines]) + "\n")
    (tmp_path / "unclear.csv").write_text("day,x,kind\n03/02/2024,1.5,a\n05/06/2024,2.5,b\n")
    words = ("train", "own.csv", "FC-4-RELU, SOFTMAX", "--target", "kind", "--epochs", 1, "-q")
    assert call(*words, "--out", "run").code == 0
    for ended in (
        call("evaluate", "run", "swapped.csv"),
        call("predict", "run", "swapped.csv"),
        call(*words, "--test", "swapped.csv"),
    ):
        assert ended.code == 2
        assert "can only be dates such as 12/31/2024 (month, day, year): 01/13/2024 (row 12)" in ended.err
    note = "day: the day is taken to stand first, as in training, which no date here proves: 03/02/2024 (row 0) is "
    for ended in (
        call("evaluate", "run", "unclear.csv", "--json"),
        call("predict", "run", "unclear.csv", "--json"),
    ):
        assert any(note in one for one in ended.json["notes"])
    assert call(*words, "--out", "tested", "--test", "unclear.csv").code == 0
    assert any(note in one for one in wxb.Run.open("tested").data.notes)
    assert "as in training, which no date here proves" in Path("tested/report.md").read_text()


def test_rows_of_other_data_that_were_trained_on_are_counted(call, flats):
    call("train", "flats.csv", "FC-4-RELU, EUCLID", "--target", "price", "--epochs", 1, "--out", "run", "-q")
    train = len(wxb.Run.open("run").split.train)
    head, *lines = (flats / "flats.csv").read_text().splitlines()
    (flats / "rev.csv").write_text("\n".join([head, *lines[::-1], "12.5,Rome,40"]))
    ended = call("evaluate", "run", "rev.csv")
    assert f"{train} of 201 rows are in the training part of run too, which makes the score" in " ".join(
        ended.err.split()
    )
    answer = json.loads(call("evaluate", "run", "rev.csv", "--json").out)
    assert answer["notes"] == [
        f"{train} of 201 rows are in the training part of run too, which makes the score too good"
    ]
    (flats / "new.csv").write_text("\n".join([head, "12.5,Rome,40", "99.9,Oslo,300"]))
    assert call("evaluate", "run", "new.csv").err == ""
    assert call("evaluate", "run", "flats.csv").err == ""
    (flats / "flats.csv").unlink()
    assert call("evaluate", "run", "rev.csv").err == ""


def test_a_split_that_would_have_no_effect_is_refused(call, flats):
    call("train", "flats.csv", "FC-4-RELU, EUCLID", "--target", "price", "--epochs", 1, "--out", "run", "-q")
    own = call("evaluate", "run", "flats.csv", "--split", "0,0,1")
    assert (own.code, own.out) == (2, "")
    assert own.err == (
        "error: --split: flats.csv holds the data of run, which are split as in training\n"
        "  fix: --part all takes all of it\n"
    )
    other = call("evaluate", "run", "others.csv", "--split", "0.5,0.2,0.3")
    assert other.err == "error: --split: of a table all rows are evaluated\n  fix: leave it out\n"
    plain = call("evaluate", "run", "others.csv", "--split", "0,0,1")
    assert (plain.code, plain.out) == (0, call("evaluate", "run", "others.csv").out)
