"""Every check sees its symptom in what a faulty training showed, not in a healthy one, and its remedies fit."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import wxb
from wxb.data.itself import of_itself
from wxb.doctor.case import Case
from wxb.doctor.checks import FAULTS
from wxb.doctor.diagnose import suspect
from wxb.doctor.dynamics import Dynamics
from wxb.doctor.fault import DataChange
from wxb.doctor.handful import handful
from wxb.doctor.measures import Measures
from wxb.doctor.side import Outcome, SideRuns

HEALTHY = Dynamics(
    steps=1_000, losses=(2.3, 1.0, 0.2), gradients={"1.FC-64": 0.2, "3.FC-10": 0.3},
    updates={"1.FC-64": 0.003, "3.FC-10": 0.004}, norms={"1.weight": (8.0, 9.0)}, total=0.4, clipped=0.0, dead=0.1,
    saturated=0.1, frozen=(), alike=(), diverged=False,
)  # fmt: skip
REFERENCES = {"constant": 0.1, "nearest neighbour": 0.98, "linear": 0.95}
WELL, BADLY = 0.97, 0.6
NET = "FC-64-RELU, SOFTMAX"
DEEP = "(FC-32-TANH)*12, SOFTMAX"


@pytest.fixture(scope="module")
def digits():
    return wxb.load_data("digits")


@pytest.fixture(scope="module")
def rows(digits):
    """The digits as arrays of 64 numbers."""
    return digits.examples.reshape(len(digits.examples), -1).astype(np.float32), digits.targets


def outcome(score=WELL, train=None, dynamics=HEALTHY, count=200, **changes):
    """What a training showed: a share of the examples right, and its dynamics."""
    right = (np.arange(count) * 0.618034 % 1 < score).astype(float)
    made = Outcome(right, right, score if train is None else train, dynamics, (1.0, 0.1), (1.0, 0.2), (), 2.3, 2.3, 1.0)
    return replace(made, **changes)


def measures(data, network=NET, base=None, references=None, **options):
    case = Case(data, network, options, {}, "digits")
    made = outcome() if base is None else base
    half = len(case.held.split.validation)
    if len(made.first) != half:
        made = replace(
            made, first=np.resize(made.first, half), second=np.resize(made.second, len(case.held.split.test))
        )
    return Measures(case, SideRuns(case, 3.0), made, references or REFERENCES)


def shown(**changes):
    return replace(HEALTHY, **changes)


def sick(digits, rows):
    """By code, the measures of a training with that fault."""
    x, y = rows
    draw = np.random.default_rng(0)
    bad = outcome(BADLY)
    flat = {"constant": 0.1, "nearest neighbour": 0.1, "linear": 0.1}
    wrong = y.copy()
    wrong[::4] = (wrong[::4] + 3) % 10
    torn = draw.integers(0, 256, (300, 1, 1, 3)) + np.add.outer(np.arange(8), np.arange(8))[None, :, :, None] * 8
    torn = torn.clip(0, 255).astype(np.uint8).reshape(300, 3, 8, 8)  # channels last, called channels first
    copied = wxb.load_data(x, y)
    held = copied.split.validation
    inputs = copied.examples.copy()
    inputs[held[: len(held) // 2]] = inputs[copied.split.train[: len(held) // 2]]
    copied = replace(copied, examples=inputs, known=None)
    leak = measures(copied)
    seen = np.isin(leak.copies[np.concatenate([leak.case.held.split.validation, leak.case.held.split.test])],
                   leak.copies[leak.case.held.split.train])  # fmt: skip
    scores = np.where(seen, 1.0, (np.arange(len(seen)) % 10 < 6).astype(float))
    half = len(leak.base.first)
    leak.base = replace(leak.base, first=scores[:half], second=scores[half:])
    drift = wxb.load_data(x, y)
    shifted = drift.examples.copy()
    shifted[drift.split.validation] += 40
    drift = replace(drift, examples=shifted, known=None)
    sorted_split = wxb.load_data(x, y)
    order = np.argsort(y, kind="stable")
    parts = replace(sorted_split.split, train=np.sort(order[:1200]), validation=np.sort(order[1200:1500]))
    rare = wxb.load_data(x, np.where(y == 0, 1, 0).astype(np.int64))
    mostly = measures(rare, base=outcome(0.9), references={**REFERENCES, "constant": 0.9, "linear": 0.9})
    classes = rare.targets[mostly.case.held.split.validation], rare.targets[mostly.case.held.split.test]
    mostly.base = replace(mostly.base, first=(classes[0] == 0).astype(float), second=(classes[1] == 0).astype(float))
    flawed = replace(wxb.load_data(x, y), known=None)
    flawed.examples[flawed.split.train[:3], 5] = np.nan
    doubled = wxb.load_data(np.c_[x, x[:, 20:21] * 2], y)
    few = wxb.load_data(x[:300], y[:300])
    return {
        "D1": measures(wxb.load_data(x, draw.permutation(y)), base=outcome(0.1), references=flat),
        "D2": measures(wxb.load_data(x, wrong), base=outcome(0.8), references={**flat, "linear": 0.7}),
        "D3": measures(wxb.load_data(x, np.roll(y, 1)), base=outcome(0.1), references=flat),
        "D4": measures(wxb.load_data(x * 1_000, y), normalize="none"),
        "D5": measures(doubled, base=bad),
        "D6": leak,
        "D7": measures(wxb.load_data(np.c_[x, y].astype(np.float32), y), base=outcome(0.99)),
        "D8": mostly,
        "D9": measures(flawed),
        "D10": measures(drift, base=outcome(BADLY, train=0.99)),
        "D11": measures(wxb.load_data(torn, draw.integers(0, 2, 300))),
        "D12": measures(few, base=outcome(BADLY, train=1.0)),
        "D14": measures(replace(sorted_split, split=parts)),
        "N1": measures(digits, "FC-64-RELU-FC-C-SIGMOID, SOFTMAX"),
        "N2": measures(digits, "FC-16-FC-16-FC-C, SOFTMAX", references={**REFERENCES, "linear": 0.8}),
        "N3": measures(digits, "FC-64-SIGMOID, SOFTMAX", base=outcome(BADLY, dynamics=shown(saturated=0.9))),
        "N4": measures(digits, base=outcome(BADLY, dynamics=shown(dead=0.8))),
        "N5": measures(digits, "FC-64-RELU-FC-2-RELU-FC-64-RELU, SOFTMAX", base=bad),
        "N6": measures(digits, DEEP, base=outcome(BADLY, dynamics=shown(gradients={"a": 1e-6, "b": 1.0}))),
        "N8": measures(digits, "FC-64-RELU-DROP(0.9), SOFTMAX"),
        "N9": measures(digits, "FC-4-RELU, SOFTMAX", base=bad),
        "N10": measures(digits, base=outcome(BADLY, train=1.0, validation_losses=(1.0, 0.5, 0.6, 0.9))),
        "N11": measures(digits, "(CONV-8-RELU-POOL)*3-CONV-16-RELU-GAP, SOFTMAX"),
        "T1": measures(digits, base=outcome(BADLY, dynamics=shown(losses=(2.0, 9.0))), learning_rate=1.0),
        "T2": measures(digits, base=outcome(BADLY, dynamics=shown(updates={"a": 1e-6})), learning_rate=1e-6),
        "T4": measures(digits, shuffle=False),
        "T5": measures(digits, weight_decay=30.0),
        "T6": measures(digits, base=outcome(BADLY, train=1.0), weight_decay=0.0),
        "T7": measures(digits, batch_size=1),
        "T8": measures(digits, base=outcome(BADLY, dynamics=shown(steps=20)), batch_size=1_000),
        "T9": measures(digits, base=outcome(BADLY, dynamics=shown(alike=("1.weight",))), normalize="range"),
        "T10": measures(digits, base=outcome(BADLY, first_loss=40.0), normalize="none"),
        "T11": measures(digits, DEEP, base=outcome(BADLY, dynamics=shown(gradients={"a": 1e3, "b": 1.0}))),
        "T12": measures(digits, DEEP, base=outcome(BADLY, dynamics=shown(gradients={"a": 1e-6, "b": 1.0}))),
        "T13": measures(digits, optimizer="momentum", momentum=0.999),
        "T14": measures(digits, base=outcome(BADLY, dynamics=shown(steps=36)), epochs=1),
        "T15": measures(digits, warm_up=0.9),
        "T16": measures(digits, base=bad, pretrained="runs/before", freeze=True),
        "T19": measures(digits, base=outcome(BADLY, dynamics=shown(clipped=1.0)), clip=1e-3),
    }  # fmt: skip


@pytest.fixture(scope="module")
def faulty(digits, rows):
    return sick(digits, rows)


def test_every_fault_has_an_example(faulty):
    assert set(faulty) == set(FAULTS)


@pytest.mark.parametrize("code", FAULTS)
def test_the_symptom_is_seen_and_its_remedies_fit(faulty, code):
    found, fault = faulty[code], FAULTS[code]
    evidence = fault.symptom(found)
    assert evidence is not None
    assert all(isinstance(value, float) for value in evidence.values())
    remedies = fault.remedies(found)
    assert remedies
    for remedy in remedies:
        if fault.counted or not fault.mends:
            continue
        case = found.case.with_remedy(remedy)
        assert case.plan.parameters > 0
        assert case.command().startswith("wxb train ")
        changed = isinstance(remedy.get("data"), DataChange)
        assert changed or case.command() != found.case.command()
        assert len(case.held.split.validation) == len(found.case.held.split.validation)


@pytest.mark.parametrize("code", FAULTS)
def test_a_healthy_training_has_no_symptom(digits, rows, code):
    for data in (digits, wxb.load_data(*rows)):
        for network in (NET, "FC-64-RELU-DROP(0.3)-FC-32-RELU, SOFTMAX", "FC-32-SIGMOID, SOFTMAX", "SOFTMAX"):
            if code == "N9" and network == "SOFTMAX":
                continue
            assert FAULTS[code].symptom(measures(data, network, learning_rate=0.003)) is None


def test_labels_are_not_doubted_by_a_training_that_has_not_learned_its_examples(faulty):
    noisy = faulty["D2"]
    learned, symptom = noisy.references, FAULTS["D2"].symptom

    def seen(base, **options):
        return symptom(measures(noisy.case.data, base=base, references=learned, **options)) is not None

    assert seen(outcome(0.7))
    assert not seen(outcome(0.5, train=0.6))  # below what the linear model answers of others
    assert not seen(outcome(0.7, dynamics=shown(steps=36)), epochs=1)
    assert not seen(outcome(0.7, dynamics=shown(updates={"a": 1e-6})), learning_rate=1e-6)
    assert seen(outcome(0.7, train=0.9, dynamics=shown(steps=36)), epochs=1)


def test_inputs_far_from_those_of_training_are_seen_though_the_scores_are_near(rows):
    x, y = rows
    data = wxb.load_data(x, y)
    for deviations, seen in ((4, True), (1.5, False)):
        moved = data.examples.copy()
        moved[data.split.validation, 20] += deviations * moved[:, 20].std()
        found = measures(replace(data, examples=moved, known=None), base=outcome(0.9, train=0.99))
        assert (FAULTS["D10"].symptom(found) is not None) is seen


def test_a_head_that_fits_is_not_suspected_where_a_training_is_short(digits):
    short = outcome(BADLY, dynamics=shown(steps=36))
    found = suspect(measures(digits, "FC-64-RELU, SVM", base=short, epochs=1))
    assert found is not None
    assert found.code == "T14"
    bounded = suspect(measures(digits, "FC-64-RELU-FC-C-SIGMOID, SVM", base=short, epochs=1))
    assert bounded is not None
    assert (bounded.code, bounded.evidence["outputs_are_bounded"]) == ("N1", 1)


def test_a_constant_is_scored_like_a_network_that_gives_one():
    data = wxb.load_data("steps", examples=400)
    draw = np.random.default_rng(0)
    shuffled = replace(data, targets=draw.permutation(data.targets), known=None)
    found = Measures(*(lambda case: (case, SideRuns(case, 1.0)))(Case(shuffled, "FC-16-RELU, EUCLID", {"epochs": 8})))
    assert abs(found.references["constant"] - found.base.score) < 0.1
    assert FAULTS["D1"].symptom(found) is not None


def test_numbers_are_scored_like_their_baselines():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(800, 5)).astype(np.float32)
    y = (x.sum(axis=1) + 4 * draw.normal(size=800)).astype(np.float32)  # R² is about 0.24 at best
    case = Case(wxb.load_data(x, y), "FC-16-RELU, EUCLID", {"epochs": 3, "learning_rate": 1e-6})
    found = Measures(case, SideRuns(case, 1.0))
    assert abs(found.references["constant"]) < 0.05
    assert found.base.score < 0.05 < found.references["linear"]
    assert FAULTS["D1"].symptom(found) is None
    assert found.far_behind


def test_the_code_of_a_network_that_rebuilds_is_not_widened(rows):
    x, _ = rows
    found = measures(wxb.load_data(x, x), "FC-16-RELU-FC-2-FC-16-RELU, SELF", base=outcome(BADLY))
    (remedy,) = FAULTS["N9"].remedies(found)
    assert remedy["network"] == "FC-64-RELU-FC-2-FC-64-RELU-FC-C, SELF"
    assert FAULTS["N9"].remedies(measures(wxb.load_data(x, x), "FC-2, SELF", base=outcome(BADLY))) == []


@pytest.fixture
def leaking(tmp_path):
    """A table whose column 7 of 8 gives the target, which is column 2, away."""
    draw = np.random.default_rng(0)
    lines = ["town,y,day,size,left,colour,flag,more"]
    for place in range(400):
        one, size = int(draw.integers(2)), "" if place % 9 == 0 else f"{draw.normal():.3f}"
        day = f"2024-{draw.integers(1, 13):02d}-{draw.integers(1, 28):02d}"
        words = [draw.choice(["Bonn", "Paris", "Rome"]), ["no", "yes"][one], day, size, "x"]
        lines.append(",".join([*words, draw.choice(["red", "green"]), f"f{one}", f"{draw.normal():.3f}"]))
    (tmp_path / "leaking.csv").write_text("\n".join(lines))
    return tmp_path / "leaking.csv"


def test_the_column_that_gives_the_target_away_has_its_number_in_the_table(leaking):
    data = wxb.load_data(leaking, target="y", drop="left")
    found = measures(data, base=outcome(0.99))
    evidence = FAULTS["D7"].symptom(found)
    assert evidence is not None
    assert evidence["column"] == 7
    assert FAULTS["D7"].remedies(found) == [{"drop": "flag"}]


def test_the_column_that_differs_in_validation_has_its_number_in_the_table(leaking):
    data = wxb.load_data(leaking, target="y")
    examples = data.examples.copy()
    (place,) = (at for at, column in enumerate(data.columns.held) if column.name == "more")
    examples[data.split.validation, place] += 30
    found = measures(replace(data, examples=examples, known=None), base=outcome(BADLY, train=0.99))
    evidence = FAULTS["D10"].symptom(found)
    assert evidence is not None
    assert evidence["column"] == 8


def test_features_of_arrays_are_counted_from_0(faulty):
    assert FAULTS["D7"].symptom(faulty["D7"])["feature"] == 64


@pytest.mark.parametrize(("network", "told"), [("FC-2, SELF", False), ("FC-2-RELU, SOFTMAX", True)])
def test_a_code_is_not_asked_to_learn_a_handful_by_heart(digits, network, told):
    data = of_itself(digits) if network.endswith("SELF") else digits
    case = Case.of(data, network, {"epochs": 2})
    assert (handful(case, SideRuns(case, 999.0)) is not None) is told


def test_groups_explain_parts_of_other_classes(rows):
    x, y = rows
    grouped = wxb.load_data(x, y, group=y // 2)
    assert FAULTS["D14"].symptom(measures(replace(grouped, groups=None))) is not None
    assert FAULTS["D14"].symptom(measures(grouped)) is None


def test_every_code_has_a_section_in_the_documentation():
    page = (Path(__file__).resolve().parents[2] / "docs" / "doctor.md").read_text()
    titles = dict(re.findall(r"^### ([DNT]\d+): (.*)$", page, re.MULTILINE))
    assert {code: fault.cause for code, fault in FAULTS.items()}.items() <= titles.items()
    assert set(titles) - set(FAULTS) == {"D13", "N7", "T3", "T17", "T18"}
