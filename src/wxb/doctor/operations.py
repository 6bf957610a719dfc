"""The operations that lead from a module's scores to its loss, by the graph of the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from torch import Tensor
from torch.autograd.graph import Node

ENTROPY: Final = "cross-entropy of logits"
BINARY_ENTROPY: Final = "binary cross-entropy of logits"
LOG_LIKELIHOOD: Final = "log-likelihood"
LOSSES = {
    ("NllLoss", "LogSoftmax"): ENTROPY,
    ("LogSoftmax",): ENTROPY,  # of targets that are probabilities
    ("BinaryCrossEntropyWithLogits",): BINARY_ENTROPY,
    ("NllLoss",): LOG_LIKELIHOOD,
}
AFFINE = ("Addmm", "Mm", "Convolution")
# what changes the shape or the type of scores,
PASSING = {
    "View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze", "Transpose", "T", "Permute", "Clone", "Alias",
    "Select", "Slice", "ToCopy",
}  # fmt: skip
REDUCING = {"Add", "Mul", "Div", "Neg", "Sum", "Mean"}  # and what makes a single loss of those of the examples
MOST = 32  # operations that are followed


@dataclass(frozen=True)
class Operations:
    """What makes the scores, as autograd names it ("Softmax"), and what kind of loss is made of them; "" if unknown."""

    last: str
    loss: str


def operations_of(scores: Tensor, loss: Tensor) -> Operations:
    """What leads to the scores, and from them to the loss. Both need their graph."""
    last = next((name for name, _ in _followed(scores) if name not in PASSING), "")
    between: list[str] = []
    for name, node in _followed(loss):
        if node is scores.grad_fn:
            return Operations(last, LOSSES.get(tuple(between), ""))
        if name not in PASSING | REDUCING:
            between.append(name)
    return Operations(last, "")


def _followed(tensor: Tensor) -> list[tuple[str, Node]]:
    """The operations that lead to a tensor, the last one first, through the first input of each that is learned."""
    node: Node | None = tensor.grad_fn
    found: list[tuple[str, Node]] = []
    while node is not None and len(found) < MOST:
        found.append((node.name().split("Backward")[0].removesuffix("2D"), node))
        node = next((one for one, _ in node.next_functions if one is not None), None)
    return found
