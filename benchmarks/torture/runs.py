"""Edits and damages of the files of a run."""

from __future__ import annotations

import functools
import json
import os
import shutil
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.torture.odd import Check, Odd, either, wxb
from benchmarks.torture.tables import PLAIN

TRAINING = ("train", "t.csv", "FC-8-RELU, SOFTMAX", "--target", "y", "--epochs", "3", "--threads", "1", "-q")
Edit = Callable[[Path], object]
TEXTS = ("run.json", "settings.toml", "data.json", "environment.json", "history.jsonl", "report.json", "manifest.json")


@functools.cache
def made() -> tempfile.TemporaryDirectory[str]:
    """A folder with a table and a finished run, `run`."""
    folder = tempfile.TemporaryDirectory()
    Path(folder.name, "t.csv").write_text(PLAIN)
    answer = wxb(*TRAINING, "--out", "run", folder=Path(folder.name))
    assert answer.code == 0, answer.errors
    return folder


def copied(folder: Path) -> Path:
    """A copy of the table and the run in a folder; returns the run."""
    shutil.copytree(made().name, folder, dirs_exist_ok=True)
    return folder / "run"


def edited(what: str, edit: Edit, right: str, check: Check, *arguments: str) -> Odd:
    """A run with an edit, asked for its report or what the arguments say."""
    return Odd(what, lambda folder: edit(copied(folder)), arguments or ("report", "run"), right, check)


def ended(*codes: int, words: str = "") -> Check:
    """Ended with one of these codes, with words in what it wrote."""
    return lambda answer: answer.code in codes and words.lower() in answer.text.lower()


def replaced(name: str, old: str, new: str) -> Edit:
    """The edit that replaces a text in a file, which must be there."""

    def edit(run: Path) -> None:
        text = (run / name).read_text()
        assert old in text, (name, old)
        (run / name).write_text(text.replace(old, new, 1))

    return edit


def written(name: str, content: bytes) -> Edit:
    """The edit that writes a file."""
    return lambda run: (run / name).write_bytes(content)


def flipped(name: str, place: int) -> Edit:
    """The edit that flips the high bit of a byte."""

    def edit(run: Path) -> None:
        content = bytearray((run / name).read_bytes())
        content[place] ^= 0x80
        (run / name).write_bytes(content)

    return edit


