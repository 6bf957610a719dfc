"""`wxb doctor` as a command: one fault of the data, the network and the training, proved; a healthy one left alone."""

from __future__ import annotations

import json
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tests.cli.conftest import call, process, valid  # noqa: F401 (fixtures)
from wxb.doctor.facts import facts_of
from wxb.doctor.fault import DataChange
from wxb.doctor.finding import Finding, Proof
from wxb.doctor.words import finding_lines
from wxb.settings import DATA, RECIPE
from wxb.tasks import TASKS

RING = ("ring", "FC-16-RELU, SOFTMAX", "--examples", "1500", "--epochs", "10")
HEALTHY, HIGH = ("--learning-rate", "0.01"), ("--learning-rate", "30")


@pytest.fixture
def table(tmp_path):
    """A table whose one telling column is small and whose other one is large."""
    draw = np.random.default_rng(0)
    small, large = draw.normal(0, 0.01, 1500), draw.normal(5000, 3000, 1500)
    rows = "".join(f"{a:.5f},{b:.0f},{'yes' if a > 0 else 'no'}\n" for a, b in zip(small, large, strict=True))
    (tmp_path / "table.csv").write_text("a,b,y\n" + rows)
    return "table.csv", "FC-16-RELU, SOFTMAX", "--target", "y", "--pieces", "0", "--epochs", "10"


def test_a_rate_that_is_too_high_is_proved_by_pairs(process):  # noqa: F811
    ended = process("doctor", *RING, *HIGH)
    assert ended.code == 3
    assert "sick: learning rate too high (T1)" in ended.out
    assert "wxb train ring 'FC-16-RELU, SOFTMAX' --examples 1500 --epochs 10 --learning-rate 0.0" in ended.out


def test_inputs_that_are_not_scaled_are_proved_by_pairs(process, table):  # noqa: F811
    ended = process("doctor", *table, "--normalize", "none", "--json")
    assert ended.code == 3
    answer = valid(ended.json)
    (finding,) = answer["findings"]
    assert (finding["code"], finding["remedy"], answer["healthy"]) == ("D4", {"normalize": "std"}, False)
    proof = finding["proof"]
    assert 0 < proof["interval"][0] < proof["after"] - proof["before"] < proof["interval"][1]
    assert proof["command"].startswith("wxb train table.csv ")
    assert "--normalize std" in proof["command"]


def test_layers_without_a_nonlinearity_are_proved_by_pairs(call):  # noqa: F811
    ended = call("doctor", "ring", "FC-16-FC-16-FC-2, SOFTMAX", *RING[2:], *HEALTHY, "--json")
    assert ended.code == 3
    (finding,) = valid(ended.json)["findings"]
    assert finding["code"] == "N2"
    assert finding["remedy"] == {"network": "(FC-16-RELU)*2-FC-2, SOFTMAX"}


def test_a_healthy_training_gets_one_word(call):  # noqa: F811
    ended = call("doctor", "ring", "FC-32-RELU-FC-32-RELU, SOFTMAX", "--examples", 1200, "--epochs", 20, *HEALTHY)
    assert (ended.code, ended.out, ended.err) == (0, "doctor    healthy\n", "")


def test_a_network_that_is_too_small_and_trained_too_briefly_is_suspected_of_both(call):  # noqa: F811
    ended = call("doctor", "ring", "FC-8-TANH-FC-8-TANH, SOFTMAX", "--examples", 600, "--epochs", 8, "--json")
    assert ended.code == 3
    answer = valid(ended.json)
    assert not answer["healthy"]
    assert [one["code"] for one in answer["findings"]] == ["T14", "N9"]


