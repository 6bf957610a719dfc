"""Connect Four: four in a row on a board of six rows and seven columns, into which stones fall.

A column is seven bits, the lowest cell first, of which the seventh stays empty; so a line is a shift by 1, 7, 6 or 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wxb.play.boards import Bits, BoardGame, both_sides, by_chance, guarded, search
from wxb.play.game import Bools, Player, Whole
from wxb.play.schema import Measured

ROWS, COLUMNS = 6, 7
CELLS = np.array([7 * column + row for row in reversed(range(ROWS)) for column in range(COLUMNS)], np.uint64)
BOTTOM = np.array([1 << 7 * column for column in range(COLUMNS)], np.uint64)
TOP = BOTTOM << np.uint64(ROWS - 1)
COLUMN = BOTTOM * np.uint64((1 << ROWS) - 1)
SHIFTS = tuple(np.uint64(shift) for shift in (1, 7, 6, 8))  # up, right, and both diagonals
TWO = np.uint64(2)


@dataclass(frozen=True)
class ConnectFour(BoardGame):
    """Actions are columns, 1 to 7 from the left."""

    @property
    def cells(self) -> Bits:
        """Row by row from the top."""
        return CELLS

    def allowed(self, taken: Bits) -> Bools:
        """Columns whose top cell is free."""
        found: Bools = (taken[:, None] & TOP) == 0
        return found

    def stone(self, taken: Bits, moves: Whole) -> Bits:
        """The lowest free cell: adding the column's lowest bit carries to it."""
        found: Bits = (taken + BOTTOM[moves]) & COLUMN[moves] & ~taken
        return found

    def lines(self, stones: Bits) -> Bools:
        """Four in a row."""
        found = np.zeros(len(stones), bool)
        for shift in SHIFTS:
            pairs = stones & (stones >> shift)
            found |= (pairs & (pairs >> (TWO * shift))) != 0
        return found

    def turns(self) -> tuple[Whole, Whole]:
        """The board and its mirror image."""
        board = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
        columns = np.arange(COLUMNS)
        return np.array([board.ravel(), board[:, ::-1].ravel()]), np.array([columns, columns[::-1]])

    @property
    def below(self) -> tuple[str, ...]:
        """The numbers to type."""
        return (" ".join(self.actions),)

    def measure(self, player: Player, seed: int) -> tuple[Measured, ...]:
        """1,000 games each against chance and a search of two moves, half of them begun by either.

        The last are played by the policy with the same search: it says what a mistake of two moves costs.
        """
        return (
            both_sides(self, player, by_chance, "a random player", 1_000, seed),
            both_sides(self, guarded(player, 2), search(2), "minimax of depth 2, looking as far ahead", 1_000, seed),
            both_sides(self, player, search(2), "minimax of depth 2", 1_000, seed),
        )

    def scored(self, player: Player, seed: int) -> float:
        """The share of 200 games won against a search of two moves."""
        return both_sides(self, player, search(2), "minimax of depth 2", 200, seed).value


CONNECT_FOUR = ConnectFour(
    name="connect4",
    title="Connect Four",
    input=(2, ROWS, COLUMNS),
    actions=tuple("1234567"),
    players=2,
    network="FC-256-RELU-FC-256-RELU, SOFTMAX",
    settings={"steps": 200, "batch_size": 1024, "learning_rate": 0.002, "ppo": True},
    score="won against minimax of depth 2",
    best=1.0,
    goal=0.5,
    trace=0.8,
    entropy=0.1,
    opening=6,
    symmetries=2,
    every=10,
)
