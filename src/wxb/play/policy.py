"""A policy: a network whose SOFTMAX gives the probabilities of actions, with a baseline on the same body.

The text of the network says nothing of the baseline: it is one number more, an affine layer on what the output layer
reads, trained to predict the return. Its weights begin at 0. It is not used to choose moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
import torch
from torch import Tensor, nn

from wxb.errors import WxbError
from wxb.network.blocks import Residual
from wxb.network.build import Model, build
from wxb.network.layers import Designed, Dropout
from wxb.notation import Network, plan, read
from wxb.notation.tree import PlannedLayer, PlannedTeam
from wxb.play.boards import Boards
from wxb.play.game import Bools, Floats, Game, Player, Table, Whole

NEVER = -1e9  # the score of an illegal move: its probability is exactly 0
STATISTICS = (nn.BatchNorm1d, nn.BatchNorm2d)


class Policy(nn.Module):
    """Probabilities of actions, and the return that is to be expected."""

    def __init__(self, network: Model) -> None:
        super().__init__()
        self.network = network
        output = network.plan.output_layer
        self.split = network.plan.items.index(output)  # what lies before is the body of both heads
        self.value = nn.Linear(prod(output.input), 1)
        nn.init.zeros_(self.value.weight)
        nn.init.zeros_(self.value.bias)

    def forward(self, seen: Tensor, legal: Tensor) -> tuple[Tensor, Tensor]:
        """What is seen (n, …) and allowed (n, actions) → log probabilities (n, actions) and values (n,)."""
        x: Tensor = seen
        for place in self.network.places[: self.split]:
            x = place.layer(x)
        values: Tensor = self.value(x.flatten(1)).squeeze(1)
        for place in self.network.places[self.split :]:
            x = place.layer(x)
        return x.masked_fill(~legal, NEVER).log_softmax(1), values

    @torch.no_grad()
    def probabilities(self, seen: Floats, legal: Bools) -> tuple[Floats, Floats]:
        """Arrays of the same: probabilities (n, actions), 0 for what is not allowed, and values (n,)."""
        scores, values = self(torch.from_numpy(seen), torch.from_numpy(legal))
        return scores.exp().numpy(), values.numpy()


def policy(network: str | Network, game: Game, bindings: Mapping[str, int] | None = None, seed: int = 0) -> Policy:
    """Build the policy of a network for a game.

    Raises WxbError if the network does not fit what is seen, does not end in a probability for each action, or has
    layers that act otherwise while they learn.
    """
    tree = read(network) if isinstance(network, str) else network
    planned = plan(tree, game.input, len(game.actions), bindings)
    if planned.head != "SOFTMAX":
        raise WxbError(
            f"{planned.head} does not fit {game.name}: a policy needs a probability for each of its actions",
            f"actions: {', '.join(game.actions)}",
            "end the network in SOFTMAX",
        )
    if any(isinstance(item, PlannedTeam) for item in planned.items):
        raise WxbError("a TEAM gives several answers, and a policy is one", fix="the layers within it, without TEAM")
    model = build(planned, input_shape=game.input, outputs=len(game.actions), seed=seed, normalize="none")
    for path, layer in model.named_modules():
        if why := _unfit(layer):
            raise WxbError(f"{path} has no place in a policy: {why}", fix="leave it out")
    assert isinstance(planned.output_layer, PlannedLayer)
    return Policy(model).eval()


def _unfit(layer: nn.Module) -> str:
    if isinstance(layer, Designed):
        return "designed features are made of a data set, and a game has none"
    if isinstance(layer, STATISTICS):
        return "it learns from the statistics of a batch, so a move would depend on the other games"
    if isinstance(layer, Dropout) or (isinstance(layer, Residual) and layer.survival < 1):
        return "it draws by chance while it learns, so what is learned would not be what played"
    return ""


# --- players --------------------------------------------------------------------------------------------------------


def drawn(probabilities: Floats, chance: Floats | np.ndarray) -> Whole:
    """An action for each row of probabilities (n, actions), from numbers (n,) in [0, 1): the inverse of their sums."""
    sums = probabilities.cumsum(1, dtype=np.float64)
    found: Whole = (sums <= (np.asarray(chance) * sums[:, -1])[:, None]).sum(1)
    return found


def greedy(policy: Policy) -> Player:
    """The player that takes the most probable action, as a run is measured and played with."""

    def player(table: Table | Boards, generator: np.random.Generator) -> Whole:
        found: Whole = policy.probabilities(table.observe(), table.legal())[0].argmax(1)
        return found

    return player
