"""Bagging: each group of a TEAM learns without one fold of the examples, and is validated on it."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import wxb
from wxb.data import load_data
from wxb.data.folds import dealt
from wxb.errors import WxbError
from wxb.learning.bagging import folds_of
from wxb.learning.inference import logits, out_of_fold
from wxb.learning.loop import learn
from wxb.learning.machine import choose
from wxb.learning.objective import Objective
from wxb.learning.recipe import Recipe
from wxb.network.build import build
from wxb.progress import line
from wxb.runs.seen import trained_on
from wxb.trials import Trial

TEXT = "TEAM-3x2(FC-8-RELU), SOFTMAX"
CPU = choose("cpu", "float32", 1)


def rows(count: int = 240, seed: int = 0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 4)).astype(np.float32)
    return load_data(x, (x[:, 0] + rng.normal(size=count) > 0).astype(np.int64))


@given(st.integers(2, 6), st.integers(0, 5), st.data())
def test_folds_share_every_class_evenly_and_keep_copies_together(count, seed, drawn):
    strata = np.array(drawn.draw(st.lists(st.integers(0, 2), min_size=count, max_size=60)))
    groups = np.arange(len(strata))
    fold = dealt(strata, groups, count, seed)
    for stratum in np.unique(strata):
        sizes = np.bincount(fold[strata == stratum], minlength=count)
        assert sizes.max() - sizes.min() <= 1
    halves = np.arange(len(strata)) // 2
    of_copies = dealt(strata, halves, count, seed)
    assert all(len(np.unique(of_copies[halves == half])) == 1 for half in np.unique(halves))


def test_a_group_learns_nothing_from_its_own_fold():
    data = rows()
    recipe = Recipe(bagging=True, epochs=2, batch_size=16, optimizer="adamw", weight_decay=0.0)
    plain, changed = build(TEXT, data), build(TEXT, data)
    list(learn(plain, data, recipe))
    fold = folds_of(data, plain.plan, recipe.seed)
    targets = data.targets.copy()
    mine = data.split.learned[fold == 1]
    targets[mine] = 1 - targets[mine]
    # the folds follow the classes, so both trainings are given the folds of the first
    other = dataclasses.replace(data, targets=targets)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wxb.learning.loop.folds_of", lambda *_: fold)
        list(learn(changed, other, recipe))
    for group, same in ((1, False), (2, True), (3, False)):
        one, two = (model.get_submodule(f"1.TEAM.{group}").state_dict() for model in (plain, changed))
        assert all(torch.equal(one[name], two[name]) for name in one) == same


def test_the_validation_of_a_record_is_that_of_all_rows_out_of_fold():
    data = rows()
    trial = Trial(data, TEXT, bagging=True, epochs=3, batch_size=16).train()
    learned, fold = data.split.learned, folds_of(data, trial.plan, 0)
    assert len(learned) == len(data.split.train) + len(data.split.validation)
    expected = torch.empty(len(learned), 2)
    for place, (row, group) in enumerate(zip(learned, fold, strict=True)):
        expected[place] = logits(trial.model, data.examples, CPU, rows=np.array([row]), group=int(group))[0]
    torch.testing.assert_close(out_of_fold(trial.model, data.examples, CPU, learned, fold), expected)
    loss = torch.nn.functional.cross_entropy(expected, torch.from_numpy(data.targets[learned]))
    assert trial.record.validation.examples == len(learned)
    assert trial.record.validation.loss == pytest.approx(float(loss), rel=1e-5)


def test_the_validation_part_is_scored_out_of_fold_by_trial_and_run(tmp_path):
    data = rows()
    trial = Trial(data, TEXT, bagging=True, epochs=3, batch_size=16).train()
    learned, fold = data.split.learned, folds_of(data, trial.plan, 0)
    among = np.isin(learned, data.split.validation)
    scores = out_of_fold(trial.model, data.examples, CPU, learned[among], fold[among])
    right = (scores.argmax(1).numpy() == data.targets[learned[among]]).mean()
    assert trial.score("validation").accuracy == right
    run = wxb.train(data, TEXT, bagging=True, epochs=3, batch_size=16, out=tmp_path / "run")
    assert run.evaluate(data, part="validation").summary() == trial.score("validation").summary()


def test_the_loss_is_the_mean_over_the_members_that_learn_from_an_example():
    data = rows(12)
    model = build(TEXT, data)
    fold = np.array([0, 1, 2, 0])
    objective = Objective(model, Recipe(bagging=True), data.targets[:4], fold)
    members = torch.randn(4, 6, 2, generator=torch.Generator().manual_seed(0))
    places, goals = torch.arange(4), torch.from_numpy(data.targets[:4])
    found = objective.data_loss(members, places, goals, objective.size(places, goals))
    losses = [
        float(torch.nn.functional.cross_entropy(members[row, member][None], goals[row : row + 1]))
        for row in range(4)
        for member in range(6)
        if member // 2 != fold[row]
    ]
    assert float(found) == pytest.approx(np.mean(losses), rel=1e-5)


def test_a_stopped_training_ends_with_the_same_bits():
    data, options = (
        rows(),
        {"epochs": 4, "bagging": True, "batch_size": 16, "keep": "best", "calibration": "temperature"},
    )
    whole = Trial(data, TEXT, **options).train()
    for record in Trial(data, TEXT, **options):
        if record.step == 20:
            state = record.state()
            break
    rest = Trial(data, TEXT, state=state, **options).train()
    for mine, theirs in zip(whole.model.parameters(), rest.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("FC-8-RELU, SOFTMAX", {}, "needs a TEAM of several groups"),
        ("TEAM-4(FC-8-RELU), SOFTMAX", {}, "needs a TEAM of several groups"),
        (
            "TEAM-300x1(FC-2-RELU), SOFTMAX",
            {},
            "300 groups of the TEAM; there are 180 different examples",
        ),
        (TEXT, {"mixup": 0.2}, "contradict each other"),
    ],
)
def test_what_does_not_fit_is_refused(text, options, message):
    with pytest.raises(WxbError, match=message):
        Trial(rows(), text, bagging=True, **options)


def test_the_report_says_how_it_was_validated_and_counts_what_was_learned_from(tmp_path):
    data = rows()
    run = wxb.train(data, TEXT, bagging=True, epochs=3, batch_size=16, keep="best", out=tmp_path / "run")
    text = (run.path / "report.md").read_text()
    assert "The 180 examples of train and validation were dealt into folds" in text
    assert "parameters learn from 180 training examples" in text


def test_what_may_end_early_is_said_to_take_at_most_so_long():
    data = rows()
    shown = [line(next(iter(Trial(data, TEXT, epochs=9, early_stopping=stops)))) for stops in (0, 3)]
    assert "at most" not in shown[0]
    assert shown[0].endswith("left")
    assert re.search(r"at most \S+ m?s left$", shown[1])


def test_rows_of_the_validation_part_count_as_learned_from(tmp_path):
    rng = np.random.default_rng(0)
    lines = [
        f"{a:.6f},{b:.6f},{'xy'[c]}"
        for a, b, c in zip(*rng.normal(size=(2, 120)), rng.integers(0, 2, 120), strict=True)
    ]
    (tmp_path / "all.csv").write_text("a,b,kind\n" + "\n".join(lines) + "\n")
    run = wxb.train(load_data(tmp_path / "all.csv", target="kind"), epochs=2, out=tmp_path / "run")
    assert run.settings["bagging"]
    validation = run.split.validation
    (tmp_path / "some.csv").write_text("a,b,kind\n" + "\n".join(lines[row] for row in validation) + "\n")
    again = load_data(tmp_path / "all.csv", target="kind", test=str(tmp_path / "some.csv"))
    assert Trial(again, epochs=1).checks.copies_in_test == len(validation)
    (remark,) = trained_on(run, wxb.load_data(tmp_path / "some.csv", like=run.data.table))
    assert remark.startswith(f"{len(validation)} of {len(validation)} rows are in the training and validation part")
    shown = wxb.views.confusion(run, part="validation")
    assert int(shown["counts"].trace()) == round(run.evaluate(part="validation").accuracy * len(validation))


def test_what_is_chosen_gives_way_to_what_is_asked_for(tmp_path):
    rng = np.random.default_rng(0)
    table = "a,kind\n" + "\n".join(f"{value:.6f},{'xy'[int(value > 0)]}" for value in rng.normal(size=80)) + "\n"
    (tmp_path / "t.csv").write_text(table)
    data = load_data(tmp_path / "t.csv", target="kind")
    assert Trial(data).recipe.bagging
    assert not Trial(data, mixup=0.2).recipe.bagging
    final = load_data(tmp_path / "t.csv", target="kind", split=(0.8, 0.0, 0.2))
    assert Trial(final).recipe.calibration == "temperature"
    assert Trial(final, bagging=False).recipe.calibration == "none"
