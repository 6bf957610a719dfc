"""Predictions of a trained network for new examples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wxb.data.kinds import kind_of
from wxb.data.tables.encoding import Prepared
from wxb.errors import FAILED, WxbError
from wxb.notation import plan, read
from wxb.paths import quoted
from wxb.runs.folder import SETTINGS, SUMMARY
from wxb.runs.matching import decision_of, like_training, target_offsets
from wxb.text import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.learning.machine import Machine
    from wxb.network.build import Model
    from wxb.runs.files import RunFiles
    from wxb.tasks.prediction import Prediction


def trained(run: RunFiles) -> Model:
    """A run's network with its weights (see `RunFiles.weights`), in evaluation mode, on the CPU.

    Raises WxbError if the run has no weights, or if weights and network do not fit each other.
    """
    weights = run.weights()
    import torch

    from wxb.learning.state import Misfit, need, of_kind, put, tensors, with_preparation
    from wxb.network.build import Model, Restore, input_scale
    from wxb.network.preparation import Preparation
    from wxb.tasks import TASKS

    about = run.summary
    planned = plan(read(about.network), about.input, about.outputs)
    misfit = f"{run.weights_file} does not fit the network of {SUMMARY}"
    if planned.parameters > (stored := sum(tensor.numel() for tensor in weights.values())):
        # before a network is built that may be far too large
        detail = f"it holds {count(stored)} numbers, the network has {count(planned.parameters)} parameters"
        raise WxbError(misfit, detail, exit_code=FAILED)
    if planned.head != about.head:
        raise WxbError(f"{run.path / SUMMARY} names another head than its network's", exit_code=FAILED)
    standardized = TASKS[about.task].standardized  # the network predicts in the training targets' units
    scaled = standardized or TASKS[about.task].of_inputs
    restore = Restore(torch.zeros(about.outputs), torch.ones(about.outputs)) if scaled else None
    fitted = run.preparation
    preparation = None if fitted is None else Preparation(fitted)
    model = Model(planned, input_scale(about.input, None, "std"), restore, preparation, about.task)
    # as in training, so that the same bits come out; torch's stub of `to` does not know the memory format
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    weights = of_kind(with_preparation(model, {f"model/{name}": tensor for name, tensor in weights.items()}), "model")
    try:
        need(tensors(model), weights)
    except Misfit as error:
        raise WxbError(misfit, error.detail, exit_code=FAILED) from error
    put(model, weights)
    model.flip_average = kind_of(about.input).spatial and bool(run.settings.get("flip_average", False))
    return model.eval()


class Predictor:
    """A run's network, folded for prediction, and the machine that it computes on."""

    def __init__(self, run: RunFiles) -> None:
        """Raises WxbError if the run has no weights, or if weights and network do not fit each other."""
        from wxb.learning.evaluate import prediction
        from wxb.learning.inference import batch_size_for, through
        from wxb.learning.machine import DTYPES
        from wxb.network.folded import fold

        self.run = run
        self.offsets, self.decision = target_offsets(run), decision_of(run)
        self.notes = run.notes  # with the checkpoint, which a training in progress replaces
        self.machine = machine_of(run)
        model = trained(run).to(self.machine.device)
        self.head = model.head
        self.folded = fold(model, DTYPES[self.machine.precision])
        self.batch_size = batch_size_for(model.plan, self.machine)
        self._through, self._prediction = through, prediction

    def predict(self, array: NDArray[Any] | Prepared) -> Prediction:
        """Predictions for examples (n, …) or one example (…), or for the features of a table's rows.

        Raises WxbError where they are not like the training data, or where a score is not a finite number.
        """
        about = self.run.summary
        examples = array if isinstance(array, Prepared) else like_training(self.run, array)
        machine = self.machine.for_work(min(len(examples), self.batch_size) * about.multiply_adds)
        logits = self._through(self.folded, examples, machine, self.batch_size)
        found = self._prediction(logits, self.head, about.task, about.classes, self.offsets, self.decision)
        return replace(found, notes=self.notes) if self.notes else found


def same_machine(run: RunFiles) -> Machine:
    """The machine that the run began with. Raises WxbError, with a way on, if there is none like it here."""
    from wxb.learning.machine import choose

    facts = run.environment.machine
    try:
        return choose(facts.device, facts.precision, facts.threads)
    except WxbError as problem:
        settings = quoted(run.path / SETTINGS)
        raise WxbError(
            f"{run.path} began on {facts.device}, and there is no such device here",
            problem.detail,
            f"resume it where there is one, or train anew: wxb train --config {settings} --device auto",
        ) from problem


def machine_of(run: RunFiles) -> Machine:
    """The machine that the run was trained on, as far as there is one like it here; else the CPU in float32."""
    from wxb.learning.machine import choose

    stored = run.environment.machine
    try:
        return choose(stored.device, stored.precision, stored.threads)
    except WxbError:
        return choose("cpu", "float32")
