"""What the main objects show of themselves: one short, true line."""

from __future__ import annotations

import numpy as np
import pytest

import wxb


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    data = wxb.load_data("ring", examples=200)
    return wxb.train(data, "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path_factory.mktemp("runs") / "ring")


def test_data_and_its_split_are_shown_by_their_sizes():
    data = wxb.load_data("ring", examples=200)
    parts = "train 128, validation 22, test 50 (stratified 0.64/0.11/0.25, seed 0)"
    assert repr(data) == f"Dataset(ring: 200 rows of 2 numbers in 2 classes; {parts})"
    assert repr(data.split) == f"Split({parts})"


def test_a_network_and_its_plan_are_shown_by_their_text():
    network = wxb.read("FC-4-RELU, SOFTMAX")
    assert repr(network) == "read('FC-4-RELU, SOFTMAX')"
    assert repr(wxb.plan(network, (2,), 2)) == "Plan(FC-4-RELU, SOFTMAX    22 parameters, 16 multiply-adds)"


def test_a_run_is_shown_by_its_folder_and_state(run):
    assert repr(run) == f"Run({str(run.path)!r}, finished)"


def test_predictions_are_shown_in_words_the_first_six_of_them(run):
    shown = repr(run.predict(np.zeros((8, 2), np.float32)))
    assert shown.startswith("ClassificationPrediction(")
    assert shown.endswith("; …)")
    assert shown.count("; ") == 6


def test_an_evaluation_is_shown_by_its_main_measure(run):
    evaluation = run.evaluate()
    assert f"{100 * evaluation.accuracy:.1f} %" in repr(evaluation)
    assert repr(evaluation).endswith("of 50)")


def test_a_trial_is_shown_by_its_network_its_data_and_how_far_it_is():
    trial = wxb.Trial(wxb.load_data("ring", examples=200), "FC-4-RELU, SOFTMAX", epochs=1)
    assert repr(trial) == "Trial(FC-4-RELU, SOFTMAX on ring, not begun)"
    trial.train()
    assert repr(trial) == f"Trial(FC-4-RELU, SOFTMAX on ring, step {trial.record.step} of {trial.record.steps})"
