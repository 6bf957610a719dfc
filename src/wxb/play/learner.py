"""Learning from reward: policy gradient with a baseline, or PPO's clipped objective, one step after the other.

A step plays whole games and learns from them, so nothing of a game outlives its step. All chance in it is a function of
the seed and the step: a step can be made again from the weights before it, and a resume is exact.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor

from wxb.learning.optimizers import optimizers
from wxb.learning.recipe import Recipe
from wxb.learning.schedules import factor
from wxb.learning.state import State, first_memory, need, of_kind, of_optimizers, put, put_into_optimizers
from wxb.learning.state import tensors as tensors_of
from wxb.play import experience
from wxb.play.experience import Experience
from wxb.play.game import Game, Whole
from wxb.play.policy import Policy, greedy
from wxb.play.schema import PlaySettings, StepLine
from wxb.randomness import generator, key

EPSILON = 0.2  # of PPO: how far a probability may move, as a share of what it was, before the gradient ends
PASSES = 4  # of PPO over the games of a step,
PARTS = 4  # each in so many gradients
VALUE = 0.5  # weight of the baseline's squared error
FLOOR = 0.1  # of the deviation that advantages are divided by: where all games are alike, noise stays small
AT_ONCE = 8_192  # moves whose gradient is computed together, for the memory; their gradients add up
POOL = 8  # earlier selves that are kept to play against
POOL_EVERY = 10  # steps between two of them
AGAINST = 0.5  # share of the games against one of them; the others are played with itself


class Learner:
    """A policy that learns to play a game."""

    def __init__(self, game: Game, policy: Policy, settings: PlaySettings) -> None:
        self.game = game
        self.policy = policy
        self.settings = settings
        self.step = self.games = self.moves = 0
        self.seconds = 0.0
        self.pool: list[State] = []  # the tensors of earlier selves, the oldest first
        self._opponent = deepcopy(policy) if game.players == 2 else None
        recipe = Recipe(
            seed=settings.seed, optimizer=settings.optimizer, learning_rate=settings.learning_rate, clip=settings.clip
        )
        outputs = [f"network.{layer.path}" for layer in policy.network.plan.output_layers]
        self.optimizers = optimizers(policy, [*outputs, "value"], recipe)

    # --- state -------------------------------------------------------------------------------------------------------

    def state(self) -> State:
        """All that going on takes, as tensors by name, but what the history's lines say."""
        pool = {f"pool/{i}/{name}": tensor for i, one in enumerate(self.pool) for name, tensor in one.items()}
        policy = {f"policy/{name}": tensor for name, tensor in tensors_of(self.policy).items()}
        memory = {f"optimizer/{name}": tensor for name, tensor in of_optimizers(self.policy, self.optimizers).items()}
        return {name: tensor.clone() for name, tensor in {**policy, **memory, **pool}.items()}

    def restore(self, state: State, line: StepLine | None) -> None:
        """Go on from a state; `line` is the history's last. Raises Misfit if the tensors do not fit."""
        if line is None:
            return
        own = tensors_of(self.policy)
        need(own, of_kind(state, "policy"))
        need(first_memory(self.policy, self.optimizers), of_kind(state, "optimizer"))
        kept = range(min(POOL, line.step // POOL_EVERY) if self._opponent is not None else 0)
        pool = [of_kind(state, f"pool/{i}") for i in kept]
        for one in pool:
            need(own, one)
        put(self.policy, of_kind(state, "policy"))
        put_into_optimizers(self.policy, self.optimizers, of_kind(state, "optimizer"))
        self.pool = pool
        self.step, self.games, self.moves, self.seconds = line.step, line.games, line.moves, line.seconds

    # --- steps -------------------------------------------------------------------------------------------------------

    def learn(self) -> Iterator[StepLine]:
        """Make the steps that are left, and yield a line after each."""
        while self.step < self.settings.steps:
            began = time.perf_counter()
            step = self.step + 1
            found = self._play(step)
            rate = self.settings.learning_rate * factor(self.settings.schedule, 0.0, step, self.settings.steps)
            loss, value_loss, entropy = self._update(found, step, rate)
            self.step = step
            self.games += self.settings.batch_size
            self.moves += len(found.moves)
            if self._opponent is not None and step % POOL_EVERY == 0:
                before = {name: tensor.clone() for name, tensor in tensors_of(self.policy).items()}
                self.pool = [*self.pool, before][-POOL:]
            score = self._score(found, step)
            self.seconds += time.perf_counter() - began
            yield StepLine(step, self.games, self.moves, score, rate, loss, value_loss, entropy, round(self.seconds, 3))

    def _score(self, found: Experience, step: int) -> float | None:
        """The point of the learning curve after a step; some games have one after some steps only."""
        if step % self.game.every and step not in (1, self.settings.steps):
            return None
        scored = self.game.scored(greedy(self.policy), key(self.settings.seed, "score", step))
        return round(found.score if scored is None else scored, 6)

    def _play(self, step: int) -> Experience:
        seed, games = self.settings.seed, self.settings.batch_size
        table = self.game.begin(games, key(seed, "games", step))
        chance = generator(seed, "moves", step)
        if self._opponent is None or not self.pool:
            return experience.play(self.game, self.policy, table, chance)
        drawing = generator(seed, "opponent", step)
        put(self._opponent, self.pool[int(drawing.integers(len(self.pool)))])
        sides = np.full(games, -1)
        sides[: round(AGAINST * games)] = np.arange(round(AGAINST * games)) % 2
        return experience.play(self.game, self.policy, table, chance, self._opponent, sides)

    def _update(self, found: Experience, step: int, rate: float) -> tuple[float, float, float]:
        """Learn from moves: one gradient of all of them, or those of PPO; the first gradient's losses."""
        moves = len(found.moves)
        if not moves:  # all moves of these few games were openings by chance: there is nothing to learn from
            return 0.0, 0.0, 0.0
        gains = found.advantages
        scaled = ((gains - gains.mean()) / max(gains.std(), FLOOR)).astype(np.float32)
        found = Experience(found.seen, found.legal, found.moves, found.scores, scaled, found.returns, found.score)
        if not self.settings.ppo:
            return self._gradient(found, np.arange(moves), rate)
        first = None
        for number in range(PASSES):
            order = generator(self.settings.seed, "order", step, number).permutation(moves)
            for rows in np.array_split(order, min(PARTS, moves)):
                told = self._gradient(found, rows, rate)
                first = first or told
        assert first is not None
        return first

    def _gradient(self, found: Experience, rows: Whole, rate: float) -> tuple[float, float, float]:
        """A gradient and its update; the mean loss of the moves, of the baseline, and the mean entropy."""
        parameters = list(self.policy.parameters())
        for parameter in parameters:
            parameter.grad = None
        sums = torch.zeros(3, dtype=torch.float64)
        for part in np.array_split(rows, math.ceil(len(rows) / AT_ONCE)):
            losses = self._losses(experience.tensors(found, part))
            objective = losses[0] + VALUE * losses[1] - self.game.entropy * losses[2]
            (objective / len(rows)).backward()
            sums += torch.stack(losses).detach().double()
        if self.settings.clip:
            torch.nn.utils.clip_grad_norm_(parameters, self.settings.clip)
        for optimizer in self.optimizers:
            optimizer.step(torch.tensor(rate))
        loss, value_loss, entropy = (sums / len(rows)).tolist()
        return loss, value_loss, max(entropy, 0.0)

    def _losses(self, moves: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """Sums over moves of the loss, of the baseline's squared error, and of the entropy.

        The policy gradient's loss is −A log π (Williams 1992, with a baseline; Sutton et al. 2000); PPO's is
        −min(ρA, clip(ρ, 1 − ε, 1 + ε)A), ρ being the probability over what it was (Schulman et al. 2017,
        arXiv:1707.06347, equation 7).
        """
        seen, legal, taken, before, gains, returns = moves
        scores, values = self.policy(seen, legal)
        now = scores.gather(1, taken[:, None]).squeeze(1)
        if self.settings.ppo:
            ratio = (now - before).exp()
            kept = torch.minimum(ratio * gains, ratio.clamp(1 - EPSILON, 1 + EPSILON) * gains)
        else:
            kept = now * gains
        entropy = -(scores.exp() * scores).sum()
        return -kept.sum(), (values - returns).square().sum(), entropy


def give(state: Mapping[str, Tensor], policy: Policy) -> None:
    """Give a policy the tensors of a run's weights. Raises Misfit if they are those of another network."""
    need(tensors_of(policy), state)
    put(policy, dict(state))
