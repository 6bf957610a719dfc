"""Board games of two players who put stones: thousands of positions at once, as sets of bits."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.play.game import Bools, Floats, Game, Oracle, Person, Player, Turn, Whole
from wxb.play.schema import Measured
from wxb.randomness import generator, key
from wxb.statistics import wilson
from wxb.text import count, percent, percent_interval

Bits = NDArray[np.uint64]
ONE = np.uint64(1)
STONES = "XO"  # of the first player and the second


@dataclass(frozen=True)
class BoardGame(Game):
    """A game on a board of cells, each a bit; the player whose stones make a line wins."""

    @property
    def rows(self) -> int:
        """Rows of the board."""
        return self.input[1]

    @property
    def columns(self) -> int:
        """Columns of the board."""
        return self.input[2]

    @property
    @abstractmethod
    def cells(self) -> Bits:
        """The bit (rows · columns,) of each cell, row by row from the top."""

    @abstractmethod
    def allowed(self, taken: Bits) -> Bools:
        """Which actions (positions, actions) are there where these cells (positions,) have stones."""

    @abstractmethod
    def stone(self, taken: Bits, moves: Whole) -> Bits:
        """The cell (positions,) that each move puts a stone on."""

    @abstractmethod
    def lines(self, stones: Bits) -> Bools:
        """Where these stones (positions,) hold a line."""

    @abstractmethod
    def turns(self) -> tuple[Whole, Whole]:
        """Each way to turn the board: cells (ways, cells) and actions (ways, actions) in the place of the own ones."""

    @cached_property
    def full(self) -> np.uint64:
        """All cells."""
        return np.uint64(np.bitwise_or.reduce(ONE << self.cells))

    @cached_property
    def _turns(self) -> tuple[Whole, Whole]:
        return self.turns()

    def shown(self, score: float) -> str:
        """A share in per cent."""
        return percent(score)

    def sentence(self, one: Measured) -> str:
        """Games won, drawn and lost: "won 612 (61.2 % [58.1, 64.2]), drawn 300, lost 88 of 1,000 games"."""
        between = "" if one.interval is None else f" {percent_interval(one.interval)}"
        won, drawn, lost = (count(number) for number in (one.won, one.drawn, one.lost) if number is not UNSET)
        of = "games" if one.interval is not None else "lines of play"
        return f"won {won} ({percent(one.value)}{between}), drawn {drawn}, lost {lost} of {count(one.games)} {of}"

    def shares(self, one: Measured) -> dict[str, float]:
        """The shares of games that were won, and that were not lost."""
        lost = 0 if one.lost is UNSET else one.lost
        return {"won": one.value, "not lost": (one.games - lost) / one.games}

    def begin(self, games: int, seed: int = 0) -> Boards:
        """Empty boards."""
        empty = np.zeros(games, np.uint64)
        return Boards(self, empty, empty.copy())

    def turned(self, seen: Floats, legal: Bools, ways: Whole) -> tuple[Floats, Bools]:
        """Boards and actions turned."""
        cells, actions = self._turns
        flat = seen.reshape(len(seen), 2, -1)
        turned = np.take_along_axis(flat, cells[ways][:, None, :], 2).reshape(seen.shape)
        return turned, np.take_along_axis(legal, actions[ways], 1)

    def turned_back(self, moves: Whole, ways: Whole) -> Whole:
        """The cells or columns that turned ones stand for."""
        found: Whole = self._turns[1][ways, moves]
        return found

    def meet(self, player: Player, begins: bool, person: Person, seed: int) -> None:
        """Moves in turn, until one wins, the board is full or the person leaves."""
        board, chance = self.begin(1), generator(seed, "person")
        person.say(
            f"{self.title}: you are {STONES[not begins]}, who {'begins' if begins else 'moves second'}; q leaves"
        )
        while True:
            theirs = (board.turn % 2 == 0) == begins
            if theirs:
                person.say(f"\n{board}")
                move = person.ask(self.actions, board.legal()[0].tolist())
                if move is None:
                    person.say("the game was left")
                    return
            else:
                move = int(player(board, chance)[0])
                person.say(f"\nthe run takes {self.actions[move]}")
            board, rewards, ended = board.after(np.arange(1), np.array([move]))
            if ended[0]:
                person.say(f"\n{board}")
                person.say("a draw" if not rewards[0] else "you have won" if theirs else "the run has won")
                return

    def position(self, oracle: Oracle, moves: Sequence[int], seed: int) -> dict[str, Any]:
        """The board after moves: 0 for a free cell, 1 for the first player's stones, 2 for the second's."""
        board, won, over = self.begin(1), False, False
        for number, move in enumerate(moves, 1):
            if over or not 0 <= move < len(self.actions) or not board.legal()[0, move]:
                raise WxbError(f"move {number} is not allowed: {'the game is over' if over else move + 1}")
            board, rewards, ended = board.after(np.arange(1), np.array([move]))
            won, over = bool(rewards[0]), bool(ended[0])
        own, other = (
            (stones[0] >> self.cells & ONE).reshape(self.rows, self.columns) for stones in (board.own, board.other)
        )
        first, second = (own, other) if board.turn % 2 == 0 else (other, own)
        told: dict[str, Any] = {
            "board": (first + 2 * second).tolist(), "turn": board.turn, "over": over,
            "winner": None if not won else 1 + (board.turn - 1) % 2, "legal": [False] * len(self.actions),
        }  # fmt: skip
        if not over:
            legal = board.legal()
            likely, values = oracle.probabilities(board.observe(), legal)
            told |= {"legal": legal[0].tolist(), "likely": likely[0].tolist(), "value": float(values[0])}
        return told

    def free(self, place: int) -> str:
        """How a free cell is drawn."""
        return "·"

    @property
    def below(self) -> tuple[str, ...]:
        """Lines below a drawn board."""
        return ()


class Boards:
    """Positions of one game, all after as many moves; a stone of the player to move is in `own`."""

    def __init__(self, game: BoardGame, own: Bits, other: Bits, turn: int = 0, live: Whole | None = None) -> None:
        self.game = game
        self.own = own
        self.other = other
        self.turn = turn
        self.live = np.arange(len(own)) if live is None else live

    def __str__(self) -> str:
        """The first position, X being the player's who began."""
        game, first = self.game, self.turn % 2 == 0
        pair = (self.own, self.other) if first else (self.other, self.own)
        marks = []
        for place, bit in enumerate(game.cells):
            stones = [bool((stones[0] >> bit) & ONE) for stones in pair]
            marks.append(STONES[stones.index(True)] if any(stones) else game.free(place))
        lines = [" ".join(marks[row * game.columns : (row + 1) * game.columns]) for row in range(game.rows)]
        return "\n".join([*lines, *game.below])

    def observe(self) -> Floats:
        """Two planes (positions, 2, rows, columns): 1 for own stones, 1 for the other's."""
        planes = np.stack([self.own, self.other], 1)[:, :, None] >> self.game.cells & ONE
        return planes.astype(np.float32).reshape(-1, *self.game.input)

    def legal(self) -> Bools:
        """Where stones can be put."""
        return self.game.allowed(self.own | self.other)

    def play(self, moves: Whole) -> Turn:
        """Put stones; a line is rewarded with 1. Boards with a line, and full ones, leave the table."""
        rewards, ended = self._put(moves)
        going = ~ended
        self.own, self.other, self.live = self.own[going], self.other[going], self.live[going]
        none = np.zeros_like(ended)
        return Turn(rewards, ended, none, np.empty((0, *self.game.input), np.float32))

    def after(self, rows: Whole, moves: Whole) -> tuple[Self, Floats, Bools]:
        """The positions that moves in some of these lead to, those that have ended among them; rewards and ends."""
        table = self.take(rows)
        rewards, ended = table._put(moves)
        return table, rewards, ended

    def take(self, rows: Whole) -> Self:
        """Some of the positions, in a table of their own."""
        return type(self)(self.game, self.own[rows], self.other[rows], self.turn, self.live[rows])

    def _put(self, moves: Whole) -> tuple[Floats, Bools]:
        taken = self.own | self.other
        mover = self.own | self.game.stone(taken, moves)
        won = self.game.lines(mover)
        self.own, self.other = self.other, mover
        self.turn += 1
        return won.astype(np.float32), won | ((self.own | self.other) == self.game.full)


