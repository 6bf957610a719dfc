"""Several targets: learned together, and predicted from tables whose columns stand in any order."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from tests.cli.conftest import valid
from wxb.runs.run import Run

COLUMNS = ("town", "x", "price", "z", "rent", "sold", "let")


def houses(rows: int = 240) -> pl.DataFrame:
    random = np.random.default_rng(0)
    x, z = random.normal(size=(2, rows)).round(3)
    town = np.array(["Rome", "Oslo", "Bonn"])[random.integers(0, 3, rows)]
    price = 300_000 + 50_000 * x + 20_000 * (town == "Rome")
    return pl.DataFrame(
        {
            "town": town,
            "x": x,
            "price": price.round(1),
            "z": z,
            "rent": (900 + 100 * z).round(2),
            "sold": (x > 0).astype(int),
            "let": (z > 0.5).astype(int),
        }
    ).select(COLUMNS)


def trained(call, targets, network, drop, *more):
    houses().write_csv("t.csv")
    ended = call("train", "t.csv", network, "--target", targets, "--drop", drop, "--epochs", 3, "--out", "run", *more)
    assert ended.code == 0, ended.err
    return Run.open("run"), ended


def shuffled(without: tuple[str, ...]) -> pl.DataFrame:
    """The same rows with the columns in reverse, one more column, and without some."""
    frame = houses().select([name for name in reversed(COLUMNS) if name not in without])
    return frame.with_columns(more=pl.lit("never seen"))


def test_two_numbers_are_learned_together_and_predicted_from_columns_in_any_order(call):
    run, ended = trained(call, "price,rent", "FC-16-RELU, EUCLID", "sold,let")
    assert run.data.classes == ("price", "rent")
    assert set(run.report.per_target) == {"price", "rent"}
    shuffled(("price", "rent")).write_csv("new.csv")
    found = valid(json.loads(call("predict", "run", "new.csv", "--json").out))["predictions"]
    expected = run.predict(run.load_data().examples)
    values = np.array([[one["value"]["price"], one["value"]["rent"]] for one in found])
    np.testing.assert_allclose(values, expected.values, rtol=1e-6)
    shuffled(())[:200].write_csv("labelled.csv")
    ended = call("evaluate", "run", "labelled.csv", "--interval", 80, "--json")
    answer = valid(json.loads(ended.out))
    assert [one["name"] for one in answer["coverage"]] == ["price", "rent"]
    assert answer["test"]["examples"] == 200
    assert any("a column that training had not, not used: more" in note for note in answer["notes"])
    head = call("predict", "run", "new.csv", "--csv", "--interval", 80).out.splitlines()[0]
    assert head == "file,row,value_price,value_rent,low_price,high_price,low_rent,high_rent"


def test_the_order_of_targets_in_a_new_table_does_not_matter(call):
    run, _ = trained(call, "rent,price", "FC-16-RELU, EUCLID", "sold,let")
    assert run.data.classes == ("rent", "price")
    whole = run.evaluate(houses()[:200]).per_target
    again = run.evaluate(shuffled(())[:200]).per_target
    assert whole == again
    frame, targets = houses()[:200].drop("price", "rent"), houses()[:200].select("rent", "price").to_numpy()
    assert run.evaluate(frame, targets).per_target == whole


def test_two_labels_are_learned_together_and_predicted_from_columns_in_any_order(call):
    run, _ = trained(call, "sold,let", "FC-16-RELU, SIGMOIDS", "price,rent")
    shuffled(("sold", "let")).write_csv("new.csv")
    found = valid(json.loads(call("predict", "run", "new.csv", "--json").out))["predictions"]
    expected = run.predict(run.load_data().examples)
    assert [tuple(one["labels"]) for one in found] == list(expected.labels)
    assert run.evaluate(shuffled(())).label_accuracy == run.evaluate(houses()).label_accuracy


def test_default_networks_learn_several_targets_in_folds(call):
    for targets, drop in (("price,rent", "sold,let"), ("sold,let", "price,rent")):
        houses().write_csv("t.csv")
        ended = call("train", "t.csv", "--target", targets, "--drop", drop, "--epochs", 1, "--out", targets)
        assert ended.code == 0, ended.err
        assert Run.open(targets).settings["bagging"]


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ("town,price", "town of t.csv holds texts, no numbers"),
        ("price,price", "names a column twice"),
        ("price,prize", "t.csv has no column prize; price is one"),
    ],
)
def test_targets_that_do_not_go_together_are_refused(call, targets, said):
    houses().write_csv("t.csv")
    ended = call("train", "t.csv", "--target", targets)
    assert ended.code == 2
    assert said in ended.err
