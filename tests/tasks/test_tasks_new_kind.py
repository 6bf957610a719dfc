"""A fourth kind of target, counts with a Poisson head, is all in this file: the product works with it as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

import wxb
from wxb.cli.main import main
from wxb.data.dataset import Dataset
from wxb.network import heads
from wxb.network.heads import Head
from wxb.notation import vocabulary
from wxb.runs.compare import compare
from wxb.runs.run import Run
from wxb.runs.verify import verify
from wxb.tasks import TASKS
from wxb.tasks.columns import TargetColumn
from wxb.tasks.evaluation import Difference, Evaluation, Mistake, Score
from wxb.tasks.measure import Interval, Measure
from wxb.tasks.prediction import Prediction
from wxb.tasks.task import Answers, Encoded, Floats, Paired, Targets, Task
from wxb.training import Training, resume

EXPLAINED = Measure("explained", "deviance explained", "score", "D²", "explained_interval")


def poisson(logits: Tensor, targets: Tensor) -> Tensor:
    """e^s − t·s for each example, the negative logarithm of the Poisson likelihood but for a constant."""
    return (logits.exp() - targets * logits).sum(1)


def deviance(targets: NDArray[Any], values: NDArray[Any]) -> float:
    """Mean Poisson deviance."""
    logs = np.where(targets > 0, targets * np.log(np.maximum(targets, 1e-9) / np.maximum(values, 1e-9)), 0)
    return float(2 * (logs - targets + values).mean())


@dataclass(frozen=True)
class CountsScore(Score):
    """Deviance on the validation part."""

    deviance: float
    measures: ClassVar[tuple[Measure, ...]] = (Measure("deviance", "deviance", "amount", "deviance"),)


@dataclass(frozen=True)
class CountsEvaluation(Evaluation):
    """The share of the deviance that the network explains."""

    explained: float
    measure: ClassVar[Measure] = EXPLAINED


class CountsPrediction(Prediction):
    """Expected counts."""

    columns = ("count",)

    def cells(self, place: int) -> list[Any]:
        return [float(self.values[place, 0])]

    def answer(self, place: int) -> dict[str, Any]:
        return {"count": float(self.values[place, 0])}

    def texts(self, place: int) -> tuple[str, ...]:
        return (f"{self.values[place, 0]:.1f} expected",)


class Counts(Task):
    """How often something happens, stored as (n, 1) float32."""

    name = word = kind = "counts"
    heads = ("POISSON",)
    baseline = "mean"
    linear = "ridge"
    noun = "count"
    measures = (EXPLAINED,)
    validated = CountsScore.measures

    def recognizes(self, array: NDArray[Any]) -> bool:
        return False

    def from_array(self, array: NDArray[Any], names: tuple[str, ...] | None) -> Encoded:
        return Encoded(array.reshape(-1, 1).astype(np.float32), names or ("count",))

    def claims(self, columns: Sequence[TargetColumn]) -> bool:
        return False

    def from_columns(
        self, columns: Sequence[TargetColumn], names: tuple[str, ...] | None = None, guessed: bool = False
    ) -> Encoded:
        return self.from_array(np.asarray(columns[0].numbers), (columns[0].name,))

    def text(self, target: Any, names: tuple[str, ...]) -> str:
        return f"{float(np.ravel(target)[0]):.1f} times"

    def predict(self, scores: NDArray[Any]) -> NDArray[Any]:
        return np.exp(scores)

    def prediction(
        self, scores: NDArray[np.float32], probabilities: NDArray[np.float32] | None, names: tuple[str, ...]
    ) -> CountsPrediction:
        return CountsPrediction(names, self.predict(scores), scores, probabilities)

    def constant(
        self, targets: Targets, names: tuple[str, ...], weights: Floats | None = None
    ) -> tuple[NDArray[Any], str]:
        return targets.mean(axis=0), "always the mean"

    def scored(
        self, targets: Targets, values: NDArray[Any], seed: int, weights: Floats | None = None
    ) -> tuple[float, Interval]:
        score = 1 - deviance(targets, values) / deviance(targets, np.full_like(targets, targets.mean()))
        return score, (score - 0.1, score + 0.1)

    def validate(
        self, scores: NDArray[np.float32], targets: Targets, loss: float, weights: Floats | None = None
    ) -> CountsScore:
        return CountsScore(len(targets), loss, deviance(targets, self.predict(scores)))

    def evaluate(self, answers: Answers) -> CountsEvaluation:
        targets, names, rows = answers.targets, answers.names, answers.rows
        values = self.predict(answers.scores)
        score, interval = self.scored(targets, values, answers.seed)
        worst = np.argsort(-np.abs(values - targets)[:, 0])[:3]
        mistakes = tuple(
            Mistake(int(rows[i]), self.text(targets[i], names), self.text(values[i], names), None) for i in worst
        )
        return CountsEvaluation(len(targets), answers.loss, interval, mistakes, score)

    def compare(self, targets: Targets, first: Prediction, second: Prediction, seed: int) -> Paired:
        closer = (np.abs(first.values - targets) - np.abs(second.values - targets))[:, 0]
        gap = self.scored(targets, second.values, seed)[0] - self.scored(targets, first.values, seed)[0]
        return Paired({"explained": Difference(gap, (gap - 0.1, gap + 0.1))}, None, np.sign(closer), np.abs(closer))


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Dataset:
    """400 counts whose rate grows with the first of two numbers; the kind and its head are there while a test runs."""
    monkeypatch.setitem(TASKS, "counts", Counts())
    monkeypatch.setitem(heads.HEADS, "POISSON", Head("POISSON", poisson))
    words = (*vocabulary.HEADS, "POISSON")
    for module in ("vocabulary", "read", "scan"):
        monkeypatch.setattr(import_module(f"wxb.notation.{module}"), "HEADS", words)
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    rows = random.normal(size=(400, 2)).astype(np.float32)
    targets = random.poisson(np.exp(1 + rows[:, 0])).astype(np.float32)[:, None]
    return replace(wxb.load_data(rows, targets), task="counts", classes=("visits",))


def test_it_trains_with_its_own_head_and_reports_in_its_own_words(data, capsys):
    run = wxb.train(data, epochs=12, learning_rate=0.01, out="run")
    assert run.summary.head == "POISSON"
    test = run.report.test
    assert test["explained"] > 0.5 > run.report.baselines["mean"].score
    assert list(run.history[-1].validation) == ["examples", "loss", "deviance"]
    page = run.text("report.html")
    assert "400 rows of 2 features with 1 count" in page
    assert "deviance explained" in page
    assert "times" in run.text("report.md")
    assert main(["report", "run"]) == 0
    assert f"test      D² {test['explained']:.3f} [" in capsys.readouterr().out
    assert main(["runs"]) == main(["runs", "run", "--table", "explained"]) == 0
    assert f"{test['explained']:.3f}" in capsys.readouterr().out


def test_it_is_evaluated_predicted_verified_and_compared(data, capsys):
    run, other = (wxb.train(data, epochs=epochs, learning_rate=0.01, out=f"run{epochs}") for epochs in (1, 12))
    reopened = Run.open("run12")
    assert reopened.evaluate(data).summary() == other.report.test
    predicted = reopened.predict(data.examples[:3])
    assert np.allclose(predicted.values, np.exp(predicted.scores))
    assert verify("run12", data).differences == ()
    pair = compare([run, reopened], data).pairs[0]
    assert pair.differences["explained"].value > 0
    assert pair.better + pair.worse == len(data.split.test)
    np.save("x.npy", data.examples[:2])
    assert main(["predict", "run12", "x.npy", "--csv"]) == main(["predict", "run12", "x.npy"]) == 0
    assert "file,row,count\n" in (out := capsys.readouterr().out)
    assert " expected" in out


def test_a_stopped_training_resumes_to_the_same_bits(data):
    whole = wxb.train(data, epochs=3, out="whole")
    training = Training(data, options={"epochs": 3}, out="stopped")
    for record in training:
        if record.step == 7:
            training.stop()
            break
    resumed = resume("stopped", data)
    for name, tensor in whole.weights().items():
        assert torch.equal(tensor, resumed.weights()[name])


def test_a_head_of_another_kind_is_refused_in_its_words(data):
    with pytest.raises(wxb.errors.WxbError, match=r"its targets are counts(.|\n)*fix: end the network in POISSON"):
        wxb.train(data, "SOFTMAX")