def cut(name: str) -> Edit:
    """The edit that cuts a file in half."""
    return lambda run: os.truncate(run / name, (run / name).stat().st_size // 2)


def _in_place_of(name: str, make: Callable[[Path], None]) -> Edit:
    """The edit that puts something else where a file was."""

    def edit(run: Path) -> None:
        (run / name).unlink()
        make(run / name)

    return edit


def _linked(run: Path) -> None:
    run.rename(run.with_name("old"))
    run.symlink_to("old")


def _retrained(edit: Edit) -> Edit:
    """The edit of a run that was trained where it lies, so that its data are those of the folder."""

    def train(run: Path) -> None:
        shutil.rmtree(run)
        answer = wxb(*TRAINING, "--out", "run", folder=run.parent)
        assert answer.code == 0, answer.errors
        edit(run)

    return train


def missing(name: str) -> Edit:
    """The edit that removes a file."""
    return lambda run: (run / name).unlink()


def _weights(shape: list[int], kind: str = "F32", size: int = 4) -> Edit:
    """The first tensor of the weights with another shape or dtype, filled with zeros."""

    def edit(run: Path) -> None:
        raw = (run / "weights.safetensors").read_bytes()
        length = struct.unpack("<Q", raw[:8])[0]
        header = json.loads(raw[8 : 8 + length])
        name = next(name for name in header if name.endswith("weight"))
        tensors = {key: raw[8 + length :][slice(*value["data_offsets"])] for key, value in header.items()
                   if key != "__metadata__"}  # fmt: skip
        count = 1
        for side in shape:
            count *= side
        tensors[name] = bytes(count * size)
        header[name] |= {"shape": shape, "dtype": kind}
        body = b""
        for key, tensor in tensors.items():
            header[key]["data_offsets"] = [len(body), len(body) + len(tensor)]
            body += tensor
        head = json.dumps(header).encode()
        (run / "weights.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + body)

    return edit


def _beside(run: Path) -> None:
    """A second run beside the first, whose run.json has a byte that is no UTF-8."""
    shutil.copytree(run, run.with_name("other"))
    flipped("run.json", 40)(run.with_name("other"))


DAMAGED = ended(1, 2, 3)
FINE = ended(0)
VERIFIED = ended(3)

FLIPS = tuple(
    edited(f"a byte of {name} that is no UTF-8", flipped(name, 40), "the damage is named by verify",
           ended(3, words=name), "verify", "run")
    for name in TEXTS
)  # fmt: skip
CUTS = tuple(
    edited(f"{name} cut in half", cut(name), "the damage is named by verify", ended(3, words=name), "verify", "run")
    for name in (*TEXTS, "weights.safetensors", "split.safetensors")
)
GONE = tuple(
    edited(f"{name} removed", missing(name), "the damage is named by verify", ended(3, words=name), "verify", "run")
    for name in (*TEXTS[:-1], "weights.safetensors", "split.safetensors", "report.html")
)
EDITS = (
    edited("a state that there is not", replaced("run.json", '"finished"', '"perfect"'), "named", DAMAGED),
    edited("a network that is none", replaced("run.json", "FC-8-RELU", "FC-8-RELUX"), "named", DAMAGED,
           "predict", "run", "t.csv"),
    edited("a network of another size", replaced("run.json", "FC-8-RELU", "FC-9-RELU"), "named", DAMAGED,
           "predict", "run", "t.csv"),
    edited("a text for a count", replaced("run.json", '"parameters": ', '"parameters": "x", "was": '), "named",
           DAMAGED),
    edited("an integer of 5,000 digits", replaced("run.json", '"format": 2', f'"format": 2, "more": {"9" * 5000}'),
           "named", DAMAGED),
    edited("JSON nested 100,000 deep", written("run.json", b"[" * 100_000), "named", DAMAGED),
    edited("a format of the future", replaced("run.json", '"format": 2', '"format": 99'), "named as newer", DAMAGED),
    edited("NaN in the report", replaced("report.json", '"accuracy": ', '"accuracy": NaN, "was": '), "named", DAMAGED),
    edited("a share of 2", replaced("report.json", '"accuracy": 0', '"accuracy": 2'), "named", DAMAGED),
    edited("a setting that there is not", lambda run: (run / "settings.toml").open("a").write("colour = 1\n"),
           "named", DAMAGED, "train", "--config", "run/settings.toml", "--out", "again"),
    edited("an epoch that is a text", replaced("history.jsonl", '"epoch":', '"epoch":"x","was":'), "named", VERIFIED,
           "verify", "run"),
    edited("half a line of the history", lambda run: (run / "history.jsonl").open("a").write('{"epoch": 4, "st'),
           "named, or passed over", ended(0, 2, 3)),
    edited("a name of a file outside", replaced("manifest.json", '"report.md"', '"../report.md"'), "named",
           ended(2, 3), "verify", "run"),
    edited("an absolute name of a file", replaced("manifest.json", '"report.md"', '"/etc/passwd"'), "named",
           ended(2, 3), "verify", "run"),
    edited("a file that belongs to nobody", written("notes.txt", b"mine"), "named", ended(3, words="notes.txt"),
           "verify", "run"),
    edited("a tensor of shape [1]", _weights([1]), "named", DAMAGED, "predict", "run", "t.csv"),
    edited("a tensor of no shape", _weights([]), "named", DAMAGED, "predict", "run", "t.csv"),
    edited("a tensor turned around", _weights([2, 8]), "named", DAMAGED, "predict", "run", "t.csv"),
    edited("a tensor of float64", _weights([8, 2], "F64", 8), "named", DAMAGED, "predict", "run", "t.csv"),
    edited("weights whose head says 2⁶² bytes", written("weights.safetensors", struct.pack("<Q", 2**62)), "named",
           DAMAGED, "predict", "run", "t.csv"),
    edited("a folder where run.json was", _in_place_of("run.json", Path.mkdir),
           "named", DAMAGED),
    edited("a pipe where run.json was", _in_place_of("run.json", os.mkfifo),
           "named", DAMAGED),
    edited("run.json of 10 GB of nothing", lambda run: os.truncate(run / "run.json", 10 * 2**30), "named", DAMAGED),
    edited("a damaged run beside a good one", _beside, "the good one is listed",
           either(ended(0, words="54."), ended(0, words="run ")), "runs", "."),
    edited("a link in place of the run", _linked,
           "opened", FINE),
    edited("the table of the run renamed", _retrained(lambda run: (run.parent / "t.csv").rename(run.parent / "u.csv")),
           "named as gone", DAMAGED, "evaluate", "run"),
    edited("another table of that name", _retrained(lambda run: (run.parent / "t.csv").write_text(PLAIN + "1,2,yes\n")),
           "named as other data", DAMAGED, "evaluate", "run"),
    edited("a finished run resumed", lambda run: None, "said to be finished", ended(0, 2, words="finish"),
           "resume", "run"),
    edited("a name of 5,000 characters", lambda run: None, "no such run", ended(1, 2), "verify", "r" * 5000),
    edited("an escape sequence in a name of a class",
           replaced("run.json", '"classes": [\n    "no"', '"classes": [\n    "\\u001b[31mno"'), "named, or escaped",
           lambda answer: "\x1b[31m" not in answer.text),
)  # fmt: skip


def odds() -> tuple[Odd, ...]:
    """All edits and damages."""
    return (*FLIPS, *CUTS, *GONE, *EDITS)
