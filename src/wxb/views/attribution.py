"""Attribution: how much each number of an input matters for a score, by methods that disagree.

Everything is counted for the input as the network scales it, so that numbers of any size can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from wxb.network.build import Model
from wxb.randomness import generator
from wxb.views.plane import prepared
from wxb.views.subject import Subject

SMOOTH = 32  # noisy copies of SmoothGrad,
NOISE = 0.15  # and their standard deviation, as a share of the input's range (Smilkov et al. 2017: 0.1 to 0.2)
STEPS = 50  # points of the path of integrated gradients
AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Question:
    """Why a score: the network, its input (1, …) scaled, and the number of the output that is asked about."""

    module: nn.Module
    input: Tensor
    output: int

    def score(self, z: Tensor) -> Tensor:
        """The score asked about, for scaled inputs: (batch, …) → (batch,)."""
        return scores(self.module, z)[:, self.output]


def question(seen: Subject, values: NDArray[Any], output: int | None = None) -> Question:
    """The question why a network gives its greatest score, or that of `output`, for an example (…)."""
    x = prepared(seen, values[None])
    model = deepcopy(seen.model).eval().requires_grad_(False)
    for layer in model.modules():
        if isinstance(layer, nn.ReLU):
            layer.inplace = False
    if isinstance(model, Model):
        x = (x.to(model.scale.mean.dtype) - model.scale.mean) / model.scale.std
    with torch.no_grad():
        place = int(scores(model, x)[0].argmax()) if output is None else output
    return Question(model, x.detach(), place)


def scores(module: nn.Module, z: Tensor) -> Tensor:
    """What a network gives for scaled inputs: (batch, …) → (batch, outputs)."""
    if not isinstance(module, Model):
        return cast(Tensor, module(z))
    return module.after_preparation(z * module.scale.std + module.scale.mean)


def gradients(of: Question, z: Tensor) -> Tensor:
    """The gradient of the score for each of the inputs (n, …)."""
    found = []
    for start in range(0, len(z), AT_ONCE):
        part = z[start : start + AT_ONCE].detach().requires_grad_()
        found.append(torch.autograd.grad(of.score(part).sum(), part)[0])
    return torch.cat(found)


def gradient(of: Question) -> Tensor:
    """The gradient of the score (Simonyan et al. 2013, arXiv:1312.6034)."""
    return gradients(of, of.input)[0]


def smoothgrad(of: Question) -> Tensor:
    """The mean of gradients of noisy copies of the input (Smilkov et al. 2017, arXiv:1706.03825)."""
    spread = NOISE * float(of.input.max() - of.input.min())
    noise = generator(0, "smoothgrad").standard_normal((SMOOTH, *of.input.shape[1:]))
    return gradients(of, of.input + spread * torch.from_numpy(noise).to(of.input.dtype)).mean(0)


def integrated(of: Question) -> Tensor:
    """Integrated gradients from the mean of the training part, which is 0 (Sundararajan et al. 2017, arXiv:1703.01365).

    Σ is the score of the input minus that of the mean. The integral is taken by Gauss and Legendre's rule of 50 points.
    """
    points, weights = np.polynomial.legendre.leggauss(STEPS)
    shares = torch.from_numpy((points + 1) / 2).to(of.input.dtype).view(-1, *(1,) * (of.input.ndim - 1))
    parts = torch.from_numpy(weights / 2).to(of.input.dtype).view(-1, *(1,) * (of.input.ndim - 1))
    return (of.input * (gradients(of, of.input * shares) * parts).sum(0))[0]


class _Guided(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        positive: Tensor = x.clamp_min(0)
        return positive

    @staticmethod
    def backward(ctx: Any, *given: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        passed: Tensor = given[0].clamp_min(0) * (x > 0)
        return passed


class GuidedReLU(nn.Module):
    """A RELU that passes back only what is above 0."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) → the same shape."""
        return cast(Tensor, _Guided.apply(x))  # type: ignore[no-untyped-call]


def guided(of: Question) -> Tensor:
    """Guided backpropagation: what is below 0 stops at each RELU (Springenberg et al. 2014, arXiv:1412.6806)."""
    kept = []
    for module in list(of.module.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU):
                kept.append((module, name, child))
                _put(module, name, GuidedReLU())
    try:
        return gradient(of)
    finally:
        for module, name, child in kept:
            _put(module, name, child)


def _put(module: nn.Module, name: str, child: nn.Module) -> None:
    module._modules[name] = child


