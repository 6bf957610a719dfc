"""Words that name something else than a command takes: no run where one is meant, and a run in place of data."""

from __future__ import annotations

from pathlib import Path

from wxb.errors import WxbError, nearest
from wxb.paths import exists, is_folder, quoted
from wxb.text import plural


def refuse_missing_run(word: str, command: str) -> None:
    """Raise WxbError for a word that names a run that is not there; the way out begins with `command`.

    It is the path of nothing in a folder of runs, or the name of nothing that is like that of a run in `runs`. A word
    with an ending is left to the data.
    """
    from wxb.data.known.sets import KNOWN
    from wxb.data.toys import TOYS
    from wxb.runs.folder import SUMMARY

    path = Path(word)
    if exists(path) or path.suffix or word in (*KNOWN, *TOYS):
        return
    beside = path.parent if path.parent != Path() else Path("runs")
    there = [one.parent.name for one in beside.glob(f"*/{SUMMARY}")] if is_folder(beside) else []
    in_runs = path.parent != Path() and (bool(there) or beside.name == "runs")
    like = nearest(path.name, there, cutoff=0.3 if in_runs else 0.8)
    if like is not None:
        raise WxbError(f"there is no run {word}; {beside / like} is one", fix=f"{command} {quoted(beside / like)}")
    if in_runs:
        fix = "wxb runs" if there else 'wxb train ring "FC-16-RELU, SOFTMAX" makes one'
        raise WxbError(f"there is no run {word}", f"{plural(len(there), 'run')} in {beside}", fix)


def refuse_run(word: str) -> None:
    """Raise WxbError for a word that stands for data and names a run, or a folder that holds nothing but runs."""
    from wxb.runs.folder import HISTORY, PLAYING, SUMMARY, held, within
    from wxb.runs.summary import read_summary

    path = Path(word)
    if exists(path / HISTORY) and exists(path / PLAYING):
        read_summary(path)  # says what it is
    if exists(path / HISTORY) and exists(path / SUMMARY):
        raise WxbError(
            f"{word} is a run, and data is expected", fix=f"wxb report {quoted(word)} tells what it learned from"
        )
    if (names := within(path)) and all(one.name in names or within(one) for one in path.iterdir() if is_folder(one)):
        raise WxbError(f"{word} holds runs, and data is expected: {held(names)}", fix="wxb runs lists them")
