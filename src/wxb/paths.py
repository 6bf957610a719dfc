"""Paths: what is there, asked without ever raising, and the absolute form of a path that the user wrote."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from pathlib import Path

from wxb.errors import WxbError

AnyPath = str | os.PathLike[str]


def status(path: AnyPath) -> os.stat_result | None:
    """Return what the system says of the file or folder at a path, links followed; None if it says nothing.

    That is so where nothing is there, and for a path that is too long, holds a NUL, runs in a circle of links, or
    leads through a folder without rights.
    """
    try:
        return os.stat(path)
    except (OSError, ValueError):
        return None


def exists(path: AnyPath) -> bool:
    """Whether anything is at a path."""
    return status(path) is not None


def is_file(path: AnyPath) -> bool:
    """Whether a plain file is at a path: no folder, pipe or device."""
    about = status(path)
    return about is not None and stat.S_ISREG(about.st_mode)


def is_folder(path: AnyPath) -> bool:
    """Whether a folder is at a path."""
    about = status(path)
    return about is not None and stat.S_ISDIR(about.st_mode)


def is_link(path: AnyPath) -> bool:
    """Whether a path is a link itself, wherever it leads."""
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def obstacle(path: AnyPath) -> str:
    """Say why a path cannot be looked at ("Permission denied"); empty if it is only that nothing is there."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""


def kind(about: os.stat_result) -> str:
    """Name the kind of thing that a status is of: "a file", "a folder", "a pipe", "a socket" or "a device"."""
    for of_kind, name in (
        (stat.S_ISREG, "a file"),
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if of_kind(about.st_mode):
            return name
    return "a device"


def absolute(path: AnyPath) -> Path:
    """Return a path that the user wrote as an absolute one, with the home folder in place of a leading `~`.

    A `~` that stands for no known home stays. Raises WxbError if the working directory is gone, or if the path has
    bytes that are not UTF-8: no file of a run could hold it.
    """
    try:
        whole = os.path.join(os.getcwd(), os.path.expanduser(path))
    except OSError as error:
        raise WxbError(
            f"the working directory is gone ({error.strerror}), and {os.fspath(path)} lies in it",
            fix="change to a folder that is there: cd",
        ) from None
    need_text(whole)
    return Path(whole)


def quoted(path: AnyPath) -> str:
    """Return a path as a shell reads it, for a command in a message."""
    return shlex.quote(os.fspath(path))


def need_text(path: AnyPath) -> None:
    """Raise WxbError if a path has bytes that are not UTF-8, or a NUL, which no path can hold."""
    try:
        if b"\0" in os.fspath(path).encode():
            raise WxbError(f"{os.fspath(path)!r} is no path: it holds a NUL")
    except UnicodeEncodeError:
        encoding = sys.getfilesystemencoding()
        if encoding != "utf-8":
            what = f"{os.fspath(path)} has letters that this locale, {encoding}, does not know"
            raise WxbError(what, fix="set PYTHONUTF8=1") from None
        raise WxbError(
            f"{os.fspath(path)} has bytes that are not UTF-8, which the files of a run cannot hold",
            fix="rename it, or make a link to it with a name in UTF-8: ln -s",
        ) from None
