"""Files written atomically or appended, tensors with the same bytes every time, and the lock of one writer."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from wxb import storage
from wxb.errors import WxbError

WRITE = """
import sys, torch
from pathlib import Path
from wxb.storage import write_tensors
names = {name: torch.arange(6.0).view(2, 3) for name in ("b", "a", "c.weight", "c.bias")}
counts = {name: torch.tensor([1, 2, 3]) for name in ("n", "m")}
metadata = {name: name.upper() for name in ("network", "notation", "epochs", "counters")}
write_tensors(Path(sys.argv[1]), names | counts | {"empty": torch.zeros(0, 4), "flag": torch.tensor(True)}, metadata)
"""


def test_the_same_tensors_have_the_same_bytes_in_every_process(tmp_path: Path, root: Path):
    paths = [tmp_path / f"{seed}.safetensors" for seed in (0, 1, 2)]
    for seed, path in enumerate(paths):
        environment = {**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONHASHSEED": str(seed)}
        subprocess.run([sys.executable, "-c", WRITE, str(path)], check=True, env=environment)
    first = paths[0].read_bytes()
    assert [path.read_bytes() == first for path in paths[1:]] == [True, True]
    assert torch.equal(load_file(paths[0])["c.bias"], torch.arange(6.0).view(2, 3))  # as others read it


def test_the_order_in_which_tensors_are_named_changes_no_byte(tmp_path: Path):
    tensors = {"a": torch.ones(2, dtype=torch.float16), "b": torch.ones(3, dtype=torch.float64)}
    storage.write_tensors(tmp_path / "one", tensors, {"x": "1", "y": "2"})
    storage.write_tensors(tmp_path / "two", dict(reversed(tensors.items())), {"y": "2", "x": "1"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_tensors_that_share_memory_are_stored_separately(tmp_path: Path):
    whole = torch.arange(6.0)
    tensors = {"a": whole[:3], "b": whole[3:], "c": whole, "t": whole.view(2, 3).T}
    storage.write_tensors(tmp_path / "x", tensors, {})
    for name, tensor in storage.read_tensors(tmp_path / "x")[0].items():
        assert torch.equal(tensor, tensors[name])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64, torch.int64, torch.uint8, torch.bool])
def test_every_kind_of_tensor_comes_back(tmp_path: Path, dtype: torch.dtype):
    stored = {
        "x": torch.tensor([[0, 1], [2, 3]]).to(dtype),
        "scalar": torch.tensor(1).to(dtype),
        "none": torch.zeros(0),
    }
    storage.write_tensors(tmp_path / "x", stored, {"about": "é"})
    tensors, metadata = storage.read_tensors(tmp_path / "x")
    assert metadata == {"about": "é"}
    for name, tensor in tensors.items():
        assert tensor.dtype == stored[name].dtype
        assert torch.equal(tensor, stored[name])


def test_two_writers_of_one_process_do_not_share_a_temporary_file(tmp_path: Path):
    path = tmp_path / "file"
    with storage.replacing(path) as first:
        with storage.replacing(path) as second:
            second.write(b"second")
        first.write(b"first")
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["file"]


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path: Path):
    path = tmp_path / "file"
    storage.write(path, "before")

    def fail() -> None:
        with storage.replacing(path) as file:
            file.write(b"half")
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["file"]


def test_a_file_is_on_the_disk_before_it_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (calls.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda source, target: (calls.append("replace"), replace(source, target)))
    storage.write(tmp_path / "file", "text")
    storage.write_tensors(tmp_path / "tensors", {"x": torch.ones(2)}, {})
    storage.append(tmp_path / "file", b"more")
    assert calls == ["fsync", "replace", "fsync", "replace", "fsync"]


def test_what_cannot_be_appended_whole_is_not_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "history"
    storage.append(path, b"one\n")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(WxbError, match="the disk is full"):
            storage.append(path, b"two\n")
    assert path.read_bytes() == b"one\n"


@pytest.mark.parametrize("header", [b'{"__metadata__":{"a":1}}', b"[]", b"{", b"\xff\xfe"])
def test_a_strange_header_is_a_damaged_file(tmp_path: Path, header: bytes):
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(WxbError, match=r"x.safetensors is damaged: cut short, or not written by wxb"):
        storage.read_tensors(path)


def test_a_lock_is_seen_and_removes_what_a_killed_writer_left(tmp_path: Path):
    (tmp_path / ".run.json.0123456789abcdef.part").write_text("half")
    (tmp_path / ".tmpA1b2C3").write_text("half")
    lock = storage.hold(tmp_path)
    assert storage.is_held(tmp_path)
    assert os.listdir(tmp_path) == [storage.LOCK]
    with pytest.raises(WxbError, match="is writing"):
        storage.hold(tmp_path)
    lock.release()
    assert not storage.is_held(tmp_path)
