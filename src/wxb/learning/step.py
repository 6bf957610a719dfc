"""One step of training: the gradient of a batch, then one update of the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from wxb.learning.augment import Cutout, Mixup, goals
from wxb.learning.cuda_graph import CudaGraphs
from wxb.learning.feed import Feed
from wxb.learning.machine import DTYPES, Machine, out_of_memory
from wxb.learning.objective import Objective
from wxb.learning.optimizers import decay, optimizers
from wxb.learning.recipe import Recipe
from wxb.learning.state import State, tensors
from wxb.learning.watch import BACKWARD, DATA, LOSS, OPTIMIZER, Watch
from wxb.network.layers import Random, set_generator
from wxb.randomness import key

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.learning.share import Share
    from wxb.network.build import Model


class Step:
    """The training step: gradients of the objective on a batch, weight decay, optimizer update and moving average.

    A batch is computed in `micro_batches`, whose gradients add up to that of the whole batch; dropout masks and mixup
    partners are drawn for the whole batch. If the memory cannot hold a micro-batch, their number is doubled from then
    on. After `record`, a step on a GPU is recorded and launched as one if possible. With a `share`, other devices
    compute the other micro-batches.
    """

    def __init__(
        self,
        model: Model,
        feed: Feed,
        targets: NDArray[np.int64] | NDArray[np.float32],
        outputs: int,
        recipe: Recipe,
        machine: Machine,
        watch: Watch,
        folds: NDArray[np.int64] | None = None,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        """`targets` (count, …), with bagging `folds` (count,), and `weights` (count,) belong to the feed's examples.

        `outputs` is the number of scores.
        """
        self.model = model
        self.feed = feed
        self.recipe = recipe
        self.machine = machine
        self.watch = watch
        self.device = torch.device(machine.device)
        self.on_features = False  # whether the feed yields designed features instead of raw examples
        self.outputs = outputs
        self.of_inputs = model.task.of_inputs
        self.targets = torch.from_numpy(targets).to(self.device)
        self.objective = Objective(model, recipe, targets, folds, weights)
        self.cutout = Cutout(recipe.cutout, len(targets), recipe.seed, model.scale.mean)
        self.optimizers = optimizers(
            model, [layer.path for layer in model.plan.output_layers], recipe, DTYPES[machine.precision]
        )
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self.weights = list(self.objective.weights)
        self.generator = torch.Generator(self.device)
        set_generator(model, self.generator)
        self.drawing = [module for module in model.modules() if isinstance(module, Random)]
        self.tensors = tensors(model)
        self.averaged = [name for name, tensor in self.tensors.items() if tensor.is_floating_point()]
        self.counted = [name for name in self.tensors if name not in self.averaged]
        self.ema = {name: t.clone() for name, t in self.tensors.items()} if recipe.ema else None
        self.loss_sum = torch.zeros((), dtype=torch.float64, device=self.device)  # over the epoch's examples
        self.rate = torch.zeros((), device=self.device)  # of the current step; recorded steps read it here
        self.follows = torch.zeros((), device=self.device)  # by how much the average moves in the current step
        self.graphs: CudaGraphs | None = None
        self.share: Share | None = None  # of each batch, if several devices compute it
        self._micro_batches = recipe.accumulate
        self._fits = False  # whether the memory has held such a micro-batch

    @property
    def micro_batches(self) -> int:
        """The number of micro-batches that a batch is computed in."""
        return self._micro_batches

    @property
    def running(self) -> list[Tensor]:
        """The running statistics that a step moves: not those of layers that are frozen."""
        modules = [m for m in self.model.modules() if m.training and isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
        return [s for module in modules for s in (module.running_mean, module.running_var) if s is not None]

    def cut(self, count: int) -> None:
        """Compute a batch in so many micro-batches from now on."""
        if count != self._micro_batches:
            self._micro_batches, self._fits = count, False
            if self.graphs is not None:
                self.graphs.forget()

    def follow(self, recipe: Recipe) -> None:
        """Take the penalties of a recipe from now on; what is recorded has those of before."""
        self.recipe = self.objective.recipe = recipe
        if self.graphs is not None:
            self.graphs.forget()

    def record(self) -> None:
        """Record steps from now on, if each step launches the same kernels on the same addresses.

        This excludes mixup, which draws on the CPU, designed features, which may branch on computed values, and
        examples that are sent to the GPU batch by batch. A watched step is not recorded, nor launched as recorded: its
        layers are read one by one.
        """
        repeats = not self.recipe.mixup and (self.on_features or not self.model.designed) and not self.watch.every_step
        if self.device.type == "cuda" and repeats and self.feed.elsewhere is None:
            self.graphs = CudaGraphs(self.machine.device, self.generator, self.parameters)

    def start(self, epoch: int) -> None:
        """Make the random draws of an epoch (1-based)."""
        self.feed.start(epoch)
        self.cutout.start(epoch)

    def take(self, number: int, index: int, rate: float) -> Tensor:
        """Take step `number` (1-based) on batch `index` of the epoch; return the objective before it, detached.

        Raises torch's or Python's own error if the memory cannot hold a single example.
        """
        if not self.model.training:  # the caller has left it in evaluation mode after the last record
            self.model.train()
        self.rate.fill_(rate)
        self.follows.fill_(1 - ema_decay(self.recipe.ema, number))
        rows = self.feed.rows(index)
        mixup = None
        if self.recipe.mixup:
            mixup = Mixup.draw(self.recipe.mixup, self.recipe.seed, number, len(rows), rows.device)
        self._seed = key(self.recipe.seed, "layers", number)
        if self.graphs is None:
            return self._update(rows, mixup)
        self.generator.manual_seed(self._seed)  # a launch of the recorded step does not seed it
        return self.graphs.step(self._update, rows, alone=self.watch.reading)

    def _update(self, rows: Tensor, mixup: Mixup | None = None) -> Tensor:
        """The part of a step that runs on the device, at the rate in `self.rate`."""
        recipe = self.recipe
        with self.watch.part(BACKWARD):
            loss = self._gradients(rows, mixup)
        self.watch.before_update()
        self.loss_sum.add_(loss, alpha=len(rows))
        if recipe.clip:
            torch.nn.utils.clip_grad_norm_(self.parameters, recipe.clip, foreach=True)
        with torch.no_grad():
            if recipe.weight_decay:
                decay(self.weights, self.rate * recipe.weight_decay)
            for optimizer in self.optimizers:
                with self.watch.part(OPTIMIZER):
                    optimizer.step(self.rate)
            if self.ema is not None:
                self._follow(self.ema)
        self.watch.after_update()
        return loss

    def _gradients(self, rows: Tensor, mixup: Mixup | None) -> Tensor:
        """Compute the objective on these rows and leave its gradients in the parameters.

        When the memory cannot hold a micro-batch, the batch starts again with twice as many; the statistics of
        normalization are restored first.
        """
        while True:
            buffers = None if self._fits else [buffer.clone() for buffer in self.model.buffers()]
            for parameter in self.parameters:
                parameter.grad = None
            self.generator.manual_seed(self._seed)
            try:
                loss = self._backward(rows, mixup)
            except (RuntimeError, MemoryError) as error:
                recording = self.graphs is not None and torch.cuda.is_current_stream_capturing()
                if not out_of_memory(error) or self.micro_batches >= len(rows) or recording or self.share is not None:
                    raise  # a second attempt would be recorded after the remains of the first; devices keep in step
            else:
                self._fits = True
                return loss
            self.cut(min(2 * self.micro_batches, len(rows)))
            self.watch.again()
            for buffer, old in zip(self.model.buffers(), buffers or (), strict=False):
                buffer.copy_(old)

    def _backward(self, rows: Tensor, mixup: Mixup | None) -> Tensor:
        """Add the gradients of the objective on these rows to the parameters'; return the objective, detached."""
        size = self.objective.size(rows, self.targets[rows])
        count = min(self.micro_batches, len(rows))
        parts, first = (rows,) if count == 1 else rows.tensor_split(count), 0
        if self.share is not None:
            parts, first = self.share.parts(rows, count)
        values = []
        for layer in self.drawing:
            layer.begin()
        for part in parts:
            for layer in self.drawing:
                layer.micro_batch = None if len(part) == len(rows) else (first, len(rows))
            with self.watch.part(DATA):
                inputs, targets = self._examples(rows, part, first, mixup)
            with self.machine.autocast():
                logits = self._logits(inputs)
            with self.watch.part(LOSS):
                loss = self.objective.data_loss(logits.float(), part, targets, size)
            loss.backward()
            values.append(loss.detach())
            first += len(part)
        if self.share is not None:
            values = [self.share.add_up(self.parameters, self.running, torch.stack(values).sum())]
        if self.objective.penalizes:
            penalty = self.objective.penalty()
            penalty.backward()
            values.append(penalty.detach())
        return values[0] if len(values) == 1 else torch.stack(values).sum()

    def _logits(self, inputs: Tensor) -> Tensor:
        """The logits for inputs of the feed, which are already prepared."""
        if self.on_features:
            return self.model.after_features(inputs)
        if self.model.preparation is not None:
            return self.model.after_preparation(inputs)
        logits: Tensor = self.model(inputs)
        return logits

    def _examples(self, rows: Tensor, part: Tensor, first: int, mixup: Mixup | None) -> tuple[Tensor, Tensor]:
        """The inputs and targets of a micro-batch: `part` of the batch `rows`, from its example `first` on."""
        whole = self.feed.inputs(part)
        inputs = self.cutout.apply(whole, part)
        # what SELF reconstructs is as augmented as the inputs, and has what was cut out
        targets = whole.flatten(1) if self.of_inputs else self.targets[part]
        if mixup is None:
            return inputs, targets
        inputs, partners = inputs.float(), mixup.partners[first : first + len(part)]
        if len(part) == len(rows):
            others = inputs[partners]
        else:  # an example's partner may be in another micro-batch
            others = self.cutout.apply(self.feed.inputs(rows[partners]), rows[partners]).float()
        own, theirs = goals(targets, self.outputs), goals(self.targets[rows[partners]], self.outputs)
        return mixup.mix(inputs, others), mixup.mix(own, theirs)

    def _follow(self, ema: State) -> None:
        """Move the averaged tensors towards the model's; integer counters are copied."""
        averages = [ema[name] for name in self.averaged]
        moves = torch._foreach_sub([self.tensors[name] for name in self.averaged], averages)
        torch._foreach_mul_(moves, self.follows)
        torch._foreach_add_(averages, moves)
        for name in self.counted:
            ema[name].copy_(self.tensors[name])


def ema_decay(most: float, number: int) -> float:
    """How much of the average step `number` (1-based) keeps: t / (t + 9), and `most` from where that is more.

    With `most` from the start, the average would hold on to the initial weights, and weights that have hardly learned
    would be validated in the first epochs.
    """
    return min(most, number / (number + 9))
