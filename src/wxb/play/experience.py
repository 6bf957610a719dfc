"""Games that a policy plays with itself, or with an earlier self, and what each move was worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from wxb.play.game import Bools, Floats, Game, Table, Turn, Whole
from wxb.play.policy import Policy, drawn


@dataclass(frozen=True)
class Experience:
    """The learner's moves of whole games, n of them."""

    seen: Floats  # (n, …)
    legal: Bools  # (n, actions)
    moves: Whole  # (n,), in the turned games
    scores: Floats  # (n,), log probabilities when they were made
    advantages: Floats  # (n,)
    returns: Floats  # (n,), what the baseline is to predict, in units of the game's returns
    score: float  # mean sum of rewards of a game, over the learner's moves


@dataclass(frozen=True)
class _Ply:
    """A move in each game that went on."""

    rows: Whole
    seen: Floats
    legal: Bools
    moves: Whole
    scores: Floats
    values: Floats
    turn: Turn
    ours: Bools
    beyond: Floats  # values of what the cut games would have gone on with


def play(
    game: Game,
    policy: Policy,
    table: Table,
    chance: np.random.Generator,
    opponent: Policy | None = None,
    sides: Whole | None = None,
) -> Experience:
    """Play the games of a table to their ends, with moves drawn by their probabilities.

    Each game is seen in one of the game's symmetries, drawn by `chance`. An `opponent` moves for the player `sides`
    (games,) of each game, 0 or 1; −1 where the policy plays both. Half of the games begin with moves by chance, where
    the game has openings. Nothing is learned from the opponent's moves and from openings.
    """
    games = len(table.live)
    ways = chance.integers(game.symmetries, size=games)
    opening = np.maximum(chance.integers(-game.opening, game.opening + 1, size=games), 0)
    plies: list[_Ply] = []
    while len(table.live):
        rows = table.live
        seen, legal = game.turned(table.observe(), table.legal(), ways[rows])
        likely, values = policy.probabilities(seen, legal)
        uniform = chance.random(len(rows))
        moves = drawn(likely, uniform)
        ours = np.ones(len(rows), bool)
        if opponent is not None and sides is not None:
            ours = sides[rows] != table.turn % 2
            theirs = np.flatnonzero(~ours)
            if len(theirs):
                moves[theirs] = drawn(opponent.probabilities(seen[theirs], legal[theirs])[0], uniform[theirs])
        opens = np.flatnonzero(table.turn < opening[rows])
        if len(opens):
            ours[opens] = False
            moves[opens] = np.where(legal[opens], chance.random(legal[opens].shape), -1).argmax(1)
        scores = np.log(likely[np.arange(len(rows)), moves])
        turn = table.play(game.turned_back(moves, ways[rows]))
        beyond = _beyond(game, policy, turn, ways[rows])
        plies.append(_Ply(rows, seen, legal, moves, scores, values, turn, ours, beyond))
    return _experience(game, plies, games)


def _beyond(game: Game, policy: Policy, turn: Turn, ways: Whole) -> Floats:
    """The values of the positions that cut games end in."""
    if not turn.cut.any():
        return np.empty(0, np.float32)
    allowed = np.ones((len(turn.seen), len(game.actions)), bool)
    return policy.probabilities(*game.turned(turn.seen, allowed, ways[turn.cut]))[1]


def _experience(game: Game, plies: list[_Ply], games: int) -> Experience:
    """Generalized advantage estimation, from the last move to the first (Schulman et al. 2016, arXiv:1506.02438).

    δ = r + sγV′ − V and A = δ + sγλA′, with s = −1 where the other player is to move next, whose gain is a loss.
    """
    following, ahead = np.zeros((2, games), np.float32)  # V′ and A′ of each game
    total = np.zeros(games, np.float32)
    decay = np.float32(game.sign * game.discount)
    advantages: list[Floats] = []
    for ply in reversed(plies):
        rows = ply.rows
        following[rows[ply.turn.cut]] = ply.beyond
        gain = ply.turn.rewards / np.float32(game.scale) + decay * following[rows] - ply.values
        gain = gain + decay * np.float32(game.trace) * ahead[rows]
        ahead[rows], following[rows] = gain, ply.values
        advantages.append(gain)
        total[rows] += np.where(ply.ours, ply.turn.rewards, 0)
    advantages.reverse()
    ours = np.concatenate([ply.ours for ply in plies])
    gains, values = np.concatenate(advantages)[ours], np.concatenate([ply.values for ply in plies])[ours]

    return Experience(
        seen=np.concatenate([ply.seen for ply in plies])[ours],
        legal=np.concatenate([ply.legal for ply in plies])[ours],
        moves=np.concatenate([ply.moves for ply in plies])[ours],
        scores=np.concatenate([ply.scores for ply in plies])[ours],
        advantages=gains,
        returns=gains + values,
        score=float(total.mean()),
    )


def tensors(experience: Experience, rows: Whole) -> tuple[torch.Tensor, ...]:
    """Some of the moves as tensors: seen, legal, moves, scores, advantages, returns."""
    found = experience
    arrays = (found.seen, found.legal, found.moves, found.scores, found.advantages, found.returns)
    return tuple(torch.from_numpy(array[rows]) for array in arrays)
