"""The score of a run when its pictures change."""

from __future__ import annotations

import numpy as np
import pytest

import wxb
from wxb import views
from wxb.errors import WxbError
from wxb.runs.evaluate import evaluate_rows
from wxb.views.changes import CHANGES, Scene, changed
from wxb.views.gallery import robustness as module


@pytest.mark.parametrize("name", ["conv", "designed", "groups"])
def test_without_a_change_the_score_is_that_of_the_run_s_evaluation(name, trained):
    run, data = trained[name]
    view = views.robustness(run, data)
    _, _, evaluation = evaluate_rows(run, data, view["rows"])
    assert np.array_equal(view["rows"], run.split.test)
    assert (view["scores"][:, 0] == evaluation.score).all()
    assert (view["intervals"][:, 0] == evaluation.interval).all()


def test_a_score_is_that_of_the_changed_pictures(trained):
    run, data = trained["conv"]
    view = views.robustness(run, data)
    rows = run.split.test
    scene = Scene.of(data.examples, run.split.train)
    for place, (name, change) in enumerate(CHANGES.items()):
        under = changed(data.examples[rows], rows, name, change.strengths[1], scene)
        right = run.predict(under).values == data.targets[rows]
        assert view["scores"][place, 2] == pytest.approx(right.mean(), abs=2.5 / len(rows))
        assert view["strengths"][place, 2] == change.number(change.strengths[1])
    low, high = np.moveaxis(view["intervals"], 2, 0)
    assert ((low <= view["scores"]) & (view["scores"] <= high)).all()


def test_the_pictures_are_those_of_the_first_example(trained):
    run, data = trained["branches"]
    view = views.robustness(run, data, part="train")
    row = run.split.train[:1]
    assert (view["pictures"][:, 0] == data.examples[row]).all()
    assert view["pictures"].shape == (len(CHANGES), 5, *data.shape)
    assert (view["pictures"][:, -1] != data.examples[row]).any((1, 2, 3)).all()
    assert view["rows"].tolist() == run.split.train.tolist()
    assert view.facts["part"] == "train"


def test_who_learned_from_shifted_pictures_is_hurt_less_by_shifts():
    data = wxb.load_data("digits")
    falls = []
    for augment in ("none", "shift-2"):
        run = wxb.train(data, "FC-64-RELU, SOFTMAX", epochs=15, augment=augment, seed=1)
        scores = views.robustness(run, data)["scores"][list(CHANGES).index("shift")]
        falls.append(scores[0] - scores[1:].mean())
    assert falls[1] < falls[0] - 0.1


@pytest.mark.parametrize("task", ["multilabel", "regression"])
def test_labels_and_numbers_of_pictures_have_their_own_measure(task, tmp_path):
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (160, 1, 6, 6)).astype(np.uint8)
    light = pictures.reshape(160, 4, 9).mean(2)
    targets = (light > 127).astype(np.int64)[:, :2] if task == "multilabel" else light[:, :2].astype(np.float32)
    data = wxb.load_data(pictures, targets, task=task)
    run = wxb.train(data, epochs=3, out=tmp_path / "run")
    view = views.robustness(run, data)
    assert view.arrays["scores"].unit == wxb.tasks.TASKS[task].measure.name
    _, _, evaluation = evaluate_rows(run, data, view["rows"])
    assert view["scores"][0, 0] == evaluation.score
    view["scores"][3, 4] = -2  # R² has no lowest value
    assert "Scores below -1 are outside of the figure." in view.svg()


def test_members_that_learned_from_an_example_are_not_asked_about_it(tmp_path):
    data = wxb.load_data("digits")
    run = wxb.train(data, "TEAM-3x2(FC-8-RELU), SOFTMAX", bagging=True, epochs=3, out=tmp_path / "run")
    view = views.robustness(run, data, part="validation")
    assert view["scores"][0, 0] == run.evaluate(data, part="validation").score


def test_the_table_and_the_sentence_have_the_numbers_of_the_arrays(trained):
    run, data = trained["linear"]
    view = views.robustness(run, data)
    head, *rows = view.table
    assert head[0] == "change"
    assert [row[0] for row in rows] == list(CHANGES)
    assert rows[0][1] == "5, 10, 20, 30 % of the side"
    assert rows[3][2:] == tuple(wxb.text.percent(score) for score in view["scores"][3])
    worst = list(CHANGES)[view["scores"][:, -1].argmin()]
    assert view.notes[0].startswith(f"{worst.capitalize()} hurts most, with {min(view['scores'][:, -1]):.1%}"[:-1])


def test_a_network_that_no_change_hurts_is_told_so():
    scores = np.full((len(CHANGES), 5), 0.5)
    measure = wxb.tasks.TASKS["classification"].measure
    said = module.worst(scores, np.stack([scores, scores], 2), measure)
    assert said == "No change hurts: at its greatest strength each leaves 50.0 % or more."


@pytest.mark.parametrize(("best", "said"), [(0.49, "hurts least"), (0.5, "does not hurt"), (0.6, "does not hurt")])
def test_the_change_that_hurts_least_is_said_to_hurt_only_if_the_score_falls(best, said):
    scores = np.full((len(CHANGES), 5), 0.5)
    scores[:, -1], scores[2, -1] = 0.3, best
    measure = wxb.tasks.TASKS["classification"].measure
    note = module.worst(scores, np.stack([scores, scores], 2), measure)
    assert f"; {list(CHANGES)[2]} {said}, with {best:.1%}"[:-1] in note


def test_of_many_examples_some_are_looked_at_and_of_a_large_network_fewer(trained, monkeypatch):
    large = wxb.build("resnet18", input_shape=(3, 224, 224), outputs=1000)
    assert module.affordable(large) == module.LEAST
    run, data = trained["linear"]
    monkeypatch.setattr(module, "EXAMPLES", 50)
    view = views.robustness(run, data)
    assert len(view["rows"]) == view.facts["examples"] == 50
    assert view.facts["of"] == len(run.split.test)
    assert f"of 50 test examples, spread over {len(run.split.test)}" in view.title
    assert np.ptp(view["rows"]) == np.ptp(run.split.test)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("table", "robustness is for pictures, and this network takes rows of numbers"),
        ("texts", "robustness is for pictures, and this network takes sentences of words"),
        ("tags", "robustness is for pictures, and this network takes sentences of words"),
        ("self", "robustness shows what a network says, and this one gives its input again"),
    ],
)
def test_other_data_and_networks_are_refused_with_views_that_apply(name, why, trained):
    with pytest.raises(WxbError) as refused:
        views.robustness(trained[name][0])
    assert refused.value.what == why
    assert "one of graph" in refused.value.fix


@pytest.mark.parametrize("view", [views.robustness, views.confusion, views.maps])
def test_a_network_without_a_run_says_which_examples_it_takes(view):
    model = wxb.build("CONV-4-RELU, SOFTMAX", input_shape=(1, 9, 9), outputs=10)
    with pytest.raises(WxbError, match="expected 1x9x9, found 1x8x8"):
        view(model, wxb.load_data("digits"))
