"""Folders of text files: read, learned, asked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import wxb
from tests.data.tables.test_data_free_text import COLD, WARM
from wxb.data import load_data
from wxb.errors import WxbError
from wxb.runs.folder import RUN


def fill(folder: Path, rows: int = 40) -> None:
    """Class folders of short texts."""
    for name, texts in (("warm", WARM), ("NA", COLD)):
        (folder / name).mkdir(parents=True)
        for i in range(rows):
            (folder / name / f"{i}.txt").write_text(f"{texts[i % 3]} ({i})", encoding="utf-8")


@pytest.fixture
def folder(tmp_path) -> Path:
    """`letters/`."""
    fill(tmp_path / "letters")
    return tmp_path / "letters"


def test_a_folder_of_texts_is_a_table_of_texts_and_classes(folder):
    data = load_data(folder)
    assert data.classes == ("NA", "warm")
    assert len(data.examples) == 80
    assert data.files[0] == "NA/0.txt"
    assert data.columns.texts["text"][int(data.examples[0, 0])] == f"{COLD[0]} (0)"
    assert data.preparation.texts[0].name == "text"


def test_parts_of_a_folder_are_kept(tmp_path):
    fill(tmp_path / "letters/train")
    fill(tmp_path / "letters/test", 10)
    data = load_data(tmp_path / "letters")
    assert len(data.split.test) == 20
    assert all(data.files[row].startswith("test/") for row in data.split.test)
    assert len(data.split.validation)


def test_parts_without_one_for_training_are_told_where_texts_are_expected(tmp_path):
    for part in ("test", "val"):
        fill(tmp_path / "letters" / part, 10)
    with pytest.raises(WxbError, match="letters/ has no folder for training") as refused:
        load_data(tmp_path / "letters")
    assert refused.value.fix == "letters/train/CLASS/text.txt"


def test_one_class_of_texts_is_told_where_another_is_expected(tmp_path):
    (tmp_path / "letters/warm").mkdir(parents=True)
    (tmp_path / "letters/warm/a.txt").write_text(WARM[0])
    with pytest.raises(WxbError, match="letters/ is not a folder of class folders") as refused:
        load_data(tmp_path / "letters")
    assert refused.value.fix == "letters/CLASS/text.txt"


def test_texts_in_other_encodings_are_read_or_left_out_by_name(folder):
    (folder / "warm/utf16.txt").write_bytes("Größe der Sonne ist heute warm".encode("utf-16"))
    (folder / "warm/latin.txt").write_bytes("Größe".encode("latin-1"))
    (folder / "warm/zero.txt").write_bytes(b"a\0b\0\0\0\0 binary")
    (folder / "warm/empty.txt").write_bytes(b"")
    (folder / "warm/long.txt").write_bytes(b"the sun is warm " * 70_000)
    data = load_data(folder)
    assert "Größe der Sonne ist heute warm" in data.columns.texts["text"]
    assert len(data.examples) == 83
    note = "\n".join(data.notes)
    assert "2 files left out" in note
    assert "warm/latin.txt" in note
    assert np.isnan(data.examples[data.files.index("warm/empty.txt"), 0])


def test_a_run_on_a_folder_is_asked_about_texts(folder, tmp_path):
    run = wxb.train(load_data(folder), epochs=4, out=tmp_path / "run", progress=False)
    assert run.evaluate().accuracy > 0.9
    new = tmp_path / "new"
    new.mkdir()
    (new / "a.txt").write_text("much sun and warm light")
    (new / "b.txt").write_text("deep snow and cold ice")
    assert run.predict(new).values.tolist() == [1, 0]
    assert run.predict(new / "b.txt").values.tolist() == [0]
    (new / "bad.txt").write_bytes(b"\xe9t\xe9")
    with pytest.raises(WxbError, match=r"bad.txt is not in UTF-8"):
        run.predict(new / "bad.txt")
    assert run.evaluate(folder).accuracy == run.evaluate().accuracy
    with pytest.raises(WxbError, match="new/ is not a folder of class folders") as refused:
        run.evaluate(new)
    assert "new/CLASS/text.txt" in refused.value.fix
    assert "picture" not in refused.value.fix
    steps = json.loads((run.path / "report.json").read_text())["next"]
    assert f"wxb predict {RUN} TEXT.txt" in [one["command"] for one in steps]


def test_a_folder_with_pictures_is_no_folder_of_texts(folder):
    (folder / "warm/a.png").write_bytes(b"no picture")
    with pytest.raises(WxbError, match="picture"):
        load_data(folder)


def test_a_folder_of_texts_is_read_by_words_if_that_is_said(folder):
    data = load_data(folder, types="text=words")
    assert data.source["types"] == "text=words"
    assert data.preparation.vocabulary is not None
    with pytest.raises(WxbError, match="a folder of texts has one column to read, text"):
        load_data(folder, types="age=number")


def test_a_run_of_words_in_a_folder_is_tested_again(folder, tmp_path):
    run = wxb.train(load_data(folder), "EMBED-4-GMP, SOFTMAX", epochs=1, out=tmp_path / "run")
    again = wxb.Run.open(tmp_path / "run")
    assert again.unchanged_data().source["types"] == "text=words"
    assert again.evaluate().accuracy == run.summary.test["accuracy"]


def test_types_are_not_for_a_folder_of_pictures(tmp_path):
    from PIL import Image

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(20):
            Image.new("L", (4, 4), number).save(tmp_path / name / f"{number}.png")
    with pytest.raises(WxbError, match="`types` is for tables and texts"):
        load_data(tmp_path, types="a=number")
