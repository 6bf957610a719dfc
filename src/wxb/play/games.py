"""All games, by name."""

from __future__ import annotations

from wxb.errors import WxbError, nearest
from wxb.play.cartpole import CARTPOLE
from wxb.play.connect_four import CONNECT_FOUR
from wxb.play.game import Game
from wxb.play.tictactoe import TICTACTOE

GAMES: dict[str, Game] = {game.name: game for game in (CARTPOLE, TICTACTOE, CONNECT_FOUR)}


def named(name: str) -> Game:
    """The game of a name. Raises WxbError, with the nearest name, if there is none, or if it is not installed."""
    if name not in GAMES:
        like = nearest(name, GAMES)
        raise WxbError(
            f"{name} is neither a game nor a run" + (f"; {like} is a game" if like else ""),
            f"games: {', '.join(GAMES)}",
            f"wxb play {like or 'tictactoe'}",
        )
    game = GAMES[name]
    game.need()
    return game
