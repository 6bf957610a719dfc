"""Games: their rules against plain ones, their players, and what is measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxb.play.boards import by_chance, every_line, guarded, match, search, worth
from wxb.play.cartpole import CARTPOLE, MOST, scene
from wxb.play.connect_four import CONNECT_FOUR
from wxb.play.game import Game
from wxb.play.games import GAMES
from wxb.play.tictactoe import TICTACTOE, perfect, solved
from wxb.randomness import generator

BOARDS = [TICTACTOE, CONNECT_FOUR]
LENGTH = {"tictactoe": 3, "connect4": 4}


def has_line(board: np.ndarray, length: int) -> bool:
    """Whether a plain board (rows, columns) of bools holds so many in a row, found by looking everywhere."""
    rows, columns = board.shape
    for row in range(rows):
        for column in range(columns):
            for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                cells = [(row + step * down, column + step * right) for step in range(length)]
                if all(0 <= r < rows and 0 <= c < columns and board[r, c] for r, c in cells):
                    return True
    return False


@pytest.mark.parametrize("game", BOARDS, ids=lambda game: game.name)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_game_of_any_legal_moves_goes_by_the_plain_rules(game, data):
    table, stones = game.begin(1), np.zeros((2, game.rows, game.columns), bool)
    while len(table.live):
        mover = table.turn % 2
        np.testing.assert_array_equal(table.observe()[0] > 0, stones[[mover, 1 - mover]])
        legal = np.flatnonzero(table.legal()[0])
        taken = stones.any(0)
        if game is TICTACTOE:
            assert legal.tolist() == np.flatnonzero(~taken.ravel()).tolist()
        else:
            assert legal.tolist() == np.flatnonzero(~taken[0]).tolist()
        move = data.draw(st.sampled_from(legal.tolist()))
        row, column = divmod(move, 3) if game is TICTACTOE else (int(np.flatnonzero(~taken[:, move])[-1]), move)
        stones[mover, row, column] = True
        turn = table.play(np.array([move]))
        won = has_line(stones[mover], LENGTH[game.name])
        assert turn.rewards.tolist() == [float(won)]
        assert turn.ended.tolist() == [won or bool(stones.any(0).all())]


@pytest.mark.parametrize("game", BOARDS, ids=lambda game: game.name)
def test_a_turned_game_is_the_same_game(game):
    chance = generator(0, "turned")
    for way in range(game.symmetries):
        ways = np.full(1, way)
        table, turned = game.begin(1), game.begin(1)
        while len(table.live):
            seen, legal = game.turned(table.observe(), table.legal(), ways)
            np.testing.assert_array_equal(seen, turned.observe())
            np.testing.assert_array_equal(legal, turned.legal())
            move = by_chance(turned, chance)
            one, other = table.play(game.turned_back(move, ways)), turned.play(move)
            assert one.rewards.tolist() == other.rewards.tolist()
            assert one.ended.tolist() == other.ended.tolist()


@pytest.mark.parametrize("game", BOARDS, ids=lambda game: game.name)
def test_a_search_takes_a_win_and_prevents_a_loss(game):
    table, chance = game.begin(300), generator(1, "search")
    for _ in range(8):  # positions in which there is something to win
        if len(table.live):
            table.play(by_chance(table, chance))
    if not len(table.live):
        pytest.fail("all games were over")
    found = worth(table, 2)
    assert (found[~table.legal()] == -np.inf).all()
    for row in range(len(table.live)):
        for move in np.flatnonzero(table.legal()[row]):
            after, rewards, ended = table.after(np.array([row]), np.array([move]))
            replies = np.flatnonzero(after.legal()[0]) if not ended[0] else ()
            lost = any(after.after(np.array([0]), np.array([reply]))[1][0] for reply in replies)
            assert found[row, move] == (1 if rewards[0] else -1 if lost else 0)
    wins = np.flatnonzero((found == 1).any(1))
    assert len(wins)
    chosen = search(2)(table, chance)
    assert (found[wins, chosen[wins]] == 1).all()


def test_a_guarded_player_makes_no_mistake_of_two_moves_and_else_plays_as_it_would():
    def lowest(table, chance):
        return table.legal().argmax(1)

    table, chance = CONNECT_FOUR.begin(200), generator(2, "guarded")
    for _ in range(9):
        if len(table.live):
            table.play(by_chance(table, chance))
    found, chosen = worth(table, 2), guarded(lowest, 2)(table, chance)
    rows = np.arange(len(chosen))
    assert (found[rows, chosen] == found.max(1)).all()
    own = lowest(table, chance)
    kept = found[rows, own] == found.max(1)
    assert 0 < kept.sum() < len(kept)
    np.testing.assert_array_equal(chosen[kept], own[kept])


def test_tic_tac_toe_is_a_draw_and_its_perfect_player_never_loses():
    assert solved()[0, 0] == 0
    for first in (True, False):
        won, drawn, lost = match(TICTACTOE, perfect, by_chance, 500, 3, first)
        assert lost == 0
        assert won > drawn
        assert match(TICTACTOE, perfect, perfect, 200, 3, first) == (0, 200, 0)


def test_every_line_of_play_is_counted():
    def lowest(table, chance):
        return table.legal().argmax(1)

    won, drawn, lost = every_line(TICTACTOE, lowest, True)
    assert (won + drawn + lost) <= 8 * 6 * 4 * 2
    assert lost > 0
    wins, draws, losses = every_line(TICTACTOE, lowest, False)
    assert losses > lost
    assert wins + draws + losses <= 9 * 7 * 5 * 3
    assert min(won, drawn, wins) > 0


def test_a_match_is_the_same_again_and_adds_up():
    counts = match(CONNECT_FOUR, search(2), by_chance, 100, 5, True)
    assert counts == match(CONNECT_FOUR, search(2), by_chance, 100, 5, True)
    assert sum(counts) == 100
    assert counts[0] >= 90


@pytest.mark.parametrize("game", GAMES.values(), ids=lambda game: game.name)
def test_a_game_says_what_it_needs(game):
    assert isinstance(game, Game)
    assert len(game.actions) == len(set(game.actions))
    assert 0 < game.goal <= game.best


# --- cart and pole --------------------------------------------------------------------------------------------------


def test_a_pole_that_is_pushed_one_way_falls_and_the_mirror_image_falls_the_other_way():
    pytest.importorskip("gymnasium")
    table = CARTPOLE.begin(50, 0)
    total = 0
    while len(table.live):
        seen = table.observe()
        assert seen.shape == (len(table.live), 4)
        turned, _ = CARTPOLE.turned(seen, table.legal(), np.ones(len(seen), np.int64))
        np.testing.assert_array_equal(turned, -seen)
        total += len(table.live)
        turn = table.play(np.ones(len(table.live), np.int64))
        assert not turn.cut.any()
        assert (turn.rewards == 1).all()
    assert 50 * 7 < total < 50 * 13
    assert CARTPOLE.turned_back(np.array([0, 1]), np.array([1, 0])).tolist() == [1, 1]


def test_a_game_that_reaches_the_limit_is_cut_and_not_lost():
    pytest.importorskip("gymnasium")

    def steady(table, chance):
        place, speed, angle, turning = table.observe().T
        return (0.05 * place + 0.2 * speed + angle + 0.3 * turning > 0).astype(np.int64)

    table = CARTPOLE.begin(20, 0)
    while len(table.live):
        turn = table.play(steady(table, generator(0)))
    assert table.turn == MOST
    assert turn.cut.all()
    assert turn.seen.shape == (20, 4)
    (result,) = CARTPOLE.measure(steady, 0)
    assert (result.value, result.games, result.least) == (500, 100, 500)


def test_the_scene_shows_the_side_to_which_the_pole_tilts():
    left, right = scene(-1.0, -0.15, 3), scene(1.0, 0.15, 3)
    assert "\\" in left
    assert "/" in right
    assert left.splitlines()[4].index("█") < right.splitlines()[4].index("█")
    assert "move 3  place +1.00 of ±2.4 m  tilt +8.6 of ±12°" in right
