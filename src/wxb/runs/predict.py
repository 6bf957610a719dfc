"""What a trained network says of new examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.errors import FAILED, WxbError
from wxb.notation import plan, read
from wxb.runs.folder import SUMMARY, WEIGHTS
from wxb.runs.inputs import like_training, preparation_of, target_offsets
from wxb.text import count

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from wxb.learning.machine import Machine
    from wxb.network.build import Model
    from wxb.network.heads import Head
    from wxb.runs.files import RunFiles


@dataclass(frozen=True)
class Prediction:
    """A row an example.

    Of classes: `numbers` (n,) int64, `classes` their names, `probabilities` (n, classes) where the head has them.
    Of labels: `numbers` (n, labels) of 0 and 1, `probabilities` (n, labels). Of numbers: `values` (n, targets).
    """

    task: str  # "classes", "labels", "numbers"
    names: tuple[str, ...]  # of all classes, labels or numbers
    numbers: NDArray[np.int64] | None = None
    probabilities: NDArray[np.float32] | None = None
    values: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        rows = self.values if self.numbers is None else self.numbers
        return 0 if rows is None else len(rows)

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of each example's class. Raises ValueError where the task has no classes."""
        if self.task != "classes" or self.numbers is None:
            raise ValueError(f"a prediction of {self.task} has no classes")
        return tuple(self.names[number] for number in self.numbers)


def trained(run: RunFiles) -> Model:
    """A finished run's network with its weights, in evaluation mode, on the CPU.

    Raises WxbError where the run has not finished, or weights and network do not fit each other.
    """
    weights = run.weights()
    import torch

    from wxb.network.build import Model, Restore, input_scale
    from wxb.network.preparation import Preparation

    about = run.summary
    planned = plan(read(about.network), about.input, about.outputs)
    misfit = f"{run.path / WEIGHTS} does not fit the network of {SUMMARY}"
    if planned.parameters > (stored := sum(tensor.numel() for tensor in weights.values())):
        # before a network is built that may be far too large
        detail = f"it holds {count(stored)} numbers, the network has {count(planned.parameters)} parameters"
        raise WxbError(misfit, detail, exit_code=FAILED)
    if planned.head != about.head:
        raise WxbError(f"{run.path / SUMMARY} names another head than its network's", exit_code=FAILED)
    numbers = {"restore.mean", "restore.std"} <= weights.keys()  # predicted in the training targets' units
    restore = Restore(weights["restore.mean"], weights["restore.std"]) if numbers else None
    fitted = preparation_of(run)
    preparation = None if fitted is None else Preparation(fitted)
    model = Model(planned, input_scale(about.input, None, "std"), restore, preparation)
    # as in training, so that the same bits come out; torch's stub of `to` does not know the memory format
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise WxbError(misfit, str(error), exit_code=FAILED) from error
    model.flip_average = len(about.input) == 3 and bool(run.settings.get("flip_average", False))
    return model.eval()


class Predictor:
    """A finished run's network, folded for prediction, and the machine that it computes on."""

    def __init__(self, run: RunFiles) -> None:
        """Raises WxbError where the run has not finished, or weights and network do not fit each other."""
        from wxb.learning.inference import batch_size_for, through
        from wxb.learning.machine import DTYPES
        from wxb.network.folded import fold

        self.run = run
        self.offsets = target_offsets(run)
        self.machine = machine_of(run)
        model = trained(run).to(self.machine.device)
        self.head = model.head
        self.folded = fold(model, DTYPES[self.machine.precision])
        self.batch_size = batch_size_for(model.plan, self.machine)
        self._through = through

    def predict(self, array: NDArray[Any]) -> Prediction:
        """Predictions for examples (n, …) or one example (…).

        Raises WxbError where they are not like the training data.
        """
        about = self.run.summary
        examples = like_training(self.run, array)
        machine = self.machine.for_work(min(len(examples), self.batch_size) * about.multiply_adds)
        logits = self._through(self.folded, examples, machine, self.batch_size)
        return prediction(logits, self.head, about.task, about.classes, self.offsets)


def prediction(
    scores: torch.Tensor, head: Head, task: str, names: tuple[str, ...], offsets: NDArray[np.float64] | float = 0.0
) -> Prediction:
    """What logits (n, outputs) say; `offsets` (outputs,) are added to numbers in float64."""
    if task == "numbers":
        return Prediction(task, names, values=head.predict(scores).numpy().astype(np.float64) + offsets)
    chances = head.probabilities(scores)
    probabilities = None if chances is None else np.asarray(chances.numpy(), np.float32)
    if task == "labels":
        return Prediction(task, names, np.asarray(head.predict(scores).numpy(), np.int64), probabilities)
    return Prediction(task, names, scores.numpy().argmax(axis=1), probabilities)


def machine_of(run: RunFiles) -> Machine:
    """The machine that the run was trained on, as far as there is one like it here; else the CPU in float32."""
    from wxb.learning.machine import choose

    stored = run.environment.machine
    try:
        return choose(stored.device, stored.precision, stored.threads)
    except WxbError:
        return choose("cpu", "float32")
