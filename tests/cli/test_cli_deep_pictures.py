"""Greys and colours of more than eight bits, told by every command; pictures beyond the range that training set."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.data.pictures.test_data_decoding import sixteen_bit_colours
from tests.runs.test_run_pictures import fill, twelve_bits
from wxb import load_data, train
from wxb.data.pictures import decoding
from wxb.errors import WxbError

whole = decoding._opened


def scaled(top: int, share: float = 1.0):
    """Pictures, of whose pixels a share goes up to `top`, and the others up to 4,000."""

    def make(random: np.random.Generator, number: int) -> np.ndarray:
        values = random.integers(0, 4000, (8, 8))
        beyond = random.permutation(64).reshape(8, 8) < round(64 * share)
        return np.where(beyond, random.integers(top // 2, top, (8, 8)), values).astype(np.uint16)

    return make


def test_pictures_beyond_the_run_s_range_are_left_out_and_named(tmp_path, call):
    data = load_data(fill(tmp_path / "x", twelve_bits))
    run = train(data, "FC-4-RELU, SOFTMAX", epochs=2, out=tmp_path / "run")
    bright = fill(tmp_path / "bright", scaled(65536))
    reason = "values beyond the run's range of 0 to 4,095, to which they must be scaled"
    with pytest.raises(WxbError, match=reason):
        run.predict(bright / "a" / "0.png")
    with pytest.raises(WxbError, match=reason):
        run.evaluate(bright)
    mixed = fill(tmp_path / "mixed", scaled(4096))
    (bright / "a" / "0.png").rename(mixed / "a" / "9.png")
    answer = call("evaluate", run.path, mixed, "--json")
    assert answer.json["test"]["examples"] == 16
    assert f"1 file left out\n  1 {reason}  a/9.png (100 % of its pixels, up to 6" in answer.json["notes"][0]
    answer = call("predict", run.path, mixed, "--json")
    assert len(answer.json["predictions"]) == 16
    assert reason in answer.json["left_out"][0]
    tested = load_data(tmp_path / "x", test=mixed)
    assert any(reason in note for note in tested.notes)


def test_a_few_pixels_beyond_the_run_s_range_are_clipped_and_named(tmp_path, call):
    run = train(load_data(fill(tmp_path / "x", twelve_bits)), "FC-4-RELU, SOFTMAX", epochs=2, out=tmp_path / "run")
    folder = fill(tmp_path / "spots", scaled(65536, 2 / 64))
    file = folder / "a" / "3.png"
    words = "3.1 % of its pixels lie beyond the run's range of 0 to 4,095 and are clipped"
    assert run.predict(file).notes == (f"{file}: {words}",)
    clipped = np.minimum(np.asarray(Image.open(file)).astype(int) >> 4, 255).astype(np.uint8)
    assert np.allclose(run.predict(file).probabilities, run.predict(clipped[None]).probabilities, atol=1e-6)
    answer = call("evaluate", run.path, folder, "--json")
    assert answer.json["test"]["examples"] == 16
    (note,) = (note for note in answer.json["notes"] if "hardly" in note)
    head, *lines = note.splitlines()
    assert head == "16 pictures hardly fit the run's range of values"
    assert lines == [*(f"  a/{i}.png: {words}" for i in range(5)), "  and 11 more"]
    assert f"a/0.png: {words}" in call("evaluate", run.path, folder).err


def test_a_deep_picture_is_decoded_once_where_a_run_says_its_range(tmp_path, monkeypatch):
    run = train(load_data(fill(tmp_path / "x", twelve_bits)), "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "run")
    folder = fill(tmp_path / "other", scaled(4096))
    opened: list[str] = []
    monkeypatch.setattr(decoding, "_opened", lambda path, most: [opened.append(path.name), whole(path, most)][1])
    run.predict(folder / "a" / "3.png")
    assert opened == ["3.png"] * 2  # its header, its pixels
    opened.clear()
    monkeypatch.setattr("wxb.runs.seen.trained_on", lambda run, data: ())  # which decodes the run's own pictures again
    run.evaluate(folder)
    assert len(opened) == 2 * 16


def test_pictures_far_darker_than_the_run_s_range_are_named(tmp_path):
    plain = fill(tmp_path / "x", lambda random, number: random.integers(0, 256, (8, 8)).astype(np.uint8))
    run = train(load_data(plain), "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "run")
    folder = fill(tmp_path / "deep", lambda random, number: np.clip(scaled(4096)(random, number), 9, 4000), each=1)
    (note,) = run.predict(folder / "a" / "0.png").notes
    words = "its values go up to 4,000 only, the run's range is 0 to 65,535: it may have another scale"
    assert note == f"{folder / 'a' / '0.png'}: {words}"


def test_other_pictures_of_few_copies_are_evaluated_whole(tmp_path, call):
    plain = fill(tmp_path / "x", lambda random, number: random.integers(0, 256, (8, 8)).astype(np.uint8))
    run = train(load_data(plain), "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "run")
    blank = fill(tmp_path / "blank", lambda random, number: np.full((8, 8), number, np.uint8), each=3)
    fill(tmp_path / "blank", lambda random, number: np.full((8, 8), number, np.uint8), each=1)
    answer = call("evaluate", run.path, blank, "--json")
    assert answer.json["test"]["examples"] == 6
    assert answer.json["notes"] == ["4 pictures are copies of another"]
    one = fill(tmp_path / "one", lambda random, number: np.full((8, 8), number, np.uint8), each=1)
    assert call("evaluate", run.path, one, "--json").json["test"]["examples"] == 2


def test_colours_of_sixteen_bits_are_told_by_every_command(tmp_path, call):
    home = fill(tmp_path / "x", lambda random, number: random.integers(0, 256, (8, 8, 3)).astype(np.uint8))
    sixteen_bit_colours(home / "a" / "deep.png", 8)
    note = "1 picture is of colours of 16 bits: only the upper 8 were read"
    answer = call("train", home, "FC-4-RELU, SOFTMAX", "--epochs", "1", "--out", tmp_path / "run", "--json")
    assert note in answer.err
    assert note in answer.json["warnings"]
    for name in ("report.md", "report.html"):
        assert note in (tmp_path / "run" / name).read_text()
    assert note in call("evaluate", tmp_path / "run", home, "--part", "all", "--json").json["notes"]
    file = home / "a" / "deep.png"
    said = f"{file}: colours of 16 bits: only the upper 8 were read"
    assert call("predict", tmp_path / "run", file, "--json").json["notes"] == [said]
