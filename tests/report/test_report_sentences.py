"""What the report says of its numbers, and when it keeps quiet."""

from __future__ import annotations

import copy

import pytest

import wxb
from wxb.report.next_steps import next_steps
from wxb.report.sentences import (
    about_baselines,
    about_curves,
    about_generalization,
    about_size,
    about_weights,
    best_epoch,
    warnings,
)
from wxb.text import rounded


@pytest.fixture
def fine() -> dict:
    """Findings of a network that is well ahead of its baselines and does as well in test as in training."""
    return {
        "task": "classification",
        "measure": "accuracy",
        "test": {"examples": 449, "accuracy": 0.989, "interval": [0.975, 0.995], "calibration_error": 0.01},
        "train": {"examples": 1149, "accuracy": 0.995, "interval": [0.989, 0.998], "sample": False},
        "baselines": {
            "linear": {"score": 0.96, "interval": [0.94, 0.975]},
            "majority": {"score": 0.1, "interval": [0.08, 0.13]},
        },
        "size": {"parameters": 19562, "examples": 1149, "by_weights": [97810, 195620], "by_error": 1778364},
        "per_class": [{"name": "0", "recall": 1.0, "support": 44}, {"name": "1", "recall": 0.9, "support": 46}],
        "calibration": [],
        "settings": {"keep": "last"},
        "history": [],
    }


def changed(found: dict, **parts: dict) -> dict:
    result = copy.deepcopy(found)
    for name, part in parts.items():
        result[name] |= part
    return result


def test_nothing_is_warned_of_where_all_is_well(fine):
    assert warnings(fine) == []
    assert about_baselines(fine) == (
        "The network is 2.9 points ahead of linear, the best baseline (96.0 %), more than chance explains."
    )
    assert about_generalization(fine) == (
        "Accuracy is 99.5 % on the training examples and 98.9 % on the test examples: "
        "no further apart than chance explains."
    )


def test_a_test_that_is_better_than_training_beyond_both_intervals_is_not_called_chance(fine):
    found = changed(
        fine, train={"accuracy": 0.9, "interval": [0.88, 0.92]}, test={"accuracy": 0.97, "interval": [0.95, 0.99]}
    )
    found["baselines"] = {}
    assert about_generalization(found).endswith("7.0 points better on the test, more than chance explains.")


def test_no_better_than_a_baseline_is_said_in_words(fine):
    found = changed(fine, baselines={"nearest neighbour": {"score": 0.989, "interval": [0.975, 0.995]}})
    assert about_baselines(found) == "The network is no better than nearest neighbour, the best baseline (98.9 %)."
    assert warnings(found) == ["no better than nearest neighbour (98.9 % against 98.9 %)"]


def test_a_lead_within_the_interval_is_called_what_chance_may_make(fine):
    found = changed(fine, baselines={"nearest neighbour": {"score": 0.987, "interval": [0.975, 0.995]}})
    assert about_baselines(found).endswith(", which chance alone may explain.")
    assert warnings(found) == []


def test_overfitting_is_said_only_beyond_the_interval(fine):
    found = changed(fine, train={"accuracy": 1.0, "interval": [0.9967, 1.0]})
    assert about_generalization(found).endswith("it overfits. The gap of 1.1 points is larger than chance explains.")
    assert warnings(found) == ["it overfits: 100.0 % in training against 98.9 % in test"]


def test_underfitting_is_a_baseline_that_does_better_on_what_it_has_not_seen(fine):
    found = changed(
        fine,
        train={"accuracy": 0.5, "interval": [0.47, 0.53]},
        test={"accuracy": 0.51, "interval": [0.46, 0.56]},
    )
    assert "it underfits, since linear answers even the unseen test examples better" in about_generalization(found)
    assert "it underfits: linear answers the test better than the network its own training examples" in warnings(found)


def test_few_examples_are_said(fine):
    found = changed(fine, test={"examples": 30, "interval": [0.8, 0.998]})
    found["per_class"][0]["support"] = 3
    assert warnings(found) == [
        "30 test examples: the score is no surer than [80.0, 99.8]",
        "fewer than 20 test examples, so that single scores say little: 0",
    ]


def test_a_class_that_is_never_found_is_named(fine):
    fine["per_class"][1]["recall"] = 0.0
    assert warnings(fine) == ["never found in the test: 1"]