def test_where_nothing_is_proved_a_handful_of_examples_is_learned_alone(call):  # noqa: F811
    deep = ("doctor", "ring", "(FC-16-SIGMOID)*8, SOFTMAX", "--examples", 600, "--epochs", 10, "--weight-decay", 50)
    ended = call(*deep, "--budget", "9x")
    assert "handful" in ended.out
    assert "not by heart; look at the network" in " ".join(ended.out.split())
    assert valid(call(*deep, "--budget", "9x", "--json").json)["handful"] < 0.9
    well = call("doctor", "ring", "FC-64-RELU, SOFTMAX", "--examples", 600, "--epochs", 1, "--json")
    assert valid(well.json)["handful"] is None or valid(well.json)["handful"] > 0.9


def test_a_training_without_a_symptom_that_is_far_behind_is_not_called_healthy(call, monkeypatch):  # noqa: F811
    monkeypatch.setattr("wxb.doctor.diagnose.FAULTS", {})
    words = ("doctor", *RING[:4], "--epochs", 1)
    ended = call(*words)
    assert ended.code == 3
    assert ended.out.startswith("doctor    no cause found: ")
    assert "where nearest neighbour has 9" in ended.out
    answer = valid(call(*words, "--json").json)
    assert (answer["healthy"], answer["findings"]) == (False, [])


def test_a_run_is_examined_with_its_own_settings(call):  # noqa: F811
    assert call("train", *RING, *HIGH, "--out", "run", "-q").code == 0
    ended = call("doctor", "run", "--json")
    assert (ended.code, [one["code"] for one in ended.json["findings"]]) == (3, ["T1"])
    mistaken = call("doctor", "run", "--epochs", 3)
    assert mistaken.code == 2
    assert "--epochs is for DATA and NETWORK" in mistaken.err


def test_a_mistyped_run_is_not_taken_for_data(call):  # noqa: F811
    assert call("train", *RING[:2], "--examples", 200, "--epochs", 1, "--out", "runs/ring-1a2b", "-q").code == 0
    for word in ("runs/ring-1a2c", "ring-1a2c"):
        ended = call("doctor", word)
        assert (ended.code, ended.out) == (2, "")
        assert f"there is no run {word}; runs/ring-1a2b is one" in ended.err
    for word in ("runs/nope", "runs/ring"):
        assert f"there is no run {word}" in call("doctor", word).err
    assert "neither a data set nor a folder" in call("doctor", "elsewhere/ring").err


def test_what_twice_as_much_would_gain_is_said_on_request(call):  # noqa: F811
    words = ("doctor", *RING[:2], "--examples", 500, "--epochs", 8, *HEALTHY, "--doubling", "--budget", "1x")
    ended = call(*words)
    lines = {line.split()[0]: line for line in ended.out.splitlines()}
    assert {"examples", "epochs", "width"} < set(lines)
    assert "twice as much " in lines["examples"]
    found = valid(call(*words, "--json").json)["doubling"]
    assert [one["of"] for one in found] == ["examples", "epochs", "width"]
    for one in found:
        assert one["interval"][0] <= one["gain"] <= one["interval"][1]
        assert one["amounts"][2] == 4 * one["amounts"][0]
    assert found[1]["pays"]


def test_what_cannot_be_doubled_is_named(call):  # noqa: F811
    words = ("doctor", "ring", "FC-2-RELU, SOFTMAX", "--examples", 60, "--steps", 30, "--doubling", "--budget", "1x")
    lines = dict(line.split(maxsplit=1) for line in call(*words).out.splitlines() if not line.startswith(" "))
    assert "is not told: fewer than 32 training examples of a class" in lines["examples"]
    assert "is not told: the length is given in steps" in lines["epochs"]
    left_out = valid(call(*words, "--json").json)["left_out"]
    assert set(left_out) == {"examples", "epochs", "width"}
    assert left_out["epochs"] == "the length is given in steps, not in epochs"
    assert left_out["width"] == "the narrowest layer has fewer than 4 units"


