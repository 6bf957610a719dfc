"""A game: what a player sees, what it may do, what it is rewarded for, and how good a player is at it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wxb.notation.tree import Shape
from wxb.play.schema import Measured

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Turn:
    """What a move in each game led to, in the order of the games that went on before it."""

    rewards: Floats  # of the player who moved
    ended: Bools
    cut: Bools  # ended by a limit of moves alone: what would have come is not 0
    seen: Floats  # what the players of the cut games see in the end


class Table(Protocol):
    """Games that are played side by side; those that have ended leave the table."""

    live: Whole  # the numbers of the games that go on
    turn: int  # moves made so far

    def observe(self) -> Floats:
        """What the player to move sees of each game that goes on: (games, …) float32."""

    def legal(self) -> Bools:
        """Which actions the rules allow in each game that goes on: (games, actions)."""

    def play(self, moves: Whole) -> Turn:
        """Make a move in each game that goes on."""


class Player(Protocol):
    """Whoever chooses moves: a network, chance, or a search."""

    def __call__(self, table: Any, generator: np.random.Generator) -> Whole:
        """A legal move for each game that goes on."""


class Oracle(Protocol):
    """What a policy says of positions."""

    def probabilities(self, seen: Floats, legal: Bools) -> tuple[Floats, Floats]:
        """Probabilities of the actions (n, actions), and values (n,)."""


class Person(Protocol):
    """A person who plays or watches."""

    def say(self, text: str) -> None:
        """Show lines."""

    def frame(self, text: str, last: bool) -> None:
        """Show a picture in the place of the one before."""

    def ask(self, actions: Sequence[str], legal: Sequence[bool]) -> int | None:
        """The number of an action that the rules allow; None if the person leaves."""


@dataclass(frozen=True)
class Game(ABC):
    """A game; what differs between games is here or in a method, and nothing asks for a game's name."""

    name: str
    title: str  # as a sentence names it: "tic-tac-toe"
    input: Shape  # of what a player sees
    actions: tuple[str, ...]  # their names, as a person types them
    players: int  # 1 or 2, who take turns
    network: str  # that plays if none is named
    settings: Mapping[str, Any] = field(hash=False)  # of the training, if nobody chooses others
    score: str  # what the learning curve shows
    best: float  # the highest score
    goal: float  # the score from which on the game counts as learned
    discount: float = 1.0  # of a reward that comes a move later
    scale: float = 1.0  # the size of returns; values are learned in this unit
    trace: float = 1.0  # λ of the advantages: 1 trusts the returns alone, 0 the values
    entropy: float = 0.01  # weight of the policy's entropy in the loss, so that it goes on trying
    opening: int = 0  # half of the games that are learned from begin with 1 to so many moves by chance
    symmetries: int = 1  # ways to turn what is seen, and the actions with it, that leave the game the same
    every: int = 1  # steps between two points of the learning curve

    @property
    def sign(self) -> float:
        """What the next position's value counts for the player who moved: −1 if it is the other's turn then."""
        return -1.0 if self.players == 2 else 1.0

    def need(self) -> None:
        """Raise WxbError, with the command that helps, if what the game is made of is not installed."""
        return

    @abstractmethod
    def shown(self, score: float) -> str:
        """A point of the learning curve as people read it."""

    @abstractmethod
    def sentence(self, one: Measured) -> str:
        """A result as people read it."""

    @abstractmethod
    def shares(self, one: Measured) -> dict[str, float]:
        """The numbers of a result that a mean over seeds is told of, by name."""

    @abstractmethod
    def begin(self, games: int, seed: int) -> Table:
        """A table of new games."""

    def turned(self, seen: Floats, legal: Bools, ways: Whole) -> tuple[Floats, Bools]:
        """What is seen and allowed in each game (games, …), turned in one of the `symmetries` ways each."""
        return seen, legal

    def turned_back(self, moves: Whole, ways: Whole) -> Whole:
        """The actions that stand for moves in turned games."""
        return moves

    @abstractmethod
    def measure(self, player: Player, seed: int) -> tuple[Measured, ...]:
        """How good a player is."""

    @abstractmethod
    def scored(self, player: Player, seed: int) -> float | None:
        """A point of the learning curve; None if it is the mean return of the games that are learned from."""

    @abstractmethod
    def position(self, oracle: Oracle, moves: Sequence[int], seed: int) -> dict[str, Any]:
        """A game after some moves as plain values, and what a policy would do there; one for one player as a whole.

        Raises WxbError for a move that the rules do not allow.
        """

    @abstractmethod
    def meet(self, player: Player, begins: bool, person: Person, seed: int) -> None:
        """A person's game against a player; a game for one is watched. `begins` is whether the person does."""
