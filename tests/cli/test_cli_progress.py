"""The line that says how far training has come, and the terminal it moves on."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.conftest import COMMAND, environment
from wxb import progress
from wxb.cli import results
from wxb.cli.following import recipe_text
from wxb.learning.recipe import Recipe
from wxb.tasks.classification import ClassificationScore
from wxb.tasks.regression import RegressionScore

ERASE = "\r\x1b[2K"  # as a terminal receives it


@dataclass
class Record:
    step: int
    epoch: int
    train_loss: float | None = None
    validation: Any = None
    steps: int = 100
    epochs: int = 10
    loss: float = 0.04123
    seconds: float = 2.0
    open_end: bool = False

    @property
    def epoch_end(self) -> bool:
        return self.train_loss is not None


def test_a_moving_line_keeps_the_last_validation_and_stays_at_the_end(capsys, monkeypatch):
    monkeypatch.setattr(progress, "REDRAW", 0.0)
    with progress.Progress(moving=True) as shown:
        shown.show(Record(10, 1, 0.5, ClassificationScore(66, 0.05, 0.985)))
        shown.show(Record(15, 2))
    drawings = capsys.readouterr().err.split(ERASE)[1:]
    assert drawings[0] == "epoch     1 of 10  ██░░░░░░░░░░░░░░░░░░  loss 0.5  validation 98.5 %  18 s left"
    assert drawings[1] == "epoch     2 of 10  ███░░░░░░░░░░░░░░░░░  loss 0.0412  validation 98.5 %  11 s left"
    assert drawings[2] == drawings[1] + "\n"


def test_a_remark_stands_above_the_moving_line(capsys, monkeypatch):
    monkeypatch.setattr(progress, "REDRAW", 0.0)
    with progress.Progress(moving=True) as shown:
        shown.show(Record(15, 2))
        capsys.readouterr()
        shown.remark("each step is computed in 2 micro-batches from now on")
        line = "epoch     2 of 10  ███░░░░░░░░░░░░░░░░░  loss 0.0412  11 s left"
        expected = f"{ERASE}each step is computed in 2 micro-batches from now on\n{ERASE}{line}"
        assert capsys.readouterr().err == expected


def test_a_moving_line_is_not_drawn_at_every_step(capsys):
    with progress.Progress(moving=True) as shown:
        for step in range(1, 101):
            shown.show(Record(step, 1))
    assert capsys.readouterr().err.count(ERASE) < 20


def test_without_a_terminal_there_is_a_line_an_epoch(capsys):
    with progress.Progress() as shown:
        shown.show(Record(9, 1))
        shown.show(Record(10, 1, 0.5, RegressionScore(10, 152.4, 12.3456)))
        shown.show(Record(100, 10, 0.25))
    assert capsys.readouterr().err == (
        "epoch     1 of 10  loss 0.5  validation error 12.35  18 s left\n"
        "epoch     10 of 10  loss 0.25  validation error 12.35  2.0 s\n"
    )


def test_quiet_shows_nothing(capsys):
    for moving in (True, False):
        with progress.Progress(quiet=True, moving=moving) as shown:
            shown.show(Record(10, 1, 0.5))
    assert capsys.readouterr().err == ""


class Ascii:
    encoding = "ascii"


def test_a_terminal_without_blocks_gets_ascii(monkeypatch):
    monkeypatch.setattr("sys.stderr", Ascii())
    assert progress.bar(0.5) == "##########.........."


CLASSES = {"examples": 449, "loss": 0.1, "accuracy": 0.98886, "interval": [0.975, 0.995]}
NUMBERS = {
    "examples": 30,
    "loss": 0.1,
    "r2": 0.8134,
    "r2_interval": [0.79, 0.8349],
    "rmse": 52.123,
    "rmse_interval": [50.2, 54],
}


@pytest.mark.parametrize(
    ("test", "baselines", "said"),
    [
        (
            CLASSES,
            {"majority": 0.1, "linear": 0.96, "nearest neighbour": 0.987},
            "test      98.9 % [97.5, 99.5] of 449   nearest neighbour 98.7 %   linear 96.0 %   majority 10.0 %",
        ),
        (
            CLASSES,
            {"linear": 0.99},
            "test      98.9 % [97.5, 99.5] of 449   linear 99.0 %\n"
            "          no better than linear: 98.9 % against 99.0 %",
        ),
        (CLASSES, {}, "test      98.9 % [97.5, 99.5] of 449"),
        (
            NUMBERS,
            {"mean": 0.0},
            "test      R² 0.813 [0.790, 0.835], error 52.12 [50.2, 54] of 30   mean R² 0.000",
        ),
    ],
)
def test_a_score_stands_beside_what_is_cheap_and_says_when_it_is_no_better(test, baselines, said):
    assert results.test_lines("classification" if test is CLASSES else "regression", test, baselines, None) == said


@pytest.mark.parametrize(
    ("task", "together", "seeds", "said"),
    [
        (
            "classification",
            {"measure": "accuracy", "mean": 0.984, "std": 0.003, "interval": [0.981, 0.987]},
            5,
            "mean      98.4 % [98.1, 98.7] over 5 seeds, standard deviation 0.3 points",
        ),
        (
            "classification",
            {"measure": "accuracy", "mean": 0.984, "std": None, "interval": None},
            1,
            "mean      98.4 % of one seed",
        ),
        (
            "regression",
            {"measure": "r2", "mean": 0.5, "std": 0.02, "interval": [0.4, 0.6]},
            3,
            "mean      R² 0.500 [0.400, 0.600] over 3 seeds, standard deviation 0.02",
        ),
    ],
)
def test_seeds_are_said_as_mean_and_interval(task, together, seeds, said):
    assert results.seeds_line(task, together, seeds) == said


def test_a_recipe_is_said_in_options_that_can_be_typed():
    text = recipe_text(Recipe(shuffle=False), 100)
    assert "--learning-rate 0.001" in text
    assert "--no-shuffle" in text
    assert max(len(line) for line in text.splitlines()) <= 100
    assert not any(line[10].isdigit() for line in text.splitlines())  # a value stays with its option


@pytest.mark.skipif(os.name == "nt", reason="terminals of a POSIX system")
def test_on_a_terminal_one_line_moves_and_errors_have_colour(tmp_path):
    import pty

    def in_terminal(*words: str, **more: str) -> str:
        terminal, program = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, *words], cwd=tmp_path, env=environment(TERM="xterm", COLUMNS="90", **more),
            stdin=program, stdout=subprocess.PIPE, stderr=program,
        ) as process:  # fmt: skip
            os.close(program)
            output = b""
            while True:
                try:
                    part = os.read(terminal, 65536)
                except OSError:  # Linux's way to say that the program has closed it
                    break
                if not part:
                    break
                output += part
            process.communicate()
        os.close(terminal)
        return output.decode()

    training = ("train", "ring", "FC-4-RELU, SOFTMAX", "--examples", "200", "--epochs", "3", "--threads", "1")
    moving = in_terminal(*training)
    assert "\x1b[2Kepoch     3 of 3  ████████████████████  loss " in moving
    assert max(len(line) for line in moving.replace("\x1b[2K", "\n").splitlines()) <= 90
    assert "\x1b[31m\x1b[1merror:\x1b[0m " in in_terminal("nothing")
    assert "\x1b" not in in_terminal("nothing", NO_COLOR="1")
    assert "\x1b" not in in_terminal(*training, "-v")