# --- players --------------------------------------------------------------------------------------------------------


def by_chance(table: Boards, generator: np.random.Generator) -> Whole:
    """Any legal move, all alike."""
    return one_of(table.legal(), generator)


def one_of(choices: Bools, generator: np.random.Generator) -> Whole:
    """One of the choices (n, actions) of each row, all alike."""
    found: Whole = np.where(choices, generator.random(choices.shape), -1).argmax(1)
    return found


def search(depth: int) -> Player:
    """Minimax of a depth in moves: takes the moves that force most within it, one of them by chance."""

    def player(table: Boards, generator: np.random.Generator) -> Whole:
        found = worth(table, depth)
        return one_of(found == found.max(1, keepdims=True), generator)

    return player


def guarded(player: Player, depth: int) -> Player:
    """A player whose move is kept unless a search of a depth finds a better one, which is then taken by chance."""

    def corrected(table: Boards, generator: np.random.Generator) -> Whole:
        moves, found = player(table, generator), worth(table, depth)
        best = found == found.max(1, keepdims=True)
        return np.where(best[np.arange(len(moves)), moves], moves, one_of(best, generator))

    return corrected


def worth(table: Boards, depth: int) -> NDArray[np.float64]:
    """What each move (positions, actions) forces within `depth` moves: 1 won, −1 lost, 0 neither; −∞ if not legal."""
    legal = table.legal()
    found = np.full(legal.shape, -np.inf)
    for action in range(legal.shape[1]):
        rows = np.flatnonzero(legal[:, action])
        if not len(rows):
            continue
        after, rewards, ended = table.after(rows, np.full(len(rows), action))
        value = rewards.astype(np.float64)
        going = np.flatnonzero(~ended)
        if depth > 1 and len(going):
            value[going] = -worth(after.take(going), depth - 1).max(1)
        found[rows, action] = value
    return found


