"""`--test FILE`: a run keeps where its test part is, and finds it again."""

from __future__ import annotations

import json

import numpy as np
import pytest

import wxb

NETWORK = "FC-4-RELU, EUCLID"


@pytest.fixture
def trained(call, tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"{size:.1f},{3 * size:.0f}" for size in rng.uniform(30, 99, 240)]
    (tmp_path / "flats.csv").write_text("\n".join(["size,price", *lines[:200]]) + "\n")
    (tmp_path / "later.csv").write_text("\n".join(["size,price", *lines[200:]]) + "\n")
    about = ("--target", "price", "--test", "later.csv", "--epochs", 1, "--out", "run", "--json")
    ended = call("train", "flats.csv", NETWORK, *about)
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_a_run_is_tested_on_its_test_table_and_evaluated_on_it_again(call, trained):
    assert trained["test"]["examples"] == 40
    again = json.loads(call("evaluate", "run", "--json").out)
    assert again["test"] == trained["test"]
    as_other = json.loads(call("evaluate", "run", "later.csv", "--json").out)
    assert as_other["test"]["rmse"] == trained["test"]["rmse"]


def test_the_settings_of_a_run_with_a_test_table_make_the_same_run_again(call, trained, tmp_path):
    ended = call("train", "--config", "run/settings.toml", "--out", "again", "--json")
    assert json.loads(ended.out)["test"] == trained["test"]
    one, other = (wxb.Run.open(tmp_path / name).data for name in ("run", "again"))
    assert one.fingerprint == other.fingerprint
    assert one.source["test"] == other.source["test"] == str(tmp_path / "later.csv")


def test_a_test_table_that_is_gone_is_named(call, trained, tmp_path):
    (tmp_path / "later.csv").unlink()
    ended = call("evaluate", "run")
    assert (ended.code, ended.err.splitlines()[0]) == (
        2,
        f"error: the test part of run is no longer at {tmp_path / 'later.csv'}",
    )


def test_data_shows_both_parts(call, trained):
    shown = call("data", "flats.csv", "--target", "price", "--test", "later.csv").out
    assert "test 40 (" in shown


def test_the_settings_of_a_run_split_by_row_numbers_make_the_same_run_again(call, trained, tmp_path):
    data = wxb.load_data("flats.csv", target="price", split=(range(100), range(100, 150), range(150, 190)))
    run = wxb.train(data, NETWORK, epochs=1, out="own", progress=False)
    ended = call("train", "--config", "own/settings.toml", "--out", "again", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["test"] == run.evaluate().summary()
    again = wxb.Run.open(tmp_path / "again")
    np.testing.assert_array_equal(again.split.test, np.arange(150, 190))
    assert again.settings["split"] == "rows of one's own"
    assert call("evaluate", "again").code == 0
    (tmp_path / "copy.toml").write_text((tmp_path / "own" / "settings.toml").read_text())
    refused = call("train", "--config", "copy.toml")
    assert refused.code == 2
    assert (
        refused.err.splitlines()[0]
        == 'error: copy.toml: split = "rows of one\'s own": the folder of the run has the row numbers'
    )


def test_row_numbers_beside_a_test_table_are_found_again(call, trained, tmp_path):
    rows = (range(150), range(150, 200), [])
    data = wxb.load_data("flats.csv", target="price", test="later.csv", split=rows)
    run = wxb.train(data, NETWORK, epochs=1, out="own", progress=False)
    assert wxb.Run.open("own").load_data().fingerprint == data.fingerprint
    ended = call("train", "--config", "own/settings.toml", "--out", "again", "--json")
    assert json.loads(ended.out)["test"] == run.evaluate().summary()
