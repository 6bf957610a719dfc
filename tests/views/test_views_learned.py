"""Where a network fails, and how it learned."""

from __future__ import annotations

import numpy as np
import pytest
import torch
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


def test_errors_of_a_class_stand_against_its_size(trained):
    run, data = trained["conv"]
    view = views.confusion(run, data)
    rows = run.split.test
    wrong = run.predict(data.examples[rows]).values != data.targets[rows]
    for place in range(len(data.classes)):
        assert view["class errors"][place] == pytest.approx(wrong[data.targets[rows] == place].mean())
        assert view["class sizes"][place] == (data.targets[run.split.train] == place).sum()


def test_a_cell_lists_its_examples(trained):
    run, data = trained["linear"]
    counts = views.confusion(run, data)["counts"]
    given, said = np.unravel_index((counts - 1000 * np.eye(10)).argmax(), counts.shape)
    view = views.confusion(run, data, cell=f"{given},{said}")
    rows = run.split.test
    predicted = run.predict(data.examples[rows])
    expected = rows[(data.targets[rows] == given) & (predicted.values == said)]
    assert len(expected) == counts[given, said] > 0
    assert sorted(view["rows"].tolist()) == expected.tolist()
    assert (np.diff(view["confidence"]) <= 0).all()
    assert np.array_equal(view["pictures"], data.examples[view["rows"]][:50])
    right = views.confusion(run, data, cell=f"{given},{given}")
    assert len(right["rows"]) == counts[given, given]
    assert f"that run predicts as {said}" in view.title


def test_a_cell_of_a_table_lists_its_rows(trained):
    run, data = trained["table"]
    counts = views.confusion(run, data)["counts"]
    given, said = np.unravel_index(counts.argmax(), counts.shape)
    view = views.confusion(run, data, cell=f"{data.classes[given]},{data.classes[said]}")
    assert view.arrays["columns"].axes[1].ticks == ("row", "size", "colour", "day")
    assert view["columns"][:, 0].tolist() == [str(row) for row in view["rows"][:50]]
    row = data.columns.words(data.examples[view["rows"][0]])
    assert view["columns"][0, 1:].tolist() == list(row.values())
    assert f"colour {row['colour']}" in view.svg()


def test_classes_of_a_cell_may_hold_commas():
    from wxb.views.gallery.confusion import cell_of

    names = ("a", "a,b", "b", "c d")
    assert cell_of("a,b,b", names) == (1, 2)
    assert cell_of("a, c d", names) == (0, 3)
    assert cell_of("0,2", names) == (0, 2)
    for given, said in (("b,e", "e is not an output"), ("b", "expected a class given and a class predicted")):
        with pytest.raises(WxbError, match=said):
            cell_of(given, names)


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


def test_the_temperature_undoes_scores_that_are_too_large():
    from scipy.special import softmax

    from wxb.learning.calibration import temperature
    from wxb.network.heads import HEADS

    def fitted(scores):
        return temperature(HEADS["SOFTMAX"], torch.from_numpy(scores), torch.from_numpy(targets), caution=0.0)

    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20_000, 4)) * 2
    targets = np.array([rng.choice(4, p=chances) for chances in softmax(scores, axis=1)])
    assert fitted(scores) == pytest.approx(1, abs=0.05)
    assert fitted(3 * scores) == pytest.approx(3, abs=0.15)


def test_calibration_is_that_of_the_evaluation(trained):
    run, data = trained["conv"]
    view = views.calibration(run, data)
    evaluated = run.evaluate(data, part="test")
    assert view["errors"][0] == pytest.approx(evaluated.calibration_error, abs=1e-6)
    rows = run.split.test
    assert view["examples"].sum(1).tolist() == [len(rows)] * 2


def test_calibration_needs_probabilities_and_other_examples_than_those_it_is_fitted_on(trained):
    run, data = trained["fc"]
    with pytest.raises(WxbError, match=r"^calibration is for probabilities of classes, and SVM has none"):
        views.calibration(run, data)
    run, data = trained["conv"]
    with pytest.raises(WxbError, match=r"^the temperature is fitted on the validation part"):
        views.calibration(run, data, part="validation")


def test_without_a_validation_part_nothing_is_scaled(tmp_path):
    data = wxb.load_data("digits", split=(0.8, 0, 0.2))
    run = wxb.train(data, "SOFTMAX", epochs=1, out=tmp_path / "run")
    for part in (None, "test"):
        view = views.calibration(run, data, part=part)
        assert view.arrays["errors"].axes[0].ticks == ("as trained",)
        assert "temperature" not in view.facts
        assert view.notes == ("digits has no validation part to fit a temperature on, so nothing is scaled.",)
        assert view["errors"][0] == pytest.approx(run.evaluate(data, part="test").calibration_error, abs=1e-6)