# --- matches --------------------------------------------------------------------------------------------------------


def match(game: BoardGame, player: Player, other: Player, games: int, seed: int, first: bool) -> tuple[int, int, int]:
    """How many games a player wins, draws and loses against another, as the first or as the second to move."""
    table = game.begin(games)
    won = lost = 0
    while len(table.live):
        ours = (table.turn % 2 == 0) == first
        chance = generator(seed, "match", int(first), table.turn)
        rewards = table.play((player if ours else other)(table, chance)).rewards
        won, lost = (won + int(rewards.sum()), lost) if ours else (won, lost + int(rewards.sum()))
    return won, games - won - lost, lost


def both_sides(game: BoardGame, player: Player, other: Player, who: str, games: int, seed: int) -> Measured:
    """A match of which half of the games are begun by either."""
    halves = [match(game, player, other, games // 2, key(seed, who), first) for first in (True, False)]
    won, drawn, lost = (sum(parts) for parts in zip(*halves, strict=True))
    return told(f"against {who}", won, drawn, lost)


def every_line(game: BoardGame, player: Player, first: bool) -> tuple[int, int, int]:
    """How many games a player wins, draws and loses if the other tries every legal move at every turn.

    `player` must take the same move in the same position. For games as small as tic-tac-toe.
    """
    chance = generator(0, "lines")
    table, won, drawn, lost = game.begin(1), 0, 0, 0
    while len(table.own):
        ours = (table.turn % 2 == 0) == first
        if ours:
            rows, moves = np.arange(len(table.own)), player(table, chance)
        else:
            rows, moves = np.nonzero(table.legal())
        table, rewards, ended = table.after(rows, moves)
        wins = int(rewards.sum())
        won, lost = (won + wins, lost) if ours else (won, lost + wins)
        drawn += int(ended.sum()) - wins
        table = table.take(np.flatnonzero(~ended))
    return won, drawn, lost


def told(what: str, won: int, drawn: int, lost: int, exact: bool = False) -> Measured:
    """Games won, drawn and lost as a result; the share won has no interval if they are all the games there are."""
    games = won + drawn + lost
    interval = None if exact else wilson(won, games)
    return Measured(what, games, won / games, interval, won=won, drawn=drawn, lost=lost)