@pytest.mark.parametrize(
    ("confidence", "said"),
    [(0.99, "too high by 9.0 points"), (0.81, "too low by 9.0 points"), (0.9, "off by 9.0 points")],
)
def test_probabilities_that_are_wrong_are_said_with_their_direction(fine, confidence, said):
    found = changed(fine, test={"calibration_error": 0.09})
    found["calibration"] = [{"examples": 449, "confidence": confidence, "accuracy": 0.9}]
    assert warnings(found) == [f"its probabilities are {said} on average"]


def test_low_probabilities_are_no_warning_where_label_smoothing_asks_for_them(fine):
    found = changed(fine, test={"calibration_error": 0.09}, settings={"label_smoothing": 0.1})
    found["calibration"] = [{"examples": 449, "confidence": 0.81, "accuracy": 0.9}]
    assert warnings(found) == []
    calibrated = changed(found, settings={"label_smoothing": 0.1, "calibration": "temperature"})
    assert warnings(calibrated) == ["its probabilities are too low by 9.0 points on average"]
    found["calibration"][0]["confidence"] = 0.99
    assert len(warnings(found)) == 1


def test_both_rules_of_size_are_said(fine):
    said = about_size(fine)
    assert "19,562 parameters learn from 1,149 training examples." in said
    assert "5 to 10 examples per parameter, 97,800 to 196,000" in said
    assert "N > |W|/(1 − a) at the accuracy a = 98.9 % reached, for 1,780,000" in said
    enough = changed(fine, size={"examples": 5_000_000})
    assert about_size(enough).endswith("There are enough by both.")
    faultless = changed(fine, size={"by_error": None, "examples": 100_000})
    assert about_size(faultless).endswith("There are enough.")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"keep": "best"}, "best in validation"),
        ({"keep": "last"}, "at the end of training."),
        ({"keep": "last", "ema": 0.99}, "averaged over the last steps"),
    ],
)
def test_the_weights_that_the_report_is_about_are_said(fine, settings, said):
    assert said in about_weights({**fine, "settings": settings})


def test_without_baselines_and_training_scores_their_sentences_are_left_out(fine):
    found = {**fine, "baselines": {}, "train": None}
    assert (about_baselines(found), about_generalization(found), warnings(found)) == ("", "", [])


def test_numbers_are_spoken_of_by_r2(found_of):
    found = found_of("numbers")
    assert found["sentences"]["generalization"].startswith("R² is ")
    assert "%" not in found["sentences"]["baselines"]


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [
        (34321.7, 4, "34,320"), (-34321.7, 3, "-34,300"), (9999.9, 4, "10,000"), (0.0123412, 4, "0.01234"),
        (0.1, 4, "0.1"), (52.08, 3, "52.1"), (3e12, 4, "3e+12"), (1e-7, 4, "1e-07"), (float("nan"), 4, "nan"),
    ],
)  # fmt: skip
def test_measured_numbers_are_rounded_without_powers_of_ten(value, digits, said):
    assert rounded(value, digits) == said


# --- curves, and what follows from the run ----------------------------------------------------------------------------


def with_losses(found, losses, **settings):
    history = [{"validation": {"loss": loss}} for loss in losses]
    return {**found, "history": history, "epochs": len(losses), "settings": {"keep": "last", **settings}}


def commands(found, data="ring"):
    return [one["command"] for one in next_steps(found, wxb.load_data(data))]


def test_a_validation_loss_that_rose_is_said_with_the_epoch_and_the_command_that_stops_earlier(fine):
    found = with_losses(fine, [0.5, 0.31, 0.4, 0.6, 0.62, 0.7])
    assert about_curves(found) == (
        "Validation loss was lowest in epoch 2 of 6 (0.31; 0.7 at the end): "
        "what training learned later did not carry over."
    )
    first = next_steps(found, wxb.load_data("ring"))[0]
    assert first == {
        "command": "wxb train --config RUN/settings.toml --keep best --early-stopping 5",
        "what": "validation loss was lowest in epoch 2 of 6: stop earlier",
    }
    assert not any("--keep best" in one for one in commands(with_losses(found, [0.5, 0.3, 0.6, 0.7], keep="best")))


@pytest.mark.parametrize("losses", [[], [0.5], [0.5, 0.4, 0.3, 0.3], [0.4, 0.3, 0.305], [None, 0.1], [0.3, 0.3]])
def test_nothing_is_said_of_curves_that_say_nothing(losses, fine):
    found = with_losses(fine, losses)
    assert best_epoch(found) is None
    assert about_curves(found) == ""
    assert commands(found) == ["wxb train --config RUN/settings.toml --seeds 5", "wxb verify RUN"]


