"""The lesson on transfer in small."""

from __future__ import annotations

import numpy as np
import pytest

from wxb.lessons import transfer
from wxb.statistics import mean_of


def test_a_move_is_measured_on_the_same_examples_in_three_ways():
    rows = transfer.measure(("classes", 5), seed=1, steps=20, pairs=2)
    assert [row["pair"] for row in rows] == [2, 3]
    assert rows == transfer.measure(("classes", 5), seed=1, steps=20, pairs=2)
    assert all(0.1 < row[way] <= 1 for row in rows for way in transfer.WAYS)


@pytest.mark.parametrize("move", transfer.MOVES)
def test_the_two_tasks_share_no_picture_and_few_examples_are_few_of_each_class(move):
    tasks = transfer.divided(move, 0)
    data = transfer.few(tasks.after, 5, 0)
    assert list(np.bincount(data.targets[data.split.train])) == [5] * data.outputs
    assert len(data.split.train) + len(data.split.test) == len(data.targets)
    assert not np.intersect1d(data.split.train, data.split.test).size
    assert len(tasks.before.targets) + len(data.targets) == 1797


def test_a_gain_is_told_only_if_its_interval_leaves_0_out():
    assert transfer.verdict(mean_of([0.05, 0.06, 0.04], (-1, 1))) == "gains 5.0 points"
    assert transfer.verdict(mean_of([-0.05, -0.06, -0.04], (-1, 1))) == "loses 5.0 points"
    assert transfer.verdict(mean_of([0.05, -0.06, 0.04], (-1, 1))) == "makes no difference that can be told"
