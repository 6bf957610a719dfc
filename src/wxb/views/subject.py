"""What a view looks at: a run's network or any module of torch, and the examples that it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wxb.data.arrays import array_of
from wxb.data.dataset import PARTS, Dataset, Split, need_data
from wxb.data.itself import of_itself
from wxb.errors import WxbError
from wxb.learning.evaluate import prediction
from wxb.network.build import Model
from wxb.runs.inputs import read_file
from wxb.runs.matching import decision_of, examples_of, like_training, target_offsets, targets_of
from wxb.runs.run import Run
from wxb.tasks import TASKS
from wxb.text import count, plural, shape, shortened
from wxb.views.table import About, about_run, need

if TYPE_CHECKING:
    from wxb.notation import Plan


NAME = 32  # letters of a network's text that name it in a title


@dataclass(frozen=True, eq=False)
class Example:
    """One example: as the data holds it (or None where a module takes what is no array), and as the network takes it.

    `target` and `said` are what it is and what the network makes of it, in words; empty where nothing tells.
    """

    name: str
    values: NDArray[Any] | None
    batch: Any
    target: str = ""
    said: str = ""

    @property
    def picture(self) -> NDArray[Any] | None:
        """The example as a picture (channels, height, width); None if it is none."""
        fits = self.values is not None and self.values.ndim == 3 and len(self.values) in (1, 3)
        return self.values if fits else None

    @property
    def facts(self) -> dict[str, str]:
        """The example in words, by what they say."""
        words = {"example": self.name, "given": self.target, "predicted": self.said}
        return {name: text for name, text in words.items() if text}

    @property
    def sentence(self) -> str:
        """ "test 3, given 7, predicted 7 (99.8 %)"."""
        words = (self.name, f"given {self.target}" * bool(self.target), f"predicted {self.said}" * bool(self.said))
        return ", ".join(word for word in words if word)


@dataclass(frozen=True, eq=False)
class Subject:
    """A network to look at, in evaluation mode on the CPU, and what is known of it."""

    model: nn.Module
    name: str
    about: About | None = None  # None of a module that wxb has not built
    run: Run | None = None

    @property
    def plan(self) -> Plan | None:
        """The plan of a network of wxb."""
        return None if self.about is None else self.about.plan

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the outputs: those of the data, else their numbers; empty if how many there are is not known."""
        if self.about is None:
            return ()
        return self.about.classes or tuple(str(place) for place in range(self.about.plan.outputs))

    def __call__(self, batch: Any) -> Tensor:
        """What the network gives for a batch: logits (batch, outputs), or the first tensor that a module returns."""
        was = self.model.training
        self.model.eval()
        try:
            found = tensor_in(self.model(**batch) if isinstance(batch, Mapping) else self.model(batch))
        finally:
            self.model.train(was)
        if found is None:
            raise WxbError(f"{self.name} returns no tensor")
        return found

    def scores(self, prepared: Tensor) -> Tensor:
        """What the network gives for inputs of its first layer: (batch, …) → (batch, outputs)."""
        if not isinstance(self.model, Model):
            return self(prepared)
        return self.model.eval().after_preparation(prepared)

    def said(self, batch: Any) -> str:
        """What the network predicts for a batch of one, in words: "7 (99.8 %)"; empty for a bare module."""
        if not isinstance(self.model, Model):
            return ""
        with torch.no_grad():
            logits = self(batch).float()
        offsets = target_offsets(self.run) if self.run else 0.0
        decision = decision_of(self.run) if self.run else None
        head, task = self.model.head, self.model.task.name
        name, *more = prediction(logits, head, task, self.classes, offsets, decision).texts(0)
        return f"{name} ({more[0]})" if more and more[0] else name

    def example(self, x: Any = None, example: int | None = None, part: str | None = None) -> Example:
        """The example to show: number `example` (from 0) of `x`, or of a part of the run's data.

        `x` is an array or a tensor (n, …), one example (…) where the shape is known, the path of a file, a data set, or
        a mapping of the keywords that a module takes. Raises WxbError if there is no such example.
        """
        if x is None or isinstance(x, Dataset):
            return self._of_data(self.data(x), example or 0, part)
        if part is not None:
            raise WxbError(f'`part="{part}"` is for a data set', fix="leave it out")
        if isinstance(x, (str, PathLike)):
            if self.run is None:
                raise WxbError("a file needs a run, which says how it is read", fix="an array or a tensor")
            values, name = read_file(str(x), self.run).values, str(x)
        elif isinstance(x, Mapping):
            place = example or 0
            return Example(f"example {place}", None, {key: value[place : place + 1] for key, value in x.items()})
        else:
            values, name = self.array(x), "example"
        place = self.place(example or 0, len(values), name)
        batch = as_batch(values[place : place + 1])
        named = name if len(values) == 1 else f"{name} {place}"
        return Example(named, values[place], batch, said=self.said(batch))

    def data(self, data: Any = None) -> Dataset:
        """The data set given, or the run's own. Raises WxbError if it is none, or if there is none."""
        if data is not None:
            need_data(data)
            itself = self.about is not None and TASKS[self.about.task].of_inputs
            return of_itself(data) if itself else cast(Dataset, data)
        if self.run is None:
            raise WxbError(f"{self.name} is no run: which examples should it see?", fix="wxb.views.maps(model, x)")
        return self.run.unchanged_data()

    def split(self, data: Dataset) -> Split:
        """The parts of a data set: those of the run, if it is the run's own."""
        if self.run is not None and data.fingerprint == self.run.data.fingerprint:
            return self.run.split
        return data.split

    def learned(self, data: Dataset) -> NDArray[np.int64]:
        """The rows that the network learned from: the training part, with bagging the validation part too."""
        own = replace(data, split=self.split(data))
        return own.split.learned if self.run is not None and self.run.settings.get("bagging") else own.split.train

    def rows(self, data: Dataset, part: str | None) -> tuple[NDArray[np.int64], str]:
        """The rows of a part of a data set and its name: by default test, or the last part that has examples."""
        split = self.split(data)
        part = part or next((one for one in reversed(PARTS) if len(split.part(one))), "train")
        rows = split.part(part)
        if not len(rows):
            raise WxbError(
                f"{data.name} has no examples in its {part} part", fix=f'`part="{self.rows(data, None)[1]}"`'
            )
        return rows, part

    def examples(self, data: Dataset) -> NDArray[Any]:
        """The examples of a data set as the network takes them. Raises WxbError if it takes others."""
        if self.run is not None:
            return cast("NDArray[Any]", examples_of(self.run, data))
        if self.plan is not None and data.shape != self.plan.input:
            expected, found = shape(self.plan.input), shape(data.shape)
            raise WxbError(
                f"{self.name} takes other examples than {data.name} has",
                f"expected {expected}, found {found}",
                f"a data set whose examples are {expected}, or a network that is built for {data.name}",
            )
        return cast("NDArray[Any]", data.model_inputs)

    def targets(self, data: Dataset) -> NDArray[Any]:
        """The targets of a data set as the network gives them."""
        return data.targets if self.run is None else targets_of(self.run, data)

    def _of_data(self, data: Dataset, example: int, part: str | None) -> Example:
        rows, part = self.rows(data, part)
        row = int(rows[self.place(example, len(rows), f"the {part} part")])
        values = self.examples(data)[row : row + 1]
        batch = as_batch(values)
        target = TASKS[data.task].text(data.targets_in_units()[row], data.classes)
        return Example(f"{part} {example}", values[0], batch, target, self.said(batch))

    def array(self, x: Any) -> NDArray[Any]:
        """An array or a tensor as examples (n, …) as the network takes them. Raises WxbError if it is none."""
        if self.run is not None:
            return like_training(self.run, x)
        values = array_of(x, "examples")
        if self.about is not None and values.shape == self.about.plan.input:
            values = values[None]
        if values.ndim < 2 or values.dtype.kind not in "buif":
            raise WxbError(
                f"an array of shape {values.shape} is no batch of examples",
                fix="examples (n, …) as the module takes them",
            )
        return values

    def place(self, example: int, examples: int, where: str) -> int:
        """The number of an example. Raises WxbError if there are not so many, naming `where`."""
        if not 0 <= example < examples:
            raise WxbError(
                f"there is no example {example}: {where} has {plural(examples, 'example')}",
                fix=f"a number from 0 to {count(examples - 1)}",
            )
        return example


