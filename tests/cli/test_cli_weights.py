"""`--weight` and `--group` on the command line: trained, stored, resumed, evaluated, predicted, reported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import wxb
from tests.cli.conftest import valid
from wxb.runs.run import Run
from wxb.training import Training

NETWORK = "FC-8-RELU, SOFTMAX"


def visits(rows: int = 240) -> pl.DataFrame:
    random = np.random.default_rng(0)
    x, z = random.normal(size=(2, rows))
    return pl.DataFrame(
        {
            "x": x.round(3),
            "patient": [f"p{one}" for one in random.integers(0, 40, rows)],
            "w": random.integers(0, 5, rows),
            "z": z.round(3),
            "state": np.where(x + z > 0.3, "ill", "well"),
        }
    )


@pytest.fixture
def table(call):
    visits().write_csv("visits.csv")
    return Path("visits.csv")


def train(call, *more):
    return call(
        "train", "visits.csv", NETWORK, "--target", "state", "--weight", "w", "--group", "patient", "--epochs", 2,
        "--out", "run", *more,
    )  # fmt: skip


def test_a_weighted_run_says_so_and_scores_weighted(call, table):
    ended = train(call)
    assert ended.code == 0, ended.err
    assert "240 rows of 2 columns in 2 classes, weighted by w; train" in " ".join(ended.err.split())
    assert "in 40 groups of patient" in " ".join(ended.err.split())
    assert ", weighted" in ended.out
    run = Run.open("run")
    assert (run.settings["weight"], run.settings["group"]) == ("w", "patient")
    assert (run.data.weight, run.data.group) == ("w", "patient")
    data = run.load_data()
    rows = run.split.test
    found, predicted = run.evaluate(), run.predict(pl.read_csv("visits.csv").drop("w", "patient")[rows.tolist()])
    right = np.array(predicted.classes) == visits()["state"].to_numpy()[rows]
    assert found.accuracy == pytest.approx(np.average(right, weights=data.weights[rows]))
    assert found.examples == np.count_nonzero(data.weights[rows])
    report = run.text("report.md")
    assert "240 rows of 2 columns in 2 classes, weighted by w; train" in report
    counting = np.count_nonzero(data.weights[run.split.train])
    assert f"all {counting} training examples of a weight above 0" in report
    assert f"on {found.examples} test examples, weighted by w" in report
    assert "All scores are weighted by w; counts are of examples." in report
    assert run.report.test["weighted"] is True


def test_other_tables_need_neither_column_and_a_note_says_that_rows_count_the_same(call, table):
    assert train(call).code == 0
    visits(100).select("state", "z", "x").write_csv("new.csv")
    ended = call("evaluate", "run", "new.csv", "--json")
    assert ended.code == 0, ended.err
    answer = valid(json.loads(ended.out))
    assert "weighted" not in answer["test"]
    assert answer["test"]["examples"] == 100
    assert "new has no weights (w in training): all of its rows count the same" in answer["notes"]
    found = Run.open("run").evaluate("new.csv")
    assert list(found.notes) == answer["notes"]
    assert call("predict", "run", "new.csv").code == 0
    visits(100).write_csv("weighted.csv")
    ended = call("evaluate", "run", "weighted.csv")
    assert "all       " in ended.out
    assert "weighted  by w: scores and shares; counts are of examples" in ended.out


def test_a_weighted_run_is_trained_again_from_its_settings_and_resumed_to_the_same_bits(call, table):
    assert train(call).code == 0
    ended = call("train", "--config", "run/settings.toml", "--out", "again")
    assert ended.code == 0, ended.err
    first, again = Run.open("run"), Run.open("again")
    assert first.summary.test == again.summary.test
    data = first.load_data()
    options = {
        name: value for name, value in first.settings.items() if name in wxb.learning.recipe.Recipe.__dataclass_fields__
    }
    training = Training(data, NETWORK, options=options, settings={"data": "visits.csv"}, out="stopped")
    for record in training:
        if record.step == 3:
            break
    training.stop()
    with pytest.raises(wxb.WxbError, match="the data has changed since stopped began") as error:
        wxb.resume("stopped", wxb.load_data("visits.csv", target="state", drop="w", group="patient"))
    assert "weight: w then, none now" in str(error.value)
    assert wxb.resume("stopped", data).summary.test == first.summary.test


def test_weights_change_what_is_learned(call, table):
    assert train(call).code == 0
    settings = ["--target", "state", "--drop", "w", "--group", "patient", "--epochs", 2]
    plain = call("train", "visits.csv", NETWORK, *settings, "--out", "plain")
    assert plain.code == 0, plain.err
    one, other = (Run.open(name).weights() for name in ("run", "plain"))
    assert any((one[name] != other[name]).any() for name in one)
    ended = call("compare", "run", "run")
    assert ended.code == 0, ended.err
    assert "the examples have weights (w); a comparison counts all the same" in ended.err


def test_the_columns_are_described_by_their_role(call, table):
    ended = call("data", "visits.csv", "--target", "state", "--weight", "w", "--group", "patient", "--json")
    columns = {one["name"]: one for one in valid(json.loads(ended.out))["columns"]}
    assert (columns["w"]["kind"], columns["patient"]["kind"]) == ("weight", "group")
    assert columns["w"]["features"] == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--mixup", "0.2"], "error: --mixup and --weight contradict each other"),
        (["--weight", "wait"], "error: visits.csv has no column wait"),
    ],
)
def test_what_contradicts_a_weight_is_refused(call, table, more, said):
    ended = train(call, *more)
    assert ended.code == 2
    assert ended.err.startswith(said)


def test_a_weighted_bagged_default_calibrates_and_keeps_groups_apart(call, table):
    ended = call("train", "visits.csv", "--target", "state", "--weight", "w", "--group", "patient", "--epochs", 1,
                 "--out", "bagged")  # fmt: skip
    assert ended.code == 0, ended.err
    run = Run.open("bagged")
    assert run.settings["bagging"]
    assert run.evaluate(part="validation", interval=80).coverage[0].share > 0.5
