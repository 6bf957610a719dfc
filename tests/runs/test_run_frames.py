"""Data frames and arrays from Python: training, evaluation and prediction, with the names of their columns kept."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import wxb
from wxb.errors import WxbError

NET = "FC-8-RELU, SOFTMAX"


def flowers(rows=120, seed=0):
    """A frame with numbers, texts, truth values and gaps; the class depends on two of them."""
    rng = np.random.default_rng(seed)
    length, colour = rng.normal(size=rows), rng.choice(["blue", "red", "white"], rows)
    species = np.where(length > 0, "long", np.where(colour == "red", "short red", "short"))
    lengths = [None if gap else float(value) for gap, value in zip(rng.random(rows) < 0.1, length, strict=True)]
    return pl.DataFrame({"length": lengths, "colour": colour, "wild": rng.random(rows) < 0.5, "species": species})


def pandas(frame):
    library = pytest.importorskip("pandas")
    columns = {name: frame[name].to_list() for name in frame.columns}
    return library.DataFrame(columns, index=range(1000, 1000 + len(frame)))


def arrow(frame):
    pytest.importorskip("pyarrow")
    return frame.to_arrow()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    data = wxb.load_data(flowers(), target="species")
    return wxb.train(data, NET, epochs=20, out=tmp_path_factory.mktemp("frames") / "run")


def test_the_names_of_mixed_columns_are_kept():
    data = wxb.load_data(flowers(), target="species")
    assert data.classes == ("long", "short", "short red")
    assert [column.name for column in data.preparation.columns] == ["length", "colour", "wild"]
    assert {"colour=red", "colour=white"} <= set(data.features)


@pytest.mark.parametrize("library", [pandas, arrow], ids=["pandas", "arrow"])
def test_frames_of_every_library_are_the_same_data(library, run):
    new = flowers(60, seed=1)
    own = wxb.load_data(flowers(), target="species")
    assert wxb.load_data(library(flowers()), target="species").fingerprint == own.fingerprint
    assert run.evaluate(library(new)).summary() == run.evaluate(new).summary()
    assert run.predict(library(new.drop("species"))).classes == run.predict(new).classes


def test_a_frame_is_evaluated_with_its_target_or_with_targets_beside_it(run):
    new = flowers(60, seed=1)
    whole = run.evaluate(new)
    assert whole.examples == 60
    assert whole.accuracy == np.mean(np.array(run.predict(new).classes) == new["species"].to_numpy())
    for targets in (new["species"], new["species"].to_list(), new["species"].to_numpy()):
        assert run.evaluate(new.drop("species"), targets).summary() == whole.summary()
    assert run.evaluate(new.select("species", "wild", "colour", "length")).summary() == whole.summary()


def test_a_frame_without_its_target_is_predicted_but_not_evaluated(run):
    new = flowers(60, seed=1).drop("species")
    assert len(run.predict(new)) == 60
    with pytest.raises(WxbError, match="the data frame has no column species"):
        run.evaluate(new)
    with pytest.raises(WxbError, match="targets of shape \\(3,\\) for 60 rows"):
        run.evaluate(new, ["long"] * 3)
    with pytest.raises(WxbError, match="unknown class"):
        run.evaluate(new, ["huge"] * 60)


def test_arrays_are_evaluated_with_their_targets(tmp_path):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 4)).astype(np.float32)
    named, numbers = np.where(inputs[:, 0] > 0, "yes", "no"), 1000 + inputs[:, 1].astype(float)
    run = wxb.train(wxb.load_data(inputs, named), NET, epochs=5, out=tmp_path / "classes")
    new = rng.normal(size=(50, 4)).astype(np.float32)
    answers = np.where(new[:, 0] > 0, "yes", "no")
    evaluation = run.evaluate(new, answers)
    assert (evaluation.examples, evaluation.accuracy) == (50, np.mean(np.array(run.predict(new).classes) == answers))
    one_class = new[:1]
    assert run.evaluate(one_class, answers[:1]).examples == 1
    with pytest.raises(WxbError, match="50 examples and 3 targets"):
        run.evaluate(new, answers[:3])
    with pytest.raises(WxbError, match="an array of examples needs targets"):
        run.evaluate(new)
    fitted = wxb.train(wxb.load_data(inputs, numbers), "FC-8-RELU, EUCLID", epochs=30, out=tmp_path / "numbers")
    wanted = 1000 + new[:, 1].astype(float)
    error = fitted.predict(new).values[:, 0] - wanted
    assert fitted.evaluate(new, wanted).fit.rmse == pytest.approx(np.sqrt((error**2).mean()), rel=1e-4)


# --- types of pandas and Arrow ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """A frame of pandas with a column of every common type, and a run that was trained on its file."""
    library, rng = pytest.importorskip("pandas"), np.random.default_rng(0)
    when = library.Series(library.date_range("2024-01-01", periods=120, freq="7h"))
    frame = library.DataFrame(
        {"when": when, "flag": rng.random(120) < 0.5, "kind": rng.integers(1, 4, 120), "size": rng.normal(size=120)}
    )
    frame["town"] = rng.choice(["Rome", "Oslo"], 120)
    frame["took"] = library.to_timedelta(rng.integers(1, 900, 120), unit="s")
    frame["y"] = np.where(when.dt.hour > 11, 2, 1)
    folder = tmp_path_factory.mktemp("typed")
    frame.to_csv(folder / "t.csv", index=False)
    data = wxb.load_data(folder / "t.csv", target="y", types="kind=category")
    return frame, wxb.train(data, NET, epochs=2, out=folder / "run")


TYPES = {
    "own": lambda frame: frame,
    "nullable": lambda frame: frame.convert_dtypes(),
    "arrow types": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "objects": lambda frame: frame.astype(object),
    "categorical": lambda frame: frame.astype(dict.fromkeys(("kind", "flag", "town", "y"), "category")),
    "floats": lambda frame: frame.astype({"kind": float, "flag": float, "y": float}),
    "texts": lambda frame: frame.astype(dict.fromkeys(("kind", "flag", "when", "took", "y"), str)),
    "time zone": lambda frame: frame.assign(when=frame["when"].dt.tz_localize("UTC")),
    "microseconds": lambda frame: frame.assign(when=frame["when"].astype("datetime64[us]")),
    "mixed zones": lambda frame: frame.assign(
        when=[one.tz_localize("UTC") if i % 2 else one for i, one in enumerate(frame["when"])]
    ).astype({"when": object}),
    "polars": lambda frame: pl.from_pandas(frame),
    "arrow": lambda frame: pytest.importorskip("pyarrow").Table.from_pandas(frame),
}


@pytest.mark.parametrize("types", TYPES)
def test_a_frame_is_the_same_rows_in_every_type_of_its_columns(typed, types):
    pytest.importorskip("pyarrow")
    frame, run = typed
    expected, found = wxb.load_data(frame, like=run.data.table), wxb.load_data(TYPES[types](frame), like=run.data.table)
    assert found.fingerprint == expected.fingerprint
    # times with a zone are the one thing said: their rows are the same, read in UTC
    assert [note.split(",")[0] for note in found.notes] == ["when: its times have a zone"] * ("zone" in types)
    assert np.array_equal(run.predict(TYPES[types](frame)).scores, run.predict(frame).scores)


@pytest.mark.parametrize("types", ["own", "nullable", "arrow types", "objects"])
def test_every_value_for_what_is_missing_is_missing(typed, types):
    pytest.importorskip("pyarrow")
    frame, run = typed
    gaps = frame.astype({"kind": float, "flag": object, "y": float})
    for row, name in enumerate(["when", "flag", "kind", "size", "town", "took", "y"]):
        gaps.loc[row, name] = None
    data = wxb.load_data(TYPES[types](gaps), like=run.data.table)
    assert data.row_numbers.tolist() == [*range(6), *range(7, 120)]
    assert np.argwhere(np.isnan(data.examples)).tolist() == [[0, 0], [1, 1], [2, 2], [3, 3], [4, 4], [5, 5]]


def test_columns_that_have_no_one_reading_are_refused(typed):
    frame, run = typed
    for new, said in (
        (frame.assign(size=[[1]] * 120), "size of the data frame holds lists, structures or bytes"),
        (frame.assign(took=frame["took"].dt.total_seconds()), "took of the data frame is not written as in training"),
        (frame.assign(when=frame["when"].astype("int64")), "when of the data frame is not written as in training"),
        (frame.rename(columns={"kind": "size"}), "columns of the data frame share a name"),
        (pl.from_pandas(frame[["size", "y"]]).lazy(), "the rows of a lazy frame are not there yet"),
    ):
        for use in (run.predict, run.evaluate):
            with pytest.raises(WxbError, match=said):
                use(new)


def test_periods_are_dates_and_lists_are_named_as_such():
    library = pytest.importorskip("pandas")
    days = library.Series(library.date_range("2024-01-01", periods=60, freq="D"))
    frame = library.DataFrame({"day": days.dt.to_period("D"), "pair": [[1, 2]] * 60, "y": [0, 1] * 30})
    data = wxb.load_data(frame, target="y")
    assert data.examples[:2].tolist() == [[19723], [19724]]
    assert "1 column left out: pair (holds lists, structures or bytes)" in data.notes


def test_a_target_of_durations_may_have_gaps(typed):
    frame, _ = typed
    gaps = frame[["size", "took"]].copy()
    gaps.loc[3, "took"] = None
    data = wxb.load_data(gaps, target="took")
    assert data.task == "regression"
    assert len(data.examples) == 119
    assert (data.targets_in_units()[:3, 0] == frame["took"].dt.total_seconds()[:3]).all()


# --- a split of one's own ---------------------------------------------------------------------------------------------


def test_row_numbers_make_the_split_of_arrays_toys_known_sets_and_frames():
    parts = (np.arange(10, 80), [0, 5, 3], range(80, 100))
    frame = flowers(100)
    for data in (
        wxb.load_data(np.random.default_rng(0).normal(size=(100, 2)), np.arange(100) % 2, split=parts),
        wxb.load_data("ring", examples=100, split=parts),
        wxb.load_data("digits", split=parts),
        wxb.load_data(frame, target="species", split=parts),
    ):
        assert data.split.train.tolist() == list(range(10, 80))
        assert data.split.validation.tolist() == [0, 3, 5]
        assert data.split.test.tolist() == list(range(80, 100))
        assert data.split.how == "rows of one's own"


def test_rows_of_a_table_are_counted_as_in_the_table():
    frame = flowers(100).with_columns(pl.when(pl.int_range(100) < 10).then(None).otherwise("species").alias("gone"))
    frame = frame.with_columns(pl.when(pl.int_range(100) < 10).then(None).otherwise(pl.col("species")).alias("species"))
    data = wxb.load_data(frame.drop("gone"), target="species", split=(range(60), range(60, 80), range(80, 100)))
    assert len(data.examples) == 90
    assert data.split.train.tolist() == list(range(50))
    assert data.split.test.tolist() == list(range(70, 90))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (([0, 1], [1], [2]), "`split`: row 1 stands in train and in validation"),
        (([0, 0], [1], [2]), "`split`: row 0 stands in train and in train"),
        (([0, 1], [2], [100]), "`split`: there is no row 100 for test"),
        (([0, 1], [2], [-1]), "`split`: there is no row -1 for test"),
        (([0.5], [1], [2]), "`split="),
        (([True], [1], [2]), "`split="),
        (([0], [1]), "`split="),
        (("012", "3", "4"), "`split="),
    ],
)
def test_parts_that_make_no_split_are_refused(parts, said):
    with pytest.raises(WxbError) as error:
        wxb.load_data("ring", examples=100, split=parts)
    assert error.value.what.startswith(said)


def test_a_run_with_a_split_of_ones_own_is_loaded_with_it_again(tmp_path):
    lines = [f"{row % 7},{'a' if row % 3 else 'b'},{row % 5}" for row in range(90)]
    lines[4] = "3,,1"  # without its target
    (tmp_path / "table.csv").write_text("x,kind,z\n" + "\n".join(lines) + "\n")
    data = wxb.load_data(
        tmp_path / "table.csv", target="kind", split=(range(50), range(50, 60), range(60, 90)), pieces=0
    )
    run = wxb.train(data, NET, epochs=2, out=tmp_path / "run")
    again = wxb.Run.open(run.path)
    assert again.load_data().split.test.tolist() == data.split.test.tolist() == list(range(59, 89))
    assert again.evaluate().summary() == run.evaluate(data).summary()
    assert wxb.compare([run, run]).examples == 30
