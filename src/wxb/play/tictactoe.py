"""Tic-tac-toe: three in a row on a board of 3x3, against a player who makes no mistake."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wxb.play.boards import ONE, Bits, BoardGame, Boards, both_sides, every_line, one_of, told
from wxb.play.game import Bools, Player, Whole
from wxb.play.schema import Measured

CELLS = np.arange(9, dtype=np.uint64)
LINES = np.array(
    [sum(1 << cell for cell in line) for line in (
        (0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))],
    np.uint64,
)  # fmt: skip


@dataclass(frozen=True)
class TicTacToe(BoardGame):
    """Actions are cells, 1 to 9 from the top left."""

    @property
    def cells(self) -> Bits:
        """A bit for each cell."""
        return CELLS

    def allowed(self, taken: Bits) -> Bools:
        """Free cells."""
        found: Bools = (taken[:, None] >> CELLS & ONE) == 0
        return found

    def stone(self, taken: Bits, moves: Whole) -> Bits:
        """The cell itself."""
        return ONE << moves.astype(np.uint64)

    def lines(self, stones: Bits) -> Bools:
        """Three in a row, a column or a diagonal."""
        found: Bools = ((stones[:, None] & LINES) == LINES).any(1)
        return found

    def turns(self) -> tuple[Whole, Whole]:
        """The eight turns and mirrors of the square."""
        board = np.arange(9).reshape(3, 3)
        ways = [np.rot90(one, quarter).ravel() for one in (board, board.T) for quarter in range(4)]
        return np.array(ways), np.array(ways)

    def free(self, place: int) -> str:
        """The number to type."""
        return str(place + 1)

    def measure(self, player: Player, seed: int) -> tuple[Measured, ...]:
        """Every line of play that the other can choose, as the first and the second; then a match by chance's side."""
        return (
            told("first, whatever the other does", *every_line(self, player, True), exact=True),
            told("second, whatever the other does", *every_line(self, player, False), exact=True),
            both_sides(self, player, perfect, "the perfect player", 1_000, seed),
        )

    def scored(self, player: Player, seed: int) -> float:
        """The share of all lines of play, from either side, that are not lost."""
        counts = [every_line(self, player, first) for first in (True, False)]
        return sum(1 - lost / (won + drawn + lost) for won, drawn, lost in counts) / 2


def perfect(table: Boards, generator: np.random.Generator) -> Whole:
    """One of the moves after which a perfect player wins, or else draws, by chance."""
    value = solved()
    found = np.full((len(table.own), 9), -2, np.int8)
    for move in range(9):
        rows = np.flatnonzero(table.legal()[:, move])
        after, _, _ = table.after(rows, np.full(len(rows), move))
        found[rows, move] = -value[after.own.astype(np.intp), after.other.astype(np.intp)]
    return one_of(found == found.max(1, keepdims=True), generator)


@cache
def solved() -> NDArray[np.int8]:
    """What each position is worth to the player to move, by the bits of own and other stones: 1, 0 or −1."""
    value = np.zeros((512, 512), np.int8)
    seen = np.zeros((512, 512), bool)
    lines = [int(line) for line in LINES]

    def worth(own: int, other: int) -> int:
        if not seen[own, other]:
            seen[own, other] = True
            if any(other & line == line for line in lines):
                value[own, other] = -1
            elif (own | other) != 511:
                free = (1 << cell for cell in range(9) if not (own | other) >> cell & 1)
                value[own, other] = max(-worth(other, own | stone) for stone in free)
        return int(value[own, other])

    worth(0, 0)
    return value


TICTACTOE = TicTacToe(
    name="tictactoe",
    title="tic-tac-toe",
    input=(2, 3, 3),
    actions=tuple("123456789"),
    players=2,
    network="FC-128-RELU-FC-128-RELU, SOFTMAX",
    settings={"steps": 100, "batch_size": 512, "learning_rate": 0.003, "ppo": True},
    score="lines of play not lost",
    best=1.0,
    goal=1.0,
    trace=0.8,
    entropy=0.03,
    opening=4,
    symmetries=8,
    every=5,
)