def last_maps(of: Question) -> nn.Module | None:
    """The last layer that gives maps of more than one place."""
    last: list[nn.Module] = []

    def seen(module: nn.Module, given: Any, output: Any) -> None:
        whole = isinstance(output, Tensor) and output.ndim == 4 and len(output) == 1
        if (
            whole
            and max(output.shape[2:]) > 1
            and not any(True for _ in module.children())
            and name_of[module] != "scale"
        ):
            last.append(module)

    name_of = {module: name for name, module in of.module.named_modules()}
    handles = [module.register_forward_hook(seen) for module in of.module.modules()]
    with torch.no_grad():
        of.score(of.input)
    for handle in handles:
        handle.remove()
    return last[-1] if last else None


def gradcam(of: Question) -> Tensor:
    """Grad-CAM: max(0, Σ_k a_k A_k), A_k the last maps, a_k the mean gradient of map k (Selvaraju et al. 2017,
    arXiv:1610.02391); bilinear in the size of the input (1, height, width).
    """
    layer = last_maps(of)
    assert layer is not None
    maps: list[Tensor] = []
    handle = layer.register_forward_hook(lambda module, given, output: maps.append(output))
    try:
        score = of.score(of.input.detach().requires_grad_())
    finally:
        handle.remove()
    (slope,) = torch.autograd.grad(score.sum(), maps[0])
    weighed = (slope.mean((2, 3), keepdim=True) * maps[0]).sum(1, keepdim=True).clamp_min(0)
    return F.interpolate(weighed, of.input.shape[2:], mode="bilinear", align_corners=False)[0].detach()


def occlusion(of: Question) -> Tensor:
    """How much the score falls where a window is replaced by the mean, averaged over the windows that hold a pixel
    (Zeiler, Fergus 2014, arXiv:1311.2901): (1, height, width); of rows, each feature by itself.
    """
    rows = of.input.ndim == 2
    masks = torch.eye(of.input.shape[1], dtype=torch.bool) if rows else windows(*of.input.shape[2:])
    falls = []
    with torch.no_grad():
        whole = of.score(of.input)[0]
        for start in range(0, len(masks), AT_ONCE):
            some = masks[start : start + AT_ONCE]
            hidden = some if rows else some[:, None]
            falls.append(whole - of.score(of.input.masked_fill(hidden, 0.0)))
    fall = torch.cat(falls)
    if rows:
        return fall
    shares = masks.to(fall.dtype)
    return ((fall[:, None, None] * shares).sum(0) / shares.sum(0))[None]


def windows(high: int, wide: int) -> Tensor:
    """Masks (n, height, width) of windows of a fifth of the sides, half a window apart, that cover the picture."""
    size = max(1, round(high / 5)), max(1, round(wide / 5))
    tops = sorted({*range(0, high - size[0] + 1, max(1, size[0] // 2)), high - size[0]})
    lefts = sorted({*range(0, wide - size[1] + 1, max(1, size[1] // 2)), wide - size[1]})
    masks = torch.zeros(len(tops) * len(lefts), high, wide, dtype=torch.bool)
    for place, (top, left) in enumerate((top, left) for top in tops for left in lefts):
        masks[place, top : top + size[0], left : left + size[1]] = True
    return masks


METHODS: dict[str, Callable[[Question], Tensor]] = {
    "gradient": gradient,
    "smoothgrad": smoothgrad,
    "integrated": integrated,
    "guided": guided,
    "gradcam": gradcam,
    "occlusion": occlusion,
}


def applicable(of: Question) -> dict[str, str]:
    """Every method, and why it does not apply to a network; empty if it does."""
    from wxb.network.layers import Designed

    reasons = dict.fromkeys(METHODS, "")
    if any(isinstance(layer, Designed) for layer in of.module.modules()):
        reasons.update({name: "designed features have no gradient" for name in METHODS if name != "occlusion"})
        return reasons
    if not any(isinstance(layer, nn.ReLU) for layer in of.module.modules()):
        reasons["guided"] = "there is no RELU"
    if last_maps(of) is None:
        reasons["gradcam"] = "no layer gives maps"
    return reasons


def shuffled(of: Question, seed: int) -> Question:
    """The same question to a network whose upper half of weights is shuffled, each tensor within itself.

    Guided backpropagation is told by the upper layers, to which it is blind (Adebayo et al. 2018, figure 2): edges of
    the input remain as long as the lower layers do.
    """
    module = deepcopy(of.module)
    rng = generator(seed, "shuffled weights")
    with torch.no_grad():
        weights = [parameter for parameter in module.parameters() if parameter.ndim > 1]
        for parameter in weights[len(weights) // 2 :]:
            flat = parameter.reshape(-1)
            parameter.copy_(flat[torch.from_numpy(rng.permutation(flat.numel()))].view_as(parameter))
    return Question(module, of.input, of.output)
