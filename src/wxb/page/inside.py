"""A run whose network is in use: as its last checkpoint has it, as a snapshot has it, or as its training has it now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wxb.errors import WxbError
from wxb.runs.looking import read_now
from wxb.runs.run import Run
from wxb.runs.schema import Summary

if TYPE_CHECKING:
    from torch import Tensor


class Now(Run):
    """A run whose network is that of its training now."""

    def __init__(self, path: Path, summary: Summary, tensors: Mapping[str, Tensor]) -> None:
        super().__init__(path, summary)
        self._tensors = tensors

    def weights(self) -> dict[str, Tensor]:
        return dict(self._tensors)

    def need_weights(self) -> None:
        pass


class Inside:
    """A run whose network is in use, with its data once they were needed."""

    def __init__(self, run: Run, before: Inside | None = None) -> None:
        """`before` is an earlier network of the run, whose data are taken."""
        self.run = run
        self._subject: Any = None
        same = before is not None and before.run.data.fingerprint == run.data.fingerprint
        self._data: Any = before._data if before is not None and same else None

    @property
    def subject(self) -> Any:
        """The network as views see it. Raises WxbError if the run has no weights yet."""
        if self._subject is None:
            from wxb.views.subject import subject  # brings torch

            self._subject = subject(self.run, "graph")
        return self._subject

    def make_ready(self) -> None:
        """Load the libraries and the network, so that the first question is answered as fast as the others."""
        if has_weights(self.run):
            _ = self.subject, self.run.predictor

    @property
    def data(self) -> Any:
        """The run's own data. Raises WxbError if they are not there any more, or have changed."""
        if self._data is None:
            self._data = self.run.unchanged_data()
        return self._data


def run_at(run: Run, at: int | None, now: bool) -> Run:
    """The run with its network after a step, of now, or of its last checkpoint."""
    if at is not None:
        return run.at(at)
    found = read_now(run.path) if now else None
    if found is None:
        return run
    shown = Now(run.path, run.summary, found[1])
    shown.step = found[0]
    return shown


def has_weights(run: Run) -> bool:
    """Whether a run has a network that can be asked."""
    try:
        run.need_weights()
    except WxbError:
        return False
    return True
