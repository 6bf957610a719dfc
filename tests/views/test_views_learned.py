"""Where a network fails, and how it learned."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

import wxb
from wxb import views
from wxb.errors import WxbError


def test_counts_and_mistakes_are_those_of_the_predictions(trained):
    run, data = trained["linear"]
    view = views.confusion(run, data)
    rows = run.split.test
    predicted = run.predict(data.examples[rows])
    given = data.targets[rows]
    for (one, other), number in np.ndenumerate(view["counts"]):
        assert number == ((given == one) & (predicted.values == other)).sum()
    assert view["counts"].sum() == len(rows)
    wrong = np.flatnonzero(given != predicted.values)
    assert sorted(view["rows"].tolist()) == sorted(rows[wrong].tolist())
    assert (np.diff(view["confidence"]) <= 0).all()
    assert np.array_equal(view["pictures"], data.examples[view["rows"][:10]])
    first = int(np.flatnonzero(rows == view["rows"][0])[0])
    assert view["confidence"][0] == pytest.approx(predicted.probabilities[first].max())
    assert view.title.startswith(f"What run confuses: {np.mean(given == predicted.values):.1%}"[:-1])


def test_confusion_is_that_of_the_evaluation(trained):
    run, data = trained["table"]
    evaluated = run.evaluate(data, part="test")
    assert views.confusion(run, data)["counts"].tolist() == [list(row) for row in evaluated.confusion]


@pytest.mark.parametrize(("name", "kind"), [("numbers", "numbers"), ("labels", "several yes/no labels")])
def test_numbers_and_labels_have_no_confusion(name, kind, trained):
    run, data = trained[name]
    with pytest.raises(WxbError, match=f"^confusion is for classes, and this network learned {kind}"):
        views.confusion(run, data)


def test_confusion_needs_targets(trained):
    run, data = trained["linear"]
    with pytest.raises(WxbError, match=r"^confusion needs examples with targets, a data set"):
        views.confusion(run.model(), data.examples[:3])
    with pytest.raises(WxbError, match=r"^confusion needs a network of wxb"):
        views.confusion(nn.Linear(2, 2))


def test_curves_are_the_history(trained):
    run, _ = trained["conv"]
    view = views.curves(run)
    assert view["train loss"].tolist() == [[line.train_loss for line in run.history]]
    assert view["validation loss"].tolist() == [[line.validation["loss"] for line in run.history]]
    assert view["validation accuracy"].tolist() == [[line.validation["accuracy"] for line in run.history]]
    assert views.curves(str(run.path))["seconds"].tolist() == view["seconds"].tolist()


def test_runs_of_other_lengths_are_drawn_over_each_other(trained, tmp_path):
    run, data = trained["plane"]
    longer = wxb.train(data, "FC-4-RELU, SOFTMAX", epochs=3, out=tmp_path / "longer")
    view = views.curves(run, against=str(longer.path))
    assert view["train loss"].shape == (2, 3)
    assert np.isnan(view["train loss"][0]).tolist() == [False, True, True]
    assert view.arrays["train loss"].axes[0].ticks == ("run", "longer")
    assert "longer" in view.svg()


def test_curves_of_what_is_no_run_or_of_another_kind_are_refused(trained):
    run, _ = trained["plane"]
    other, _ = trained["line"]
    with pytest.raises(WxbError, match="learned regression"):
        views.curves(run, against=str(other.path))
    with pytest.raises(WxbError, match=r"^curves needs a run: a module alone has no history"):
        views.curves(nn.Linear(2, 2))
