"""Mixup and cutout: the formulas, and that what they draw belongs to seed, epoch, step and example."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from wxb.learning.augment import Cutout, Mixup, cutout, goals

FILL = torch.tensor([7.0, 9.0]).view(2, 1, 1)
ROWS = torch.arange(6)
SHARES = st.floats(0, 1, width=32, exclude_max=True)


def pictures(n: int = 6, height: int = 8, width: int = 10) -> Tensor:
    """Pictures (n, 2, height, width) uint8 without the fill's numbers."""
    return torch.from_numpy(np.random.default_rng(0).integers(20, 256, (n, 2, height, width), dtype=np.uint8))


def cut(x: Tensor, rows: Tensor = ROWS, side: int = 3, seed: int = 4, epoch: int = 1) -> Tensor:
    made = Cutout(side, 100, seed, FILL)
    made.start(epoch)
    return made.apply(x, rows)


# --- cutout ---


def test_a_square_around_the_centre_shows_the_fill_and_nothing_else_changes():
    x = pictures(1)
    out = cutout(x, torch.tensor([[0.5, 0.3]]), 3, FILL)  # row 4, column 3: rows 3 to 5, columns 2 to 4
    square = torch.zeros(8, 10, dtype=torch.bool)
    square[3:6, 2:5] = True
    for channel, fill in enumerate((7, 9)):
        assert (out[0, channel][square] == fill).all()
        assert torch.equal(out[0, channel][~square], x[0, channel][~square])
    assert out.dtype == torch.uint8


@pytest.mark.parametrize(
    ("centre", "rows", "columns"),
    [((0.0, 0.0), (0, 2), (0, 2)), ((0.99, 0.99), (5, 8), (7, 10)), ((0.0, 0.99), (0, 2), (7, 10))],
)
def test_a_square_of_four_pixels_may_hang_over_the_border(centre, rows, columns):
    out = cutout(pictures(1), torch.tensor([centre]), 4, FILL)
    filled = (out[0, 0] == 7).nonzero()
    expected = [[i, j] for i in range(*rows) for j in range(*columns)]
    assert filled.tolist() == expected


@given(st.integers(0, 12), SHARES, SHARES)
def test_a_square_holds_the_pixels_within_its_side(side, down, across):
    out = cutout(pictures(1), torch.tensor([[down, across]]), side, FILL)
    first_row, first_column = int(np.float32(down) * 8) - side // 2, int(np.float32(across) * 10) - side // 2
    inside = [
        [i, j]
        for i in range(8)
        for j in range(10)
        if first_row <= i < first_row + side and first_column <= j < first_column + side
    ]
    assert (out[0, 1] == 9).nonzero().tolist() == inside


def test_pictures_of_a_batch_have_their_own_squares_and_channels_last_survives():
    x = pictures().contiguous(memory_format=torch.channels_last)
    centres = torch.tensor([[0.1 * i, 0.1 * i] for i in range(6)])
    out = cutout(x, centres, 3, FILL)
    each = torch.cat([cutout(x[i : i + 1], centres[i : i + 1], 3, FILL) for i in range(6)])
    assert torch.equal(out, each)
    assert out.is_contiguous(memory_format=torch.channels_last)


def test_a_square_belongs_to_the_example_in_its_epoch_whatever_the_batch():
    whole = cut(pictures())
    order = torch.tensor([4, 1])
    assert torch.equal(cut(pictures()[order], order), whole[order])


@pytest.mark.parametrize("other", [{"seed": 5}, {"epoch": 2}])
def test_another_seed_or_epoch_cuts_elsewhere(other):
    squares = cut(pictures()) == 7
    assert torch.equal(squares, cut(pictures()) == 7)
    assert not torch.equal(squares, cut(pictures(), **other) == 7)


def test_centres_lie_everywhere_alike():
    made = Cutout(1, 20_000, 0, FILL)
    made.start(1)
    out = made.apply(torch.full((20_000, 1, 4, 5), 200.0), torch.arange(20_000))
    shares = (out[:, 0] != 200).float().mean(0)
    assert float((shares - 1 / 20).abs().max()) < 5 * (0.05 * 0.95 / 20_000) ** 0.5


def test_without_cutout_pictures_pass_as_they_are():
    x = pictures()
    assert cut(x, side=0) is x


# --- mixup ---

TARGETS = torch.tensor([0, 1, 2, 0, 1, 1])


def draw(alpha: float = 0.4, seed: int = 0, step: int = 1, batch: int = 6) -> Mixup:
    return Mixup.draw(alpha, seed, step, batch, torch.device("cpu"))


def mixed(x: Tensor, mixup: Mixup) -> Tensor:
    return mixup.mix(x.float(), x[mixup.partners].float())


def test_mixup_is_a_share_of_each_partner():
    x, mixup = torch.tensor([[1.0, 2], [3, 4], [5, 6]]), Mixup(0.25, torch.tensor([2, 0, 1]))
    expected = torch.tensor([[4.0, 5], [1.5, 2.5], [3.5, 4.5]])
    torch.testing.assert_close(mixed(x, mixup), expected)


def test_partners_are_a_permutation_of_the_batch():
    assert sorted(draw(batch=50).partners.tolist()) == list(range(50))


def test_goals_of_classes_are_one_hot_and_others_stay_as_they_are():
    one_hot = goals(TARGETS, 3)
    assert one_hot.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 0]]
    numbers = torch.tensor([[1.0, -2], [0, 3]])
    assert goals(numbers, 2) is numbers


def shares(alpha: float, steps: int) -> np.ndarray:
    """The greater share of each of some steps, between a half and one."""
    drawn = [draw(alpha, step=step).share for step in range(steps)]
    return np.array([max(share, 1 - share) for share in drawn])


def test_shares_are_drawn_from_beta():
    drawn = shares(1.0, 4000)  # Beta(1, 1) is uniform; the greater of a share and the rest is uniform above a half
    assert drawn.mean() == pytest.approx(0.75, abs=5 * (0.25**2 / 3) ** 0.5 / len(drawn) ** 0.5)
    assert shares(0.1, 400).mean() > 0.9 > 0.6 > shares(100.0, 400).mean()


def test_the_same_seed_and_step_mix_the_same_and_others_do_not():
    x = pictures()
    assert torch.equal(mixed(x, draw()), mixed(x, draw()))
    assert not torch.equal(mixed(x, draw()), mixed(x, draw(seed=1)))
    assert not torch.equal(mixed(x, draw()), mixed(x, draw(step=2)))
