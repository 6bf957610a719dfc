"""Curves are thinned without losing an extreme."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxb.page import curves
from wxb.page.curves import Curves
from wxb.runs.schema import Epoch


def lines(losses: list[float | None], first: int = 1) -> bytes:
    """A history with a step of 10 an epoch."""
    epochs = [Epoch(place, 10 * place, 0.1, loss, None, 1.0) for place, loss in enumerate(losses, first)]
    return b"".join(msgspec.json.encode(one) + b"\n" for one in epochs)


def history(path, losses: list[float | None]) -> Curves:
    (path / "history.jsonl").write_bytes(lines(losses))
    found = Curves(path, "classification", 2)
    found.look()
    return found


LOSSES = st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=300)


@pytest.mark.parametrize("block", [4, 256])
@settings(deadline=None, max_examples=60)
@given(LOSSES, st.integers(1, 40), st.data())
def test_a_bucket_holds_the_least_and_the_greatest_of_its_points(tmp_path_factory, block, losses, buckets, data):
    begin = data.draw(st.integers(0, len(losses) - 1))
    end = data.draw(st.integers(begin, len(losses) - 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(curves, "BLOCK", block)
        found = history(tmp_path_factory.mktemp("run"), losses)
        told = found.between(10.0 * (begin + 1), 10.0 * (end + 1), buckets)
    # the point on each side is shown too
    points = np.array([np.nan if one is None else one for one in losses[max(0, begin - 1) : end + 2]])
    edges = np.linspace(0, len(points), min(buckets, len(points)) + 1)
    first = max(0, begin - 1)
    edges = np.linspace(first, first + len(points), len(edges)).astype(int) - first
    for place, (a, b) in enumerate(pairwise(edges)):
        known = points[a:b][np.isfinite(points[a:b])]
        low, high = (told["series"]["train_loss"][which][place] for which in ("min", "max"))
        if len(known):
            assert (low, high) == (pytest.approx(known.min(), rel=1e-6), pytest.approx(known.max(), rel=1e-6))
        else:
            assert (low, high) == (None, None)


def test_few_points_stand_for_themselves(tmp_path):
    told = history(tmp_path, [3.0, 2.0, 1.0]).between(None, None, 600)
    assert told["whole"]
    assert told["step"] == [10, 20, 30]
    assert told["series"]["train_loss"]["min"] == told["series"]["train_loss"]["max"] == [3, 2, 1]


def test_a_peak_of_one_point_survives_any_thinning(tmp_path):
    losses: list[float | None] = [1.0] * 5000
    losses[3333] = 77.0
    found = history(tmp_path, losses)
    for buckets in (1, 7, 600):
        assert max(found.between(None, None, buckets)["series"]["train_loss"]["max"]) == 77


def test_what_a_resume_wrote_anew_is_read_anew(tmp_path):
    found = history(tmp_path, [3.0, 2.0, 1.0])
    again = tmp_path / "again"
    again.write_bytes(lines([3.0, 9.0]))
    again.replace(tmp_path / "history.jsonl")
    found.look()
    assert found.between(None, None, 10)["series"]["train_loss"]["max"] == [3, 9]


def test_a_history_that_has_gone_has_no_curves(tmp_path):
    found = history(tmp_path, [1.0])
    (tmp_path / "history.jsonl").unlink()
    found.look()
    assert found.between(None, None, 10)["points"] == 0
