"""Runs asked about files: pictures, tables, arrays, folders and data frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import wxb
from tests.runs.test_run_use import done
from wxb.errors import WxbError
from wxb.runs.run import Run


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> tuple[Run, np.ndarray, Path]:
    """An untrained run on grey pictures, four more, and a folder with these as files."""
    folder = tmp_path_factory.mktemp("pictures")
    pixels = np.random.default_rng(0).integers(0, 256, (60, 1, 8, 8)).astype(np.uint8)
    run, _ = done(wxb.load_data(pixels, np.arange(60) % 2), folder / "run", "CONV3-4-RELU-GAP, SOFTMAX")
    for number in (1, 2, 10):
        Image.fromarray(pixels[number, 0]).save(folder / f"{number}.png")
    return Run.open(run.path), pixels, folder


@pytest.fixture(scope="module")
def flats(tmp_path_factory) -> tuple[Run, pl.DataFrame, Path]:
    """A run on a table, other rows, and the folder in which both lie."""
    folder = tmp_path_factory.mktemp("flats")
    random = np.random.default_rng(0)
    table = pl.DataFrame(
        {
            "size": [None if i % 15 == 4 else value for i, value in enumerate(random.uniform(20, 120, 150).tolist())],
            "town": np.array(["Rome", "Oslo", "Bonn"])[random.integers(0, 3, 150)],
            "sold": random.integers(0, 2, 150) == 1,
        }
    ).with_columns(price=3 * pl.col("size").fill_null(70) + 50 * (pl.col("town") == "Rome").cast(pl.Float64))
    table[:120].write_csv(folder / "flats.csv")
    run = wxb.train(wxb.load_data(folder / "flats.csv", target="price"), "FC-8-RELU, EUCLID", epochs=2,
                    out=folder / "run")  # fmt: skip
    return Run.open(run.path), table[120:].drop("price"), folder


def said(run: Run, source: object) -> str:
    with pytest.raises(WxbError) as caught:
        run.predict(source)
    return str(caught.value)


def test_a_picture_is_predicted_from_its_file(pictures):
    run, pixels, folder = pictures
    found = run.predict(folder / "10.png")
    assert np.allclose(found.probabilities, run.predict(pixels[10]).probabilities, atol=1e-6)
    assert [*found.examples] == [str(folder / "10.png")]


def test_the_files_of_a_folder_are_predicted_in_natural_order(pictures, tmp_path):
    run, pixels, folder = pictures
    for name in ("10.png", "2.png", "1.png"):
        (tmp_path / "below").mkdir(exist_ok=True)
        (tmp_path / "below" / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "Thumbs.db").write_bytes(b"\0")
    (tmp_path / "words.txt").write_text("no picture")
    found = run.predict(tmp_path)
    assert [Path(one).name for one in found.examples] == ["1.png", "2.png", "10.png"]
    assert np.allclose(found.probabilities, run.predict(pixels[[1, 2, 10]]).probabilities, atol=1e-6)


def test_several_files_are_predicted_together(pictures, tmp_path):
    run, pixels, folder = pictures
    np.save(tmp_path / "more.npy", pixels[3:5])
    found = run.predict([str(folder / "2.png"), tmp_path / "more.npy"])
    assert found.examples == (str(folder / "2.png"), f"{tmp_path / 'more.npy'} 0", f"{tmp_path / 'more.npy'} 1")
    assert np.allclose(found.probabilities, run.predict(pixels[[2, 3, 4]]).probabilities, atol=1e-6)


def test_what_cannot_be_predicted_is_said(pictures, flats, tmp_path):
    run, _, folder = pictures
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "empty").mkdir()
    assert said(run, tmp_path / "broken.png").startswith(
        f"{tmp_path / 'broken.png'}: not a picture\n  fix: pictures, or"
    )
    assert said(run, [folder / "1.png", tmp_path / "none.png"]).startswith(f"{tmp_path / 'none.png'}: there is no such")
    folder_error = "a folder without pictures, tables and arrays"
    assert said(run, tmp_path / "empty").startswith(f"{tmp_path / 'empty'}: {folder_error}\n")
    assert said(run, flats[1]) == "a data frame; the network was not trained on a table"
    assert said(run, flats[2] / "flats.csv").startswith(f"{flats[2] / 'flats.csv'}: a table; the network was not")


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_rows_are_predicted_from_a_table_as_from_a_data_frame(flats, tmp_path, suffix):
    run, rows, _ = flats
    path = tmp_path / f"new.{suffix}"
    if suffix == "parquet":
        rows.write_parquet(path)
    else:
        rows.write_csv(path, separator="\t" if suffix == "tsv" else ",")
    from_file = run.predict(path)
    assert np.array_equal(from_file.values, run.predict(rows).values)
    assert from_file.examples == tuple(f"{path} {row}" for row in range(30))


def test_the_rows_beside_a_row_do_not_change_its_prediction(flats):
    run, rows, _ = flats
    together = run.predict(rows).values
    alone = np.concatenate([run.predict(rows[place : place + 1]).values for place in range(len(rows))])
    assert np.allclose(together, alone, rtol=1e-6)
    texts = rows.with_columns(pl.col("sold").cast(pl.String).str.to_titlecase(), pl.lit("x").alias("more"))
    strange = run.predict(texts.select(reversed(texts.columns)))
    assert np.array_equal(strange.values, together)
    assert strange.notes == ("a column that training had not, not used: more",)


def test_a_run_is_evaluated_on_a_file(flats):
    run, _, folder = flats
    assert run.evaluate(str(folder / "flats.csv")).summary() == run.evaluate().summary()


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((10**12, 1, 8, 8), "cut short\n  its header claims 64,000,000,000,000 bytes of numbers; there are 3,840"),
        ((10**30,), "cut short\n  its header claims 1,000,000,000,000,000,000,000,000,000,000 bytes of numbers; "),
        ((1, 1, 8, 8), "longer than it should be\n  its header claims 64 bytes of numbers; there are 3,840"),
        ((-1, 1, 8, 8), "no array of NumPy (uint8 of shape (-1, 1, 8, 8))"),
    ],
)
def test_an_array_whose_header_claims_what_the_file_does_not_hold_is_refused(pictures, tmp_path, shape, message):
    run, pixels, _ = pictures
    path = tmp_path / "claims.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        file.write(pixels.tobytes())
    assert said(run, path).startswith(f"{path}: {message}")


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", b"\x93NUMPY\x09\0\x10\0" + b" " * 16, b"PK\x03\x04" + b"\0" * 60]
)
def test_what_is_no_array_is_refused(pictures, tmp_path, content):
    path = tmp_path / "none.npy"
    path.write_bytes(content)
    assert said(pictures[0], path).startswith(f"{path}: no array of NumPy (")


def test_an_array_of_python_objects_is_refused(pictures, tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{}, 1], dtype=object), allow_pickle=True)
    assert said(pictures[0], tmp_path / "objects.npy").startswith(
        f"{tmp_path / 'objects.npy'}: no array of NumPy (object"
    )
