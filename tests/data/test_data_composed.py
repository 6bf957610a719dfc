"""Names that differ only in how Unicode composes letters: é as one character, or as e with an accent."""

from __future__ import annotations

import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import wxb
from wxb.text import composed_as

ONE, TWO = unicodedata.normalize("NFC", "café"), unicodedata.normalize("NFD", "café")


def table(path, names):
    path.write_text("\n".join(["size,place", *(f"{row % 17},{names[row % len(names)]}" for row in range(120))]) + "\n")
    return path


def folder(path, names):
    rng = np.random.default_rng(len(str(path)))
    for name in names:
        (path / name).mkdir(parents=True)
        for number in range(8):
            Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(path / name / f"{number}.png")
    return path


@given(st.lists(st.text(max_size=5), unique=True))
def test_names_find_their_own_composition(names):
    composed = [unicodedata.normalize("NFC", name) for name in names]
    if len(set(composed)) == len(names):
        assert composed_as([unicodedata.normalize("NFD", name) for name in names], names) == tuple(names)
    assert composed_as(names, names) == tuple(names)


def test_texts_of_a_table_that_look_the_same_are_one_class(tmp_path):
    data = wxb.load_data(table(tmp_path / "a.csv", [ONE, TWO, "bar"]), target="place")
    assert sorted(data.classes) == ["bar", ONE]
    assert (data.targets == data.classes.index(ONE)).sum() == 80


def test_a_table_is_evaluated_with_its_classes_composed_otherwise(tmp_path):
    data = wxb.load_data(table(tmp_path / "a.csv", [ONE, "bar"]), target="place")
    run = wxb.train(data, "FC-2-RELU, SOFTMAX", epochs=1, out=tmp_path / "run", progress=False)
    same, other = (run.evaluate(table(tmp_path / "b.csv", [name, "bar"])) for name in (ONE, TWO))
    assert same.loss == other.loss


def test_class_folders_are_matched_however_their_names_are_composed(tmp_path):
    folder(tmp_path / "own" / "train", [ONE, "bar"])
    folder(tmp_path / "own" / "test", [TWO, "bar"])
    data = wxb.load_data(tmp_path / "own")
    assert data.classes == ("bar", ONE)
    assert [name for name in data.files if name.startswith(f"test/{TWO}/")]
    later = wxb.load_data(folder(tmp_path / "later", [ONE, "bar"]), test=folder(tmp_path / "mac", [TWO, "bar"]))
    assert later.classes == ("bar", ONE)
    assert np.bincount(later.targets[later.split.test]).tolist() == [8, 8]


def test_two_class_folders_that_look_the_same_are_noted(tmp_path):
    data = wxb.load_data(folder(tmp_path / "own", [ONE, TWO, "bar"]))
    assert len(data.classes) == 3
    assert f"two class folders are called {ONE}: their names differ only in how Unicode composes letters" in data.notes


def test_columns_are_found_by_how_their_names_look(tmp_path):
    def named(file, name):
        path = tmp_path / file
        path.write_text("\n".join([f"{name},kind", *(f"{row % 17},{'ab'[row % 17 > 8]}" for row in range(60))]))
        return path

    data = wxb.load_data(named("a.csv", ONE), target="kind")
    run = wxb.train(data, "SOFTMAX", epochs=1, out=tmp_path / "run", progress=False)
    expected = run.predict(tmp_path / "a.csv").scores
    for number, name in enumerate((TWO, f"{ONE}\u200b", f"\ufeff{TWO}\u00ad")):
        other = named(f"b{number}.csv", name)
        assert np.array_equal(run.predict(other).scores, expected)
        assert run.evaluate(other).loss == run.evaluate(wxb.load_data(other, target="kind")).loss
        assert wxb.load_data(other, target=ONE, task="regression").classes == (name.strip("\ufeff"),)
