"""What is at a path is asked without raising, and a file is read by one rule, whatever lies in its place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb import paths, storage
from wxb.cli.main import main
from wxb.errors import BUG, WxbError

LONG = "x" * 5000
NAMES = st.one_of(
    st.text(max_size=20),
    st.sampled_from([LONG, "a\0b", "\udce9", "~nosuchuser", "~", "", "/dev/null/x", f"{LONG}/y"]),
)


@given(NAMES)
def test_no_question_about_a_path_raises(name):
    here = paths.exists(name)
    assert isinstance(here, bool)
    assert here == (paths.status(name) is not None)
    assert not (paths.is_file(name) and paths.is_folder(name))
    assert isinstance(paths.is_link(name), bool)
    assert not (here and paths.obstacle(name))


def test_a_file_a_folder_a_link_and_a_pipe_are_told_apart(tmp_path):
    (tmp_path / "file").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert paths.is_file(tmp_path / "file")
    assert paths.is_file(tmp_path / "link")
    assert paths.is_link(tmp_path / "link")
    assert paths.is_folder(tmp_path)
    assert not paths.is_file(tmp_path)
    assert paths.exists(tmp_path / "pipe")
    assert not paths.is_file(tmp_path / "pipe")
    assert not paths.exists(tmp_path / "circle")
    assert paths.is_link(tmp_path / "circle")
    assert paths.kind(os.stat(tmp_path / "pipe")) == "a pipe"


def test_only_what_prevents_a_look_is_an_obstacle(tmp_path):
    assert paths.obstacle(tmp_path / "nothing") == ""
    assert paths.obstacle(tmp_path / LONG) == "File name too long"


def test_a_tilde_stands_for_the_home_folder_if_there_is_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/somewhere/else")
    assert paths.absolute("~/data") == Path("/somewhere/else/data")
    assert paths.absolute("~nosuchuser/data") == tmp_path / "~nosuchuser/data"
    assert paths.absolute("data") == tmp_path / "data"


def test_a_relative_path_in_a_working_directory_that_is_gone_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(WxbError, match="the working directory is gone"):
        paths.absolute("data")


def test_a_path_that_no_file_of_a_run_could_hold_is_refused():
    with pytest.raises(WxbError, match="bytes that are not UTF-8"):
        paths.absolute("/caf\udce9/data")


def test_a_file_is_read_whole_up_to_a_bound(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    assert storage.read(tmp_path / "file", 5) == b"12345"
    with pytest.raises(WxbError, match="it has 5 bytes, more than the 4 that are read"):
        storage.read(tmp_path / "file", 4)


def test_a_sparse_file_larger_than_memory_is_refused_at_once(tmp_path):
    with (tmp_path / "file").open("wb") as file:
        file.truncate(2**43)
    for most in (storage.SMALL, None):
        with pytest.raises(WxbError, match="it has 8,796,093,022,208 bytes"):
            storage.read(tmp_path / "file", most)
    with pytest.raises(WxbError, match="it has 8,796,093,022,208 bytes"):
        storage.file_digest(tmp_path / "file")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (os.mkfifo, "it is a pipe, not a file"),
        (lambda path: path.symlink_to("/dev/zero"), "it is a device, not a file"),
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: path.symlink_to(path), "cannot be read: Too many levels of symbolic links"),
        (lambda path: None, "is missing"),
    ],
)
def test_what_is_no_file_is_refused_without_waiting(make, message, tmp_path):
    make(tmp_path / "file")
    for read in (storage.read, storage.file_digest, storage.read_tensors):
        with pytest.raises(WxbError, match=message):
            read(tmp_path / "file")


COMMANDS = [
    ["train", "{}"], ["train", "CONV-RELU-{}"], ["train", "digits", "SOFTMAX", "--epochs", "1", "-q", "--out", "{}"],
    ["data", "{}"],
    ["data", "digits", "--data-dir", "{}"], ["data", "mnist", "--data-dir", "{}"], ["show", "{}"], ["evaluate", "{}"],
    ["evaluate", "{}", "digits"], ["predict", "{}", "x.npy"], ["compare", "{}", "{}"], ["resume", "{}"], ["runs", "{}"],
    ["runs", "--delete", "{}", "--yes"], ["runs", "--clean", "{}", "--yes"], ["report", "{}"], ["verify", "{}"],
    ["train", "--config", "{}"], ["cache", "{}"], ["cache", "--clean", "{}"], ["fetch", "{}"],
    ["train", "{}.csv", "--target", "y"],
    ["report", "{}", "--out", "{}"], ["lesson", "{}"], ["schema", "{}"],
]  # fmt: skip


@pytest.mark.parametrize("name", [LONG, "a\0b", "caf\udce9", "~nosuchuser/x", "/dev/null/x"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_breaks_down_at_an_odd_path(words, name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "cache"))
    code = main([word.format(name) for word in words])
    assert code != BUG, capsys.readouterr().err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_breaks_down_in_a_working_directory_that_is_gone(words, tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "gone").rmdir()
    code = main([word.format("x") for word in words])
    assert code != BUG, capsys.readouterr().err


def test_a_locale_that_does_not_know_the_letters_of_a_path_is_named_with_a_way_out(tmp_path):
    (tmp_path / "é").mkdir()
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = [sys.executable, "-m", "wxb", "data", "é"]
    ended = subprocess.run(words, cwd=tmp_path, env={**os.environ, **locale}, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "has letters that this locale, ascii, does not know\n  fix: set PYTHONUTF8=1\n" in ended.stderr
    ended = subprocess.run(words, cwd=tmp_path, env={**os.environ, "PYTHONUTF8": "1"}, capture_output=True, text=True)
    assert "is not a folder of class folders" in ended.stderr
