"""Every layer of a run's network at once, as it is now: maps of an example, weights, and the gradients of both."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from wxb.data.dataset import Dataset
from wxb.network.build import Model
from wxb.page.numbers import MOST_LAYERS, MOST_MAPS, MOST_NUMBERS, numbers, rounded
from wxb.runs.run import Run
from wxb.views.layers import PREPARING
from wxb.views.subject import Subject, as_batch

BESIDE = (*PREPARING, "restore")  # modules before the first layer and behind the last


def layers(run: Run, seen: Subject, data: Dataset, example: int) -> dict[str, Any]:
    """What each layer gives for a test example, its weights, and the gradients of the example's loss for both.

    The gradient of a map says in which direction it would have to change to make the loss greater. Networks of teams
    and of designed features have no such gradients for all of their layers; what there are not is left out.
    """
    rows, _ = seen.rows(data, None)
    row = int(rows[seen.place(example, len(rows), "the test part")])
    shown = seen.example(data, example)
    target = torch.from_numpy(seen.targets(data)[row : row + 1])
    model = seen.model
    assert isinstance(model, Model)
    given, gradients, weights, loss = _passes(model, as_batch(seen.examples(data)[row : row + 1]), target)
    names = [name for name in given if given[name].shape[:1] == (1,)][:MOST_LAYERS]
    return {
        "example": {"words": shown.sentence, "name": shown.name},
        "loss": loss,
        "step": run.step if run.step is not None else run.summary.steps.done,
        "layers": [_layer(name, given[name], gradients.get(name), weights.get(name)) for name in names],
    }


def _layer(name: str, given: Tensor, gradient: Tensor | None, weights: tuple[Tensor, Tensor] | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": name,
        "shape": list(given.shape[1:]),
        "values": numbers(given[0].float().numpy()),
        "gradient": None if gradient is None else numbers(gradient[0].float().numpy()),
    }
    if weights is not None:
        own, changes = weights
        told["change"] = float(changes.square().mean().sqrt() / own.square().mean().sqrt().clamp_min(1e-12))
        if own.ndim == 4 and own[:MOST_MAPS].numel() <= MOST_NUMBERS:
            told["filters"], told["filter_gradients"] = (_filters(one) for one in weights)
    return told


def _filters(weight: Tensor) -> Any:
    """The first filters (units, height, width), each as the mean over its input channels."""
    return rounded(weight[:MOST_MAPS].mean(1).float().numpy())


def _passes(
    model: Model, batch: Tensor, target: Tensor
) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, tuple[Tensor, Tensor]], float]:
    """The outputs of all layers, their gradients, each layer's weights with their gradient, and the loss."""
    given: dict[str, Tensor] = {}
    gradients: dict[str, Tensor] = {}
    handles = []

    def hear(name: str) -> Any:
        def after(module: nn.Module, values: tuple[Any, ...], output: Any) -> None:
            if not isinstance(output, Tensor) or name in given:
                return
            given[name] = output.detach().clone()
            if output.requires_grad:  # the hook is that of the value before a layer overwrites it
                output.register_hook(lambda gradient: gradients.setdefault(name, gradient.detach().clone()))

        return after

    for name, module in model.named_modules():
        if name and name not in BESIDE and not any(True for _ in module.children()):
            handles.append(module.register_forward_hook(hear(name)))
    named = [
        (name, module.weight)
        for name, module in model.named_modules()
        if isinstance(getattr(module, "weight", None), Tensor)
    ]
    learned = [(name, weight) for name, weight in named if weight.ndim > 1 and weight.requires_grad]
    try:
        with torch.enable_grad():
            logits = model.eval()(batch)
            loss = model.head.loss(logits.float(), target).sum()
            found = torch.autograd.grad(loss, [weight for _, weight in learned], allow_unused=True)
    finally:
        for handle in handles:
            handle.remove()
    pairs = zip(learned, found, strict=True)
    weights = {name: (weight.detach(), change) for (name, weight), change in pairs if change is not None}
    return given, gradients, weights, float(loss.detach())
