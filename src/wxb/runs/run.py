"""A run in use: its network, what it predicts, and how good it is."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wxb.data import load_data
from wxb.runs.evaluate import evaluate_run
from wxb.runs.files import RunFiles
from wxb.runs.predict import Predictor, trained
from wxb.runs.provenance import whence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.data.dataset import Dataset
    from wxb.network.build import Model
    from wxb.tasks.evaluation import Evaluation
    from wxb.tasks.prediction import Prediction


class Run(RunFiles):
    """A training in its folder, opened with `Run.open(path)` or returned by `train`."""

    def model(self) -> Model:
        """Return the trained network, in evaluation mode."""
        return trained(self)

    def predict(self, array: NDArray[Any]) -> Prediction:
        """Predict examples (n, …), or one example (…), in the form that the training data had."""
        return self.predictor.predict(array)

    @cached_property
    def predictor(self) -> Predictor:
        """The trained network prepared for prediction: loaded by the first call, kept for the others."""
        return Predictor(self)

    def evaluate(self, data: Dataset | None = None, part: str | None = None) -> Evaluation:
        """Score the network on a part of `data`.

        By default that is the test part of the run's own data, and all examples of any other. Classes are matched by
        name. Raises WxbError if they cannot be.
        """
        return evaluate_run(self, self.load_data() if data is None else data, part)

    def load_data(self, data_dir: str | Path | None = None) -> Dataset:
        """Load the data that the run was trained on from where it came, or from `data_dir`.

        Raises WxbError if it was given as arrays, or is no longer there.
        """
        name, settings = whence(self.path, self.data.source, data_dir)
        return load_data(name, **settings)