def subject(of: Any, view: str) -> Subject:
    """The network that a view is asked for: of a run, its folder, or a module.

    Raises WxbError if it is nothing of the kind, or if the view does not apply to it.
    """
    if isinstance(of, (str, PathLike)):
        of = Run.open(str(of))
    if isinstance(of, Run):
        about = about_run(of)
        need(view, about)
        name = of.name if of.step is None else f"{of.name} at step {count(of.step)}"
        return Subject(of.model(), name, about, of)
    if isinstance(of, Model):
        prepares = of.preparation
        about = About(of.plan, of.task.name, (), prepares is not None, prepares is not None and prepares.has_text)
        need(view, about)
        return Subject(of, shortened(of.plan.network.short(), NAME), about)
    if isinstance(of, nn.Module):
        return Subject(of, type(of).__name__)
    raise WxbError(
        f"{type(of).__name__} is neither a run nor a module of torch", fix='wxb.Run.open("runs/digits-3f2a")'
    )


def as_batch(values: NDArray[Any]) -> Tensor:
    """Examples (n, …) as a tensor of their own; only those of tables stay in float64."""
    return torch.from_numpy(np.array(values))


def tensor_in(found: Any) -> Tensor | None:
    """The first tensor in what a module returns: a tensor, a sequence or a mapping of them."""
    if isinstance(found, Tensor):
        return found
    parts: Sequence[Any] = []
    if isinstance(found, Mapping):
        parts = list(found.values())
    elif isinstance(found, (tuple, list)):
        parts = found
    return next((inner for one in parts if (inner := tensor_in(one)) is not None), None)
