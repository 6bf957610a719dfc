"""A run in use: its network, what it predicts, and how good it is."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from wxb.data import Dataset, load_data
from wxb.markup import shown
from wxb.notation import read
from wxb.runs import inputs
from wxb.runs.evaluate import evaluate_run, part_of
from wxb.runs.files import RunFiles
from wxb.runs.intervals import about_coverage, limits_of
from wxb.runs.matching import labelled, load_like
from wxb.runs.predict import Predictor, trained
from wxb.runs.provenance import need_unchanged, whence
from wxb.runs.seen import about_other
from wxb.tasks import TASKS
from wxb.text import NOT_TESTED, count

if TYPE_CHECKING:
    from wxb.network.build import Model
    from wxb.tasks.evaluation import Evaluation
    from wxb.tasks.prediction import Prediction


class Run(RunFiles):
    """A training in its folder, opened with `Run.open(path)` or returned by `train`."""

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy or a pickle holds: all but the network in use, which the copy loads again when asked."""
        return {name: value for name, value in self.__dict__.items() if name != "predictor"}

    def _repr_html_(self) -> str:
        about = self.summary
        facts = [
            ("network", read(about.network).short()),
            ("parameters", count(about.parameters)),
            ("task", about.task),
        ]
        if about.test is not None:
            facts.append(("test", TASKS[about.task].line(msgspec.to_builtins(about.test))))
        elif about.state == "finished":
            facts.append(("test", NOT_TESTED))
        return shown(f"{self.path}, {self.standing}", rows=facts)

    def model(self) -> Model:
        """Return the trained network, in evaluation mode."""
        return trained(self)

    def predict(self, source: Any, *, max_pixels: int | None = None, interval: float | None = None) -> Prediction:
        """Predict the examples of an array, of files, or of a data frame.

        `source`: an array (n, …), or one example (…), in the form that the training data had; the path of a picture, a
        table (.csv, .tsv, .parquet), an array (.npy) or a folder of them; several paths; or a data frame of pandas,
        polars or another library that narwhals knows. Pictures and rows are prepared as those of training were.
        Pictures with more than `max_pixels` are not opened; the default is the bound of training, or 50 million.
        `interval=90` adds an interval to each number, `found.intervals`, or a set of classes, `found.sets`, that is to
        hold the true value for 90 % of the examples. Raises WxbError if the run keeps no scores for that.
        """
        limits = None if interval is None else limits_of(self, interval)
        return replace(inputs.predict(self.predictor, source, max_pixels), limits=limits)

    @cached_property
    def predictor(self) -> Predictor:
        """The trained network prepared for prediction: loaded by the first call, kept for the others."""
        return Predictor(self)

    def evaluate(
        self, data: Any = None, targets: Any = None, part: str | None = None, *, interval: float | None = None
    ) -> Evaluation:
        """Score the network on a part of `data`: a data set, a data frame, what `load_data` takes, or arrays.

        By default that is the test part of the run's own data, and all examples of any other. `targets` are those of an
        array or of a data frame without them; a text in their place is the part, as in `evaluate(data, "all")`. Classes
        and columns are matched by name. `interval=90` also tells how often the prediction intervals or sets of 90 %
        hold the true value, as `coverage`. Its `notes` are what a person must know of the examples. Raises WxbError if
        they cannot be matched, or the run has no intervals.
        """
        given = data is not None
        limits = None if interval is None else limits_of(self, interval)
        if isinstance(targets, str):
            targets, part = None, targets
        if targets is not None:
            data = labelled(self, data, targets)
        elif data is None:
            data = self.unchanged_data()
        elif not isinstance(data, Dataset):
            data = load_like(self, data)
        evaluation = evaluate_run(self, data, part, limits)
        notes = [*self.notes, *(about_other(self, data) if given else ())]
        if limits is not None and data.fingerprint == self.data.fingerprint:
            notes += about_coverage(self, part_of(self, data, part))
        return replace(evaluation, notes=tuple(notes))

    def unchanged_data(self, data_dir: str | Path | None = None) -> Dataset:
        """Load the data that the run was trained on, as `load_data` does. Raises WxbError if it has changed since."""
        data = self.load_data(data_dir)
        need_unchanged(self.path, self.data, data)
        return data

    def load_data(self, data_dir: str | Path | None = None) -> Dataset:
        """Load the data that the run was trained on from where it came, or from `data_dir`.

        Raises WxbError if it was given as arrays, or is no longer there.
        """
        name, settings = whence(self, data_dir)
        return load_data(name, **settings)
