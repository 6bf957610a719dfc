"""Decisions by offsets: no offset on a fine grid does better, and the measures are those of scikit-learn."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from wxb.learning.evaluate import prediction
from wxb.network.heads import HEADS
from wxb.tasks.conformal import Limits
from wxb.tasks.decision import for_classes, for_labels

MEASURES = {
    "accuracy": sklearn.accuracy_score,
    "balanced": sklearn.balanced_accuracy_score,
    "f1": lambda given, said, **more: sklearn.f1_score(
        given, said, average="binary" if max(given) == 1 else "macro", zero_division=0, **more
    ),
}


def drawn(seed, rows=80, classes=2):
    """Scores of one digit, so that many are equal, and classes of which the first is the most frequent."""
    random = np.random.default_rng(seed)
    targets = np.minimum(random.geometric(0.6, rows) - 1, classes - 1)
    targets[:classes] = np.arange(classes)
    scores = random.normal(size=(rows, classes)) + 1.2 * np.eye(classes)[targets] + np.linspace(1, 0, classes)
    return scores.round(1), targets, random.exponential(size=rows)


@pytest.mark.parametrize("optimize", MEASURES)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), weighted=st.booleans())
def test_no_threshold_of_two_classes_is_better(optimize, seed, weighted):
    scores, targets, weights = drawn(seed)
    weights = weights if weighted else None
    offsets = for_classes(optimize, scores, targets, weights)
    assert offsets[0] == 0

    def value(offset):
        said = (scores + np.array([0, offset])).argmax(1)
        return MEASURES[optimize](targets, said, sample_weight=weights)

    best = max(value(offset) for offset in np.arange(-8, 8, 0.0437))
    assert value(offsets[1]) >= best - 1e-9


@pytest.mark.parametrize("optimize", MEASURES)
@pytest.mark.parametrize("seed", range(3))
def test_offsets_of_three_classes_are_as_good_as_those_of_a_grid(optimize, seed):
    scores, targets, _ = drawn(seed, 150, 3)
    measure = MEASURES[optimize]
    offsets = for_classes(optimize, scores, targets)
    found = measure(targets, (scores + offsets).argmax(1))
    grid = np.arange(-4, 4, 0.25)
    best = max(measure(targets, (scores + np.array([0, *one])).argmax(1)) for one in itertools.product(grid, grid))
    assert found >= measure(targets, scores.argmax(1))
    assert found >= best - 0.02


def test_what_cannot_be_bettered_stays():
    scores = np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    for optimize in MEASURES:
        assert for_classes(optimize, scores, np.array([0, 0, 1])).tolist() == [0, 0]


def test_each_label_has_a_threshold_of_its_own():
    random = np.random.default_rng(0)
    labels = (random.random((300, 3)) < [0.1, 0.5, 0.9]).astype(np.float32)
    scores = random.normal(size=(300, 3)) + labels - 1
    offsets = for_labels("f1", scores, labels)
    for i in range(3):
        before, after = (sklearn.f1_score(labels[:, i], scores[:, i] + one > 0) for one in (0, offsets[i]))
        assert after >= before
    assert offsets[2] > offsets[0]


def test_thresholds_change_answers_and_leave_prediction_sets():
    scores = torch.tensor([[0.676, 0.324], [0.9, 0.1]]).log()
    reach = Limits(90.0, np.array([0.2]))
    head, names = HEADS["SOFTMAX"], ("ham", "spam")
    plain = replace(prediction(scores, head, "classification", names), limits=reach)
    decided = replace(prediction(scores, head, "classification", names, decision=np.array([0.0, 1.0])), limits=reach)
    assert decided.classes == ("spam", "ham")
    assert decided.sets == plain.sets == (("ham",), ("ham",))
