"""What the doctor tells while it works, where a training stands in the recipe, and commands without what is usual."""

from __future__ import annotations

import shlex

import pytest

import wxb
from tests.doctor.test_doctor_checks import digits, measures, outcome  # noqa: F401 (fixture)
from wxb.cli.doctor import Waiting
from wxb.cli.main import main
from wxb.doctor.case import Case
from wxb.doctor.doing import Doing
from wxb.doctor.questions import answer
from wxb.doctor.side import SideRuns
from wxb.doctor.words import doing_text

LOOKING = Doing("T1", "learning rate too high", "", 1.5, 3.0)
TRYING = Doing("T1", "learning rate too high", "--learning-rate 0.1", 1.5, 3.0, 0.1, 0, 20, 60)


@pytest.mark.parametrize(
    ("stands", "showed"),
    [
        ("good", {"score": 0.97}),
        ("over", {"score": 0.6, "train": 0.99}),
        ("slowly", {"score": 0.6, "train": 0.65}),
        ("slowly", {"score": 0.1, "train": 0.1, "train_losses": (2.2, 1.9)}),
        ("nothing", {"score": 0.1, "train": 0.1, "train_losses": (2.3, 2.29)}),
        ("nothing", {"score": 0.1, "train": 0.1, "train_losses": (float("nan"),) * 2}),
    ],
)
def test_a_training_stands_at_one_answer_of_the_recipe(digits, stands, showed):  # noqa: F811
    assert answer(measures(digits, base=outcome(**showed))) == stands


def test_what_is_done_is_said_in_words():
    assert doing_text(LOOKING) == "looks for T1: learning rate too high"
    assert doing_text(TRYING) == "tries --learning-rate 0.1 for T1, 10 % of the length, step 20 of 60"
    whole = Doing("", "", "", 0.0, 3.0, 1.0, 0, 1, 60)
    assert doing_text(whole) == "trains it as it is, step 1 of 60"


def test_side_runs_tell_what_they_try_within_the_budget(tmp_path):
    told: list[Doing] = []
    case = Case(wxb.load_data("ring", examples=400), "FC-4-RELU, SOFTMAX", {"epochs": 2}, {}, "ring")
    runs = SideRuns(case, 3.0, told.append)
    runs.run({})
    runs.following({"learning_rate": 0.1}).run({"batch_size": 16}, 0.5, seed=1)
    first, second = (one for one in told if one.score is not None)
    assert (first.remedy, first.share, first.seed) == ("", 1.0, 0)
    assert (second.remedy, second.share, second.seed) == ("--learning-rate 0.1 --batch-size 16", 0.5, 1)
    spent = [one.spent for one in told]
    assert spent == sorted(spent)
    assert second.spent > first.spent > 0


def test_a_terminal_shows_what_is_done_and_a_pipe_does_not(monkeypatch, capsys):
    for moving in (False, True):
        monkeypatch.setattr("sys.stderr.isatty", lambda moving=moving: moving, raising=False)
        with Waiting(quiet=False) as waiting:
            waiting.show(LOOKING)
        said = capsys.readouterr().err
        assert ("looks for T1" in said) is moving
        with Waiting(quiet=True) as waiting:
            waiting.show(LOOKING)
        assert capsys.readouterr().err == ""


def test_the_command_of_a_run_names_what_the_run_would_not_have_by_itself(tmp_path):
    words = ["train", "ring", "FC-4-RELU, SOFTMAX", "--examples", "400", "--epochs", "2", "--learning-rate", "30"]
    assert main([*words, "--out", str(tmp_path / "run"), "--quiet"]) == 0
    run = wxb.Run.open(tmp_path / "run")
    case = Case.of_run(run, run.load_data())
    words = shlex.split(case.command())
    assert words[4:] == ["--examples", "400", "--epochs", "2", "--learning-rate", "30.0"]
    usual = case.with_remedy({"learning_rate": case.usual.learning_rate})
    assert shlex.split(usual.command())[-2:] == ["--learning-rate", str(case.usual.learning_rate)]
