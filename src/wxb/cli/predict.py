"""`wxb predict`: what a run's network says of files."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from wxb import numbers
from wxb.cli import options, printing
from wxb.errors import WxbError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wxb.runs.predict import Prediction
    from wxb.runs.run import Run

MOST_NAMED = 5  # broken files that an error lists
STREAM = "-"  # what standard input is called
STREAMED = 2**30  # the most bytes that are read of it
NUMPY = b"\x93NUMPY"  # the first bytes of a .npy file


@dataclass(frozen=True)
class Example:
    """One thing to predict, and what it is called: a file, or a row of a file."""

    file: str
    row: int | None
    values: NDArray[np.generic]

    @property
    def name(self) -> str:
        """ "seven.png", "rows.npy 3"."""
        return self.file if self.row is None else f"{self.file} {self.row}"


def predict(run: str, files: tuple[str, ...], as_csv: bool, as_json: bool) -> None:
    """What a run's network says of pictures, or of the rows of tables (.csv, .tsv, .parquet) or NumPy arrays (.npy).

    A picture is brought to the size and the colours of those that the network was trained on. FILE - is standard input:
    a picture or an array.
    """
    import numpy as np

    from wxb.runs.run import Run

    if as_csv and as_json:
        raise WxbError("--csv and --json are two forms of one thing", fix="one of them")

    opened = Run.open(run)
    examples = read_files(files, opened)
    if not examples:
        raise WxbError("there is nothing to predict: the arrays have no rows")
    found = opened.predict(np.stack([example.values for example in examples]))
    predictions = as_dicts(examples, found)
    if as_json:
        printing.result_json("wxb/predict/1", {"run": run, "classes": list(found.names), "predictions": predictions})
        return
    if as_csv:
        printing.result_csv(csv_rows(examples, predictions, found))
        return
    rows = [(example.name, *said(one)) for example, one in zip(examples, predictions, strict=True)]
    head = ("file", "prediction", "probability")[: len(rows[0])]
    printing.result(printing.table([head, *rows], numbers=[2], width=printing.columns(sys.stdout)))


def read_files(files: tuple[str, ...], run: Run) -> list[Example]:
    """The examples in files, in order. Raises WxbError that names every file that holds none."""
    fix = expected(run)
    examples: list[Example] = []
    broken: list[WxbError] = []
    for file in files:
        try:
            examples += read_file(file, run)
        except WxbError as problem:
            broken.append(problem)
    if broken and len(files) == 1:
        raise WxbError(broken[0].what, broken[0].detail, broken[0].fix or fix)
    if broken:
        more = [f"and {len(broken) - MOST_NAMED} more"] if len(broken) > MOST_NAMED else []
        lines = [problem.what for problem in broken[:MOST_NAMED]] + more
        raise WxbError(f"{len(broken)} of {len(files)} files cannot be predicted", "\n".join(lines), fix)
    return examples


def expected(run: Run) -> str:
    """What files the run's network takes."""
    shape = run.summary.input
    arrays = f"arrays of NumPy (.npy) of shape (n, {', '.join(map(str, shape))})"
    if run.data.get("table") is not None:
        return f"tables with the columns of training, or {arrays}"
    return f"pictures, or {arrays}" if len(shape) == 3 and run.data["dtype"] == "uint8" else arrays


def read_file(file: str, run: Run) -> list[Example]:
    """A picture as one example, an array or a table as one a row. Raises WxbError where the file is none of them, or
    does not fit.
    """
    from wxb.data.frame import is_table

    if file == STREAM:
        return read_stream(run)
    path = Path(file)
    if not path.is_file():
        raise WxbError(f"{file}: " + ("a folder; expected files" if path.is_dir() else "there is no such file"))
    if path.suffix.lower() == ".npy":
        return read_array(file, run)
    if is_table(path):
        return read_rows(file, run)
    return [Example(file, None, read_picture(file, run))]


def read_stream(run: Run) -> list[Example]:
    """What standard input holds, a picture or an array. Raises WxbError as `read_file`."""
    data = sys.stdin.buffer.read(STREAMED + 1) if sys.stdin is not None else b""
    if not data:
        raise WxbError("standard input is empty")
    if len(data) > STREAMED:
        raise WxbError(f"standard input has more than {numbers.count(STREAMED)} bytes")
    with TemporaryDirectory() as folder:
        path = Path(folder) / ("stream.npy" if data.startswith(NUMPY) else "stream")
        path.write_bytes(data)
        try:
            examples = read_file(str(path), run)
        except WxbError as problem:
            what = problem.what.replace(str(path), "standard input")
            raise WxbError(what, problem.detail, problem.fix) from problem
    return [replace(example, file=STREAM) for example in examples]


def read_array(file: str, run: Run) -> list[Example]:
    """The rows of an array (n, *shape), or the one of an array of an example's shape."""
    import numpy as np

    shape = run.summary.input
    try:
        array = np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError) as problem:
        raise WxbError(f"{file}: no array of NumPy ({problem})") from problem
    if array.shape == shape:
        array = array[None]
    if array.shape[1:] != shape:
        expected = f"(n, {', '.join(map(str, shape))})"
        raise WxbError(f"{file}: an array of shape {array.shape}; expected {expected}")
    return [Example(file, row, values) for row, values in enumerate(array)]


