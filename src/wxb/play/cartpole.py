"""Cart and pole: push a cart to the left or to the right, so that the pole on it stays upright.

The physics is Gymnasium's CartPole-v1 (Barto, Sutton, Anderson 1983): a reward of 1 for each of at most 500 moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from wxb.errors import WxbError
from wxb.play.game import Bools, Floats, Game, Oracle, Person, Player, Turn, Whole
from wxb.play.schema import Measured
from wxb.randomness import generator, key
from wxb.statistics import mean_of

MOST = 500  # moves
EDGE, TILT = 2.4, 12  # the cart leaves the track, the pole has fallen: metres, degrees
WIDE = 61  # letters of the track


@dataclass(frozen=True)
class CartPole(Game):
    """Actions are pushes; seen are place and speed of the cart, angle and turning of the pole."""

    def need(self) -> None:
        """Raise WxbError if Gymnasium is not installed."""
        if find_spec("gymnasium") is None:
            raise WxbError(
                f"{self.name} is a game of Gymnasium, which is not installed",
                "tictactoe and connect4 need nothing more",
                "pip install 'wxb[play]'",
            )

    def shown(self, score: float) -> str:
        """A return as it is."""
        return f"{score:.0f}"

    def sentence(self, one: Measured) -> str:
        """ "mean return 498.2 [495.0, 500.0], least 430"."""
        low, high = one.interval or (one.value, one.value)
        return f"mean return {one.value:.1f} [{low:.1f}, {high:.1f}], least {one.least:.0f}"

    def shares(self, one: Measured) -> dict[str, float]:
        """The mean return."""
        return {"mean return": one.value}

    def begin(self, games: int, seed: int) -> Carts:
        """Carts in the middle, poles nearly upright."""
        self.need()
        return Carts(games, seed)

    def turned(self, seen: Floats, legal: Bools, ways: Whole) -> tuple[Floats, Bools]:
        """The mirror image: all numbers with the other sign, which changes left and right."""
        return np.where(ways[:, None] == 1, -seen, seen), legal

    def turned_back(self, moves: Whole, ways: Whole) -> Whole:
        """Left for right in the mirror image."""
        return np.where(ways == 1, 1 - moves, moves)

    def measure(self, player: Player, seed: int) -> tuple[Measured, ...]:
        """The moves of 100 games."""
        returns = self.returns(player, 100, key(seed, "measure"))
        mean = mean_of(returns.tolist(), (0, MOST))
        return (Measured("100 games", 100, mean.mean, mean.interval, least=float(returns.min())),)

    def returns(self, player: Player, games: int, seed: int) -> Floats:
        """The sum of rewards of each of so many games."""
        table, total = self.begin(games, seed), np.zeros(games, np.float32)
        while len(table.live):
            rows, turn = table.live, table.play(player(table, generator(seed, "moves", table.turn)))
            total[rows] += turn.rewards
        return total

    def scored(self, player: Player, seed: int) -> None:
        """The games that are learned from tell how good they are."""
        return

    def position(self, oracle: Oracle, moves: Sequence[int], seed: int) -> dict[str, Any]:
        """A whole game of the policy: place, angle and push of each moment, and the limits of both."""
        table, track = self.begin(1, seed), []
        while len(table.live):
            seen = table.observe()
            move = int(oracle.probabilities(seen, table.legal())[0][0].argmax())
            track.append([round(float(seen[0, 0]), 4), round(float(seen[0, 2]), 4), move])
            table.play(np.array([move]))
        return {"track": track, "edge": EDGE, "tilt": TILT, "most": MOST}

    def meet(self, player: Player, begins: bool, person: Person, seed: int) -> None:
        """A game to watch."""
        table = self.begin(1, seed)
        while len(table.live):
            table.play(player(table, generator(seed, "moves", table.turn)))
            place, _, angle, _ = table.seen[0].tolist()
            person.frame(scene(place, angle, table.turn), last=not len(table.live))
        person.say(f"the pole stood for {table.turn} moves" + (", all there are" if table.turn == MOST else ""))


def scene(place: float, angle: float, moves: int) -> str:
    """Cart and pole as five lines of text; `angle` in radians from upright, to the right."""
    middle = round((place + EDGE) / (2 * EDGE) * (WIDE - 1))
    lines = [[" "] * WIDE for _ in range(4)]
    for up in range(4):
        # a letter is twice as high as wide; the pole is drawn four letters long, its tilt threefold
        across = middle + round(np.sin(3 * angle) * 2 * (up + 0.5))
        if 0 <= across < WIDE:
            lines[3 - up][across] = "/" if angle > 0.04 else "\\" if angle < -0.04 else "|"
    cart = [" "] * WIDE
    for across in range(middle - 2, middle + 3):
        if 0 <= across < WIDE:
            cart[across] = "█"
    told = f"move {moves}  place {place:+.2f} of ±{EDGE} m  tilt {np.degrees(angle):+.1f} of ±{TILT}°"
    return "\n".join(["".join(line).rstrip() for line in (*lines, cart)] + ["─" * WIDE, told])


class Carts:
    """Carts side by side, in Gymnasium's own vectorized environment."""

    def __init__(self, games: int, seed: int) -> None:
        import gymnasium

        self._carts: Any = gymnasium.make_vec(
            "CartPole-v1", num_envs=games, vectorization_mode="vector_entry_point", max_episode_steps=MOST
        )
        self.seen: Floats = self._carts.reset(seed=seed)[0]  # of all carts, those that have ended among them
        self.live = np.arange(games)
        self.turn = 0

    def observe(self) -> Floats:
        """Place, speed, angle, turning: (games, 4)."""
        return self.seen[self.live]

    def legal(self) -> Bools:
        """Both pushes, always."""
        return np.ones((len(self.live), 2), bool)

    def play(self, moves: Whole) -> Turn:
        """Push each cart for a fiftieth of a second."""
        rows = self.live
        pushes = np.zeros(len(self.seen), np.int64)
        pushes[rows] = moves
        seen, rewards, fallen, late, _ = self._carts.step(pushes)
        self.seen = np.asarray(seen, np.float32)
        self.turn += 1
        fallen, late = fallen[rows], late[rows]
        ended = fallen | late
        cut = late & ~fallen
        self.live = rows[~ended]
        return Turn(rewards[rows].astype(np.float32), ended, cut, self.seen[rows[cut]])


CARTPOLE = CartPole(
    name="cartpole",
    title="cart and pole",
    input=(4,),
    actions=("left", "right"),
    players=1,
    network="FC-64-TANH, SOFTMAX",
    settings={"steps": 60, "batch_size": 32, "learning_rate": 0.02},
    score="mean return",
    best=float(MOST),
    goal=475.0,
    discount=0.99,
    scale=100.0,
    symmetries=2,
)
