"""Runs on pictures asked about other pictures: other colours, levels and sizes, and folders with runs in them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import wxb
from wxb.runs.run import Run


def fill(home: Path, make, ending: str = "png", each: int = 8) -> Path:
    for number, name in enumerate("ab"):
        for i in range(each):
            (home / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(make(np.random.default_rng(100 * number + i), number)).save(home / name / f"{i}.{ending}")
    return home


def twelve_bits(random: np.random.Generator, number: int) -> np.ndarray:
    return random.integers(0, 1000 + 3000 * number, (8, 8)).astype(np.uint16)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_levels_of_training_hold_for_evaluation_and_prediction(tmp_path, ending):
    data = wxb.load_data(fill(tmp_path / "x", twelve_bits, ending))
    run = wxb.train(data, "FC-4-RELU, SOFTMAX", epochs=2, out=tmp_path / "run")
    assert run.data.levels == (0, 4096)
    dark = fill(tmp_path / "dark", lambda random, number: twelve_bits(random, 0) // 4, ending)
    file = dark / "a" / f"3.{ending}"
    values = np.asarray(Image.open(file)).astype(int) >> 4  # not the levels that the dark folder would need by itself
    expected = run.predict(values.astype(np.uint8)[None])
    assert np.allclose(run.predict(file).probabilities, expected.probabilities, atol=1e-6)
    alone = wxb.load_data(dark, like={"channels": 1, "levels": run.data.levels})
    assert run.evaluate(dark).summary() == run.evaluate(alone).summary()
    assert run.evaluate(tmp_path / "x", "all").examples == 16
    assert run.evaluate().summary() == run.evaluate(data).summary()


def test_a_run_on_bytes_reads_deep_pictures_as_sixteen_bits_and_no_floats(tmp_path):
    plain = fill(tmp_path / "x", lambda random, number: random.integers(0, 256, (8, 8)).astype(np.uint8))
    run = wxb.train(wxb.load_data(plain), "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "run")
    deep = fill(tmp_path / "deep", twelve_bits)
    values = (np.asarray(Image.open(deep / "b" / "0.png")) >> 8).astype(np.uint8)
    file = deep / "b" / "0.png"
    assert np.allclose(run.predict(file).probabilities, run.predict(values[None]).probabilities, atol=1e-6)
    Image.fromarray(np.ones((8, 8), np.float32)).save(tmp_path / "x.tif")
    with pytest.raises(wxb.errors.WxbError, match="of floating-point pixels"):
        run.predict(tmp_path / "x.tif")


@pytest.mark.parametrize(("own", "other"), [(1, 3), (3, 1)])
def test_other_colours_are_evaluated_as_they_are_predicted(tmp_path, own, other):
    def make(channels: int):
        shape = (8, 8, 3)[: 2 + (channels == 3)]
        return lambda random, number: random.integers(0, 100 + 100 * number, shape).astype(np.uint8)

    data = wxb.load_data(fill(tmp_path / "own", make(own)))
    run = wxb.train(data, "FC-8-RELU, SOFTMAX", epochs=3, out=tmp_path / "run")
    folder = fill(tmp_path / "other", make(other))
    evaluation = run.evaluate(folder)
    right = [run.predict(folder / name / f"{i}.png").values[0] == k for k, name in enumerate("ab") for i in range(8)]
    assert evaluation.examples == 16
    assert evaluation.accuracy == pytest.approx(np.mean(right))


def test_pictures_as_large_as_those_of_training_are_predicted_and_evaluated(tmp_path, monkeypatch):
    from wxb.runs import matching

    monkeypatch.setattr(matching, "MAX_PIXELS", 50)
    folder = fill(tmp_path / "x", lambda random, number: random.integers(0, 256, (8, 8)).astype(np.uint8))
    run = wxb.train(wxb.load_data(folder, max_pixels=64), "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "run")
    assert len(run.predict(folder)) == 16
    assert run.evaluate(folder, "all").examples == 16
    small = wxb.load_data(fill(tmp_path / "y", lambda random, number: random.integers(0, 256, (7, 7)).astype(np.uint8)))
    other = wxb.train(small, "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "other")
    other.data.source["max_pixels"] = 50
    with pytest.raises(wxb.errors.WxbError, match="too large to open"):
        other.predict(folder / "a" / "0.png")
    assert len(other.predict(folder / "a" / "0.png", max_pixels=64)) == 1


def test_a_run_inside_its_own_picture_folder_is_used_and_made_again(tmp_path, monkeypatch):
    folder = fill(tmp_path / "x", lambda random, number: random.integers(0, 256, (8, 8)).astype(np.uint8))
    monkeypatch.chdir(folder)
    first = wxb.train(wxb.load_data("."), "FC-4-RELU, SOFTMAX", epochs=1)
    inside = wxb.train(wxb.load_data("."), "FC-4-RELU, SOFTMAX", epochs=1, out="a/run")
    assert Run.open(first.path).evaluate().summary() == first.evaluate().summary()
    assert inside.data.fingerprint == first.data.fingerprint
    assert "runs of wxb" in inside.data.notes[0]
    assert len(first.predict(".")) == 16


def test_values_for_no_data_are_refused_in_prediction(tmp_path):
    examples = np.random.default_rng(0).normal(size=(60, 1, 4, 4)).astype(np.float32)
    run = wxb.train(wxb.load_data(examples, np.arange(60) % 2), "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "run")
    examples[7, 0, 1, 1] = -3.4028235e38
    with pytest.raises(wxb.errors.WxbError) as caught:
        run.predict(examples)
    assert str(caught.value) == "1 example holds no data (values beyond 1e+30)\n  the first is example 7"


def test_what_is_passed_over_in_a_folder_is_noted(tmp_path):
    folder = fill(tmp_path / "x", lambda random, number: random.integers(0, 256, (8, 8)).astype(np.uint8))
    run = wxb.train(wxb.load_data(folder), "FC-4-RELU, SOFTMAX", epochs=1, out=folder / "run")
    (folder / "a" / "notes.txt").write_text("no picture")
    (folder / "b" / ".thumbnails").mkdir()
    found = run.predict([folder, folder / "a" / "0.png"])
    assert len(found) == 17
    assert found.notes == (
        f"{folder}: 1 file and 2 folders passed over\n"
        "  1 a run of wxb                            run/\n"
        "  1 by its name no picture, table or array  a/notes.txt\n"
        "  1 hidden, or the system's                 b/.thumbnails/",
    )