def test_a_loss_that_still_falls_asks_for_more_epochs(fine):
    found = with_losses(fine, [0.9, 0.8, 0.7, 0.6, 0.5])
    assert about_curves(found) == "Validation loss was still falling after 5 epochs, to 0.5: more epochs may help."
    assert commands(found)[0] == "wxb train --config RUN/settings.toml --epochs 10"


def test_a_network_that_overfits_is_to_be_held_back(fine):
    worse = {"accuracy": 0.9, "interval": [0.87, 0.93]}
    found = with_losses(
        changed(fine, test=worse, baselines={"linear": {"score": 0.5, "interval": [0.4, 0.6]}}), [0.3, 0.3]
    )
    assert commands(found)[0] == "wxb train --config RUN/settings.toml --weight-decay 0.1"
    assert commands({**found, "settings": {"l2": 0.01}})[0] == "wxb train --config RUN/settings.toml --l2 0.05"
    assert commands(found, "digits")[0] == "wxb train --config RUN/settings.toml --augment shift-1"


def test_a_gap_is_no_overfitting_while_the_validation_loss_falls(fine):
    worse = {"accuracy": 0.9, "interval": [0.87, 0.93]}
    baselines = {"linear": {"score": 0.5, "interval": [0.4, 0.6]}}
    found = with_losses(changed(fine, test=worse, baselines=baselines), [0.9, 0.8, 0.7, 0.6, 0.5])
    assert commands(found)[0] == "wxb train --config RUN/settings.toml --epochs 10"
    said = [
        *warnings(found),
        about_generalization(found),
        *(one["what"] for one in next_steps(found, wxb.load_data("ring"))),
    ]
    assert not any("overfit" in one for one in said)
    assert about_generalization(found).endswith(
        "examples. The gap of 9.5 points is larger than chance explains, but what it learns still carries over: "
        "validation loss was still falling."
    )


def test_a_network_that_overfits_and_loses_is_held_back_and_not_trained_longer(fine):
    found = with_losses(changed(fine, test={"accuracy": 0.7, "interval": [0.67, 0.73]}), [0.3, 0.3])
    assert warnings(found)[1].startswith("it overfits")
    assert not any("--epochs" in one for one in commands(found))


def test_a_network_that_loses_to_a_baseline_is_to_be_trained_longer(fine):
    scores = {"accuracy": 0.9, "interval": [0.87, 0.93]}
    found = with_losses(changed(fine, train=scores, test=scores), [0.3, 0.3])
    assert next_steps(found, wxb.load_data("ring"))[0] == {
        "command": "wxb train --config RUN/settings.toml --epochs 4",
        "what": "it loses to a baseline: train longer",
    }


@pytest.mark.parametrize("losses", [[0.3, 0.3], [0.5, 0.31, 0.4, 0.6, 0.62, 0.7]])
def test_a_network_whose_frozen_layers_lose_on_training_examples_too_is_to_train_them_at_the_usual_rate(fine, losses):
    scores = {"accuracy": 0.9, "interval": [0.87, 0.93]}
    low = with_losses(changed(fine, train=scores, test=scores), losses, freeze=True, optimizer="adamw")
    low |= {"network": {"text": "FC-8-RELU-FC-2, SOFTMAX"}}
    assert {
        "command": "wxb train --config RUN/settings.toml --no-freeze --learning-rate 0.003",
        "what": "it loses to a baseline, and only its new layers learned: train all layers",
    } in next_steps(low, wxb.load_data("ring"))
    assert not any("--epochs" in one for one in commands(low))


def test_frozen_layers_with_a_high_training_score_are_left_as_they_are(fine):
    found = with_losses(fine, [0.9, 0.8, 0.7, 0.6, 0.5], freeze=True)
    assert commands(found)[0] == "wxb train --config RUN/settings.toml --epochs 10"


def test_a_network_that_ties_with_a_baseline_is_not_said_to_lose(fine):
    best = max(one["score"] for one in fine["baselines"].values())
    tied = with_losses(changed(fine, test={"accuracy": best, "interval": [best - 0.03, best + 0.03]}), [0.3, 0.3])
    assert not any("loses" in one["what"] for one in next_steps(tied, wxb.load_data("ring")))
