"""Examples of other data that a run was trained on are counted."""

import numpy as np
import pytest
from PIL import Image

import wxb
from wxb.runs import seen
from wxb.runs.matching import load_like
from wxb.runs.seen import trained_on


@pytest.fixture
def run(tmp_path):
    """A run on the 40 pictures of `own`; `other` holds six that it was trained on, and two that it was tested on."""
    rng = np.random.default_rng(0)
    for number in range(40):
        path = tmp_path / "own" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(path)
    data = wxb.load_data(tmp_path / "own")
    trained = wxb.train(data, "SOFTMAX", epochs=1, out=tmp_path / "run", progress=False)
    for place, row in enumerate((*data.split.train[:3], *data.split.train[-3:], *data.split.test[:2])):
        other = tmp_path / "other" / data.files[row].split("/")[0] / f"new {place}.png"
        other.parent.mkdir(parents=True, exist_ok=True)
        other.write_bytes((tmp_path / "own" / data.files[row]).read_bytes())
    return trained


def test_pictures_that_were_trained_on_are_counted(run, tmp_path, monkeypatch):
    other = load_like(run, tmp_path / "other")
    said = (f"6 of 8 pictures are in the training part of {run.path} too, which makes the score too good",)
    assert trained_on(run, other) == said
    assert trained_on(run, run.load_data()) == ()
    monkeypatch.setattr(seen, "MOST_BYTES", 100)
    assert trained_on(run, other) == ()
    monkeypatch.undo()
    next((tmp_path / "own" / "a").iterdir()).unlink()
    assert trained_on(run, other) == ()