def read_rows(file: str, run: Run) -> list[Example]:
    """The rows of a table, prepared as those that the network was trained on; remarks say what those had not."""
    from wxb.data import table

    prepared = run.data.get("table")
    if prepared is None:
        raise WxbError(f"{file}: a table; the network was not trained on one")
    examples, notes = table.read_rows(Path(file), prepared)
    for note in notes:
        printing.remark(printing.labelled("note", f"{file}: {note}"))
    return [Example(file, row, values) for row, values in enumerate(examples)]


def read_picture(file: str, run: Run) -> NDArray[np.uint8]:
    """A picture (channels, height, width) as the network takes it."""
    from wxb.data.decoding import LeftOut, decode, quiet_decoders, read_header
    from wxb.data.ink import as_in_set
    from wxb.data.known import INK
    from wxb.data.load import MAX_PIXELS

    shape = run.summary.input
    if len(shape) != 3:
        raise WxbError(f"{file}: the network takes rows of {shape[0]} numbers, no pictures")
    if run.data["dtype"] != "uint8":
        raise WxbError(f"{file}: a picture of bytes; the network was trained on {run.data['dtype']} arrays")
    channels, height, width = shape
    source = run.data["source"]
    full, ink = INK.get(source["source"]), source.get("ink", False)
    with quiet_decoders():
        try:
            header = read_header(Path(file), MAX_PIXELS)
            if ink:  # its squares are made of the picture's own pixels
                height = width = min(header.height, header.width)
            fits = (header.height, header.width) == (height, width)
            if not fits and height != width:
                sizes = f"{header.height}x{header.width} pixels; the network takes {height}x{width}"
                raise WxbError(f"{file}: {sizes}")
            picture = decode(Path(file), channels == 1, None if fits else height, MAX_PIXELS)
        except LeftOut as reason:
            raise WxbError(f"{file}: {reason.reason}" + (f" ({reason.more})" if reason.more else "")) from reason
    return as_in_set(picture[None], full, ink)[0] if full is not None else picture


def as_dicts(examples: list[Example], found: Prediction) -> list[dict[str, Any]]:
    """A prediction an example: its class with probabilities, the labels that hold, or its numbers."""
    return [
        {**({"file": one.file} if one.row is None else {"file": one.file, "row": one.row}), **answer(found, place)}
        for place, one in enumerate(examples)
    ]


def answer(found: Prediction, place: int) -> dict[str, Any]:
    """What was predicted of example `place`; probabilities are null where the head has none."""
    if found.task == "numbers":
        assert found.values is not None
        values = found.values[place].tolist()
        return {"value": values[0] if len(values) == 1 else dict(zip(found.names, values, strict=True))}
    assert found.numbers is not None
    chances = None if found.probabilities is None else found.probabilities[place].tolist()
    probabilities = None if chances is None else dict(zip(found.names, chances, strict=True))
    if found.task == "labels":
        labels = [name for name, holds in zip(found.names, found.numbers[place], strict=True) if holds]
        return {"labels": labels, "probabilities": probabilities}
    name = found.classes[place]
    return {"class": name, "probability": probabilities and probabilities[name], "probabilities": probabilities}


def csv_rows(examples: list[Example], predictions: list[dict[str, Any]], found: Prediction) -> list[list[object]]:
    """The lines of `--csv`, the head first: file, row (of an array or a table), what is predicted, probabilities.

    Of classes `class` and `probability`, of labels a `label_NAME` of 0 or 1 each, of numbers `value` or a `value_NAME`
    each; `probability_NAME` for each class or label where the network has probabilities.
    """
    names = list(found.names)
    chances = [] if found.probabilities is None else names
    answers: list[list[object]]
    if found.task == "classes":
        head = ["class", "probability"]
        answers = [[one["class"], one["probability"]] for one in predictions]
    elif found.task == "labels":
        head = [f"label_{name}" for name in names]
        answers = [[int(name in one["labels"]) for name in names] for one in predictions]
    else:
        assert found.values is not None
        head = ["value"] if len(names) == 1 else [f"value_{name}" for name in names]
        answers = found.values.tolist()
    lines: list[list[object]] = [["file", "row", *head, *(f"probability_{name}" for name in chances)]]
    for example, prediction, cells in zip(examples, predictions, answers, strict=True):
        probabilities = [prediction["probabilities"][name] for name in chances]
        lines.append([example.file, example.row, *cells, *probabilities])
    return lines


def said(prediction: dict[str, Any]) -> tuple[str, ...]:
    """A prediction in the columns of the table."""
    if "value" in prediction:
        value = prediction["value"]
        return (f"{value:.6g}" if isinstance(value, float) else "  ".join(f"{n} {v:.6g}" for n, v in value.items()),)
    if "labels" in prediction:
        return (", ".join(prediction["labels"]) or "none",)
    chance = prediction["probability"]
    return (prediction["class"], "" if chance is None else numbers.percent(chance))


command = options.Command(
    predict,
    [
        click.Argument(["run"]),
        click.Argument(["files"], nargs=-1, required=True, metavar="FILE…"),
        options.switch("--csv", "as_csv", help="Comma-separated values, a line an example; the first line names them."),
        options.JSON,
    ],
)