def test_the_report_of_a_run_names_what_cannot_be_doubled_with_one_reason(call):  # noqa: F811
    assert call("train", "ring", "SOFTMAX", "--examples", 400, "--epochs", 2, "--out", "run", "-q").code == 0
    left_out = call("doctor", "run", "--doubling", "--budget", "1x", "--json").json["left_out"]
    assert left_out == {
        "epochs": "the training has fewer than 4 epochs",
        "width": "no width is written in the network",
    }
    report = " ".join(call("report", "run").out.split())
    for name, why in left_out.items():
        assert f"{name} what twice as much would gain is not told: {why}" in report


def test_a_second_fault_is_found_with_the_remedy_of_the_first(call):  # noqa: F811
    words = ("ring", "FC-3-RELU, SOFTMAX", "--examples", 4000, "--epochs", 20, "--learning-rate", 30)
    ended = call("doctor", *words, "--budget", "9x", "--json")
    first, second, *_ = valid(ended.json)["findings"]
    assert (first["code"], second["code"]) == ("T1", "N9")
    assert "--learning-rate 0.0" in second["proof"]["command"]
    assert second["proof"]["after"] > second["proof"]["before"] > 0.55


def test_the_same_command_says_the_same(call):  # noqa: F811
    said = [call("doctor", *RING[:4], *HIGH, "--epochs", 4, "--json").out for _ in range(2)]
    assert said[0] == said[1]
    json.loads(said[0])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "RUN, or DATA and NETWORK, are missing"),
        (("ring", "--budget", "0x"), "--budget 0x: expected a number of trainings from 1x to 1000x"),
        (("ring", "FC-16-RELUX"), "RELUX"),
        (("nowhere.csv",), "nowhere.csv"),
    ],
)
def test_mistakes_are_said(call, words, says):  # noqa: F811
    ended = call("doctor", *words)
    assert ended.code == 2
    assert says in ended.err


def test_it_takes_the_settings_of_train():
    from wxb.cli.doctor import command

    assert {one.name for one in command.params} >= {*RECIPE, *(name for name, one in DATA.items() if one.option)}


def test_fix_trains_with_the_remedy_and_says_so(call):  # noqa: F811
    ended = call("train", *RING, *HIGH, "--fix", "--out", "run", "--json")
    assert ended.code == 0, ended.err
    notes = " ".join(valid(ended.json)["warnings"]) + ended.err
    assert "mended before training: --learning-rate 0.0" in notes
    assert "(T1; learning rate 30" in notes
    settings = tomllib.loads(Path("run/settings.toml").read_text())
    assert settings["learning_rate"] < 1
    assert settings["examples"] == 1500
    assert "mended before training" in Path("run/report.md").read_text()


def test_fix_leaves_a_healthy_training_as_it_is(call):  # noqa: F811
    words = ("ring", "FC-8-RELU, SOFTMAX", "--examples", 200, "--epochs", 1)
    ended = call("train", *words, "--fix", "--out", "run")
    assert "nothing was mended" in ended.err
    assert call("train", *words, "--fix", "--time", "5s").code == 2
    assert call("train", *words, "--fix", "--seeds", 2).code == 2


def test_a_change_of_the_data_is_a_text_among_the_plain_values_of_a_finding():
    remedy = {"data": DataChange("move the labels by +1 row", lambda data: data), "epochs": 3}
    facts = facts_of(Finding("D3", "labels of other examples", "sick", {"moved": 1.0}, remedy))
    assert facts["remedy"] == {"data": "move the labels by +1 row", "epochs": 3}
    assert type(facts["remedy"]["data"]) is str


def test_examples_whose_labels_are_doubted_are_named(call):  # noqa: F811
    x, y = load_digits(return_X_y=True)
    wrong = y[:1000].copy()
    wrong[::3] = (wrong[::3] + 1 + np.arange(334) % 9) % 10
    names = ",".join(f"p{place}" for place in range(64))
    np.savetxt("digits.csv", np.c_[x[:1000], wrong], "%d", ",", header=f"{names},digit", comments="")
    words = ("digits.csv", "FC-64-RELU, SOFTMAX", "--target", "digit", "--types", "digit=category", "--pieces", 0)
    assert call("train", *words, "--epochs", 15, "--learning-rate", 0.006, "--out", "run", "-q").code == 0
    (finding,) = valid(call("doctor", "run", "--json").json)["findings"]
    assert finding["code"] == "D2"
    rows = [int(name.removeprefix("row ")) for name in finding["examples"]]
    assert f"the {len(rows)} training examples" in finding["remedy"]["data"]
    assert sum(row % 3 == 0 for row in rows) > 0.8 * len(rows) > 100
    shown = " ".join(call("report", "run").out.split())
    assert f"doubted {', '.join(finding['examples'][:10])} … and {len(rows) - 10} more, which the JSON names" in shown


def test_counts_are_whole_numbers_among_the_plain_values_of_a_finding():
    facts = facts_of(Finding("D2", "labels partly wrong", "weak", {"doubted_labels": 17.0, "share": 0.25}, {}))
    assert [(value, type(value)) for value in facts["evidence"].values()] == [(17, int), (0.25, float)]


def test_a_run_keeps_what_was_said_of_it_and_its_report_shows_it(call):  # noqa: F811
    trained = ("FC-8-RELU, SOFTMAX", "--examples", 400, "--epochs", 8, *HEALTHY)
    assert call("train", "ring", *trained, "--out", "runs/ring-5e6f", "-q").code == 0
    before = call("report", "runs/ring-5e6f").out
    assert "twice as much" not in before
    asked = call("doctor", "runs/ring-5e6f", "--doubling", "--json")
    kept = json.loads(Path("runs/ring-5e6f/doctor.json").read_text())
    assert kept == asked.json
    assert kept["doubling"]
    report = call("report", "runs/ring-5e6f").out
    assert report.count("twice as much") == len(kept["doubling"])
    assert "doctor    " in report
    assert call("verify", "runs/ring-5e6f").code == 0
    Path("runs/ring-5e6f/doctor.json").write_text("{")
    assert call("report", "runs/ring-5e6f").out == before


def test_a_network_of_its_inputs_is_examined_as_it_is_trained(call, tmp_path):  # noqa: F811
    ended = call("doctor", "digits", "FC-64-RELU-FC-16, SELF", "--epochs", 8, "--json")
    assert ended.code == 0, ended.out
    assert set(valid(ended.json)["scores"]) >= {"network", "constant"}
    assert -0.05 < ended.json["scores"]["constant"] <= 0  # explained variance, no share of right classes
    rows = "\n".join(f"{i % 7},{i % 5},{i % 2}" for i in range(200))
    (tmp_path / "t.csv").write_text(f"a,b,c\n{rows}\n")
    assert call("doctor", "t.csv", "FC-8-RELU-FC-2, SELF", "--epochs", 3).code in (0, 3)


def test_the_command_for_a_run_on_devices_names_what_differs_only(call):  # noqa: F811
    words = ("ring", "FC-16-RELU, SOFTMAX", "--examples", 1500, "--epochs", 4, "--learning-rate", 30, "--devices", 2)
    assert call("train", *words, "--out", "run", "-q").code == 0
    (first, *_) = call("doctor", "run", "--json").json["findings"]
    command = "wxb train ring 'FC-16-RELU-FC-C, SOFTMAX' --examples 1500 --epochs 4 --learning-rate 0.03 --devices 2"
    assert first["code"] == "T1"
    assert sorted(shlex.split(first["proof"]["command"])) == sorted(shlex.split(command))


def test_the_line_after_changed_data_says_that_they_come_first():
    proof = Proof(0.5, 0.9, (0.3, 0.5), 3, "wxb train t.csv", 1.0)
    finding = Finding("D3", "labels", "sick", {"rows_moved": 1}, {"data": "move the labels"}, proof, 1)
    shown = dict(finding_lines(finding, TASKS["classification"].measure))
    assert shown["train"] == "once the data are changed: wxb train t.csv"
