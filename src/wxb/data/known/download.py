"""Downloads of known sets into the user's cache folder, where `load_data` finds them.

Only https is used, and http only on this machine itself. Mirrors are tried in turn. A file is written beside its final
place with the ending .part and continued there after an interruption. It is moved to its place once its SHA-256 is the
published one, so the server need not be trusted.
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import os
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from wxb.data.known.search import cache_folder
from wxb.errors import FAILED, WxbError, nearest
from wxb.paths import is_file
from wxb.text import count
from wxb.version import __version__

PART = ".part"
LOCK = ".lock"
PIECE = 1 << 16  # bytes read at once
TIMEOUT = 30.0  # seconds without a byte after which a server is abandoned
LEAST_RATE = 1_000  # bytes per second, averaged over TIMEOUT, below which it is abandoned too
ATTEMPTS = 5  # per mirror, as long as each attempt gets further


@dataclass(frozen=True)
class File:
    """A published file: its name, its size in bytes (an upper bound unless `exact`), and its SHA-256."""

    name: str
    size: int
    sha256: str
    exact: bool = True


@dataclass(frozen=True)
class Source:
    """The files of a set, and the addresses of the folders that hold them, in the order in which they are tried."""

    mirrors: tuple[str, ...]
    files: tuple[File, ...]


@dataclass(frozen=True)
class Arrived:
    """The progress of the download of a file."""

    file: File
    path: Path
    done: int  # bytes
    whole: bool = False  # complete, checked and in its place


# Checksums and sizes of MNIST, Fashion-MNIST and CIFAR: TensorFlow Datasets (url_checksums/). Checksums of USPS:
# torchvision's prototype datasets, which have no sizes; those below are only upper bounds.
SOURCES = {
    "mnist": Source(
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        (
            File("train-images-idx3-ubyte.gz", 9_912_422,
                 "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            File("train-labels-idx1-ubyte.gz", 28_881,
                 "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            File("t10k-images-idx3-ubyte.gz", 1_648_877,
                 "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            File("t10k-labels-idx1-ubyte.gz", 4_542,
                 "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
    ),
    "fashion-mnist": Source(
        (
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ),
        (
            File("train-images-idx3-ubyte.gz", 26_421_880,
                 "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            File("train-labels-idx1-ubyte.gz", 29_515,
                 "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            File("t10k-images-idx3-ubyte.gz", 4_422_102,
                 "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            File("t10k-labels-idx1-ubyte.gz", 5_148,
                 "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
    ),
    "cifar10": Source(
        ("https://www.cs.toronto.edu/~kriz/",),
        (
            File("cifar-10-binary.tar.gz", 170_052_171,
                 "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
        ),
    ),
    "cifar100": Source(
        ("https://www.cs.toronto.edu/~kriz/",),
        (
            File("cifar-100-binary.tar.gz", 168_513_733,
                 "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
        ),
    ),
    "usps": Source(
        ("https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/",),
        (
            File("usps.bz2", 16_000_000,
                 "3771e9dd6ba685185f89867b6e249233dd74652389f263963b3b741e994b034f", exact=False),
            File("usps.t.bz2", 8_000_000,
                 "a9c0164e797d60142a50604917f0baa604f326e9a689698763793fa5d12ffc4e", exact=False),
        ),
    ),
}  # fmt: skip


class _Refused(Exception):
    """A mirror did not deliver a file; `again` is whether it may deliver the rest on another attempt."""

    def __init__(self, reason: str, again: bool = False) -> None:
        super().__init__(reason)
        self.again = again


def fetch(name: str, mirrors: Sequence[str] = (), timeout: float = TIMEOUT) -> Iterator[Arrived]:
    """Download the missing files of a known set into `cache_folder() / name`, and yield the progress.

    `mirrors` are tried before the published ones. `timeout` is in seconds. Nothing happens before the first record is
    requested. Raises WxbError if there is no such set, a mirror's address is not https, another process is downloading
    the set, no mirror delivers a file, or the folder cannot be written.
    """
    source = SOURCES.get(name)
    if source is None:
        near = nearest(name, SOURCES)
        raise WxbError(
            f"{name} is not a data set that can be downloaded" + (f"; {near} is" if near else ""),
            f"known: {', '.join(SOURCES)}",
            f"wxb fetch {near}" if near else "",
        )
    for mirror in mirrors:
        _check_address(mirror)
    folder = cache_folder() / name
    try:
        with _alone(name, folder):
            for file in source.files:
                yield from _file(name, file, folder / file.name, (*mirrors, *source.mirrors), timeout)
    except OSError as error:
        raise WxbError(
            f"{folder} cannot be written: {error.strerror or error}",
            fix="free some space there, or set WXB_CACHE to another folder",
            exit_code=FAILED,
        ) from error


def missing(name: str) -> list[File]:
    """The files of a set that are not among the downloads."""
    return [file for file in SOURCES[name].files if not is_file(cache_folder() / name / file.name)]


def digest(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone(name: str, folder: Path) -> Iterator[None]:
    """Keep other processes from downloading the same set."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / LOCK, timeout=0):
            yield
    except Timeout:
        raise WxbError(f"{name} is being downloaded by another process", f"into {folder}", exit_code=FAILED) from None


def _file(name: str, file: File, path: Path, mirrors: Sequence[str], timeout: float) -> Iterator[Arrived]:
    if is_file(path) and digest(path) == file.sha256:
        yield Arrived(file, path, path.stat().st_size, whole=True)
        return
    part = path.with_name(path.name + PART)
    reasons = []
    for mirror in mirrors:
        try:
            if not (is_file(part) and digest(part) == file.sha256):
                yield from _from_mirror(mirror + file.name, file, part, timeout)
        except _Refused as refused:
            reasons.append(f"{mirror}{file.name}: {refused}")
            continue
        os.replace(part, path)
        yield Arrived(file, path, path.stat().st_size, whole=True)
        return
    kept = part.stat().st_size if is_file(part) else 0
    raise WxbError(
        f"{file.name} of {name} could not be downloaded",
        "\n".join(reasons),
        f"wxb fetch {name} tries again"
        + (f" and continues after the {count(kept)} bytes that are there" if kept else "")
        + "; or put the files into a folder yourself and give it as `data_dir`",
        exit_code=FAILED,
    )


def _from_mirror(address: str, file: File, part: Path, timeout: float) -> Iterator[Arrived]:
    """Download the file to `part` and check it. Raises _Refused if this mirror does not deliver it."""
    for attempt in range(ATTEMPTS):
        had = part.stat().st_size if is_file(part) else 0
        try:
            yield from _transfer(address, file, part, had, timeout)
        except _Refused as refused:
            progressed = is_file(part) and part.stat().st_size > had
            if refused.again and progressed and attempt < ATTEMPTS - 1:
                continue
            raise
        if digest(part) == file.sha256:
            return
        part.unlink()
        if not had:
            raise _Refused("its SHA-256 is not the published one")
        # the earlier part may have been wrong, and not this mirror's bytes: start again from the beginning
    raise _Refused("its SHA-256 is not the published one")


def _transfer(address: str, file: File, part: Path, had: int, timeout: float) -> Iterator[Arrived]:
    """Append to `part` from byte `had` on, or write it anew if the server only sends the whole file."""
    with _request(address, had, timeout) as answer:
        start = _start(answer, had)
        if start is None:  # the server's file is shorter: `part` is not the beginning of it
            part.unlink()
            yield from _transfer(address, file, part, 0, timeout)
            return
        length = answer.headers.get("Content-Length", "")
        if length.isdigit() and (start + int(length) > file.size or (file.exact and start + int(length) != file.size)):
            raise _Refused(f"it has {count(start + int(length))} bytes, not {count(file.size)}")
        with part.open("ab" if start else "wb") as written:
            yield from _copied(answer, written, file, part, start, timeout)
        if length.isdigit() and part.stat().st_size < start + int(length):
            raise _Refused("the connection was cut", again=True)
    if file.exact and part.stat().st_size < file.size:
        raise _Refused("the connection was cut", again=True)


def _copied(
    answer: http.client.HTTPResponse, written: IO[bytes], file: File, part: Path, start: int, timeout: float
) -> Iterator[Arrived]:
    done, since, then = start, time.monotonic(), start
    while True:
        try:
            piece = answer.read1(PIECE)
        except (OSError, http.client.HTTPException) as error:
            silent = f"no byte within {timeout:g} s"
            reason = silent if isinstance(error, TimeoutError) else "the connection was cut"
            raise _Refused(reason, again=True) from error
        if not piece:
            return
        done += len(piece)
        if done > file.size:
            part.unlink()
            raise _Refused(f"it is longer than {count(file.size)} bytes")
        written.write(piece)
        yield Arrived(file, part, done)
        if (now := time.monotonic()) - since >= timeout:
            if done - then < LEAST_RATE * (now - since):
                raise _Refused(f"fewer than {count(LEAST_RATE)} bytes per second", again=True)
            since, then = now, done


@contextmanager
def _request(address: str, start: int, timeout: float) -> Iterator[http.client.HTTPResponse]:
    """Request the file at an address from byte `start` on. Raises _Refused if there is no answer."""
    headers = {"User-Agent": f"wxb/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    opener = urllib.request.build_opener(_Redirects())
    request = urllib.request.Request(address, headers=headers)
    try:
        answer = _within(timeout, lambda: opener.open(request, timeout=timeout))
    except urllib.error.HTTPError as error:
        if error.code != 416:
            error.close()
            raise _Refused(f"{error.code} {error.reason}") from error
        answer = error
    except urllib.error.URLError as error:
        silent = isinstance(error.reason, TimeoutError)
        raise _Refused(f"no answer within {timeout:g} s" if silent else str(error.reason)) from error
    except TimeoutError as error:
        raise _Refused(f"no answer within {timeout:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        raise _Refused("no answer that is http") from error
    with answer:
        yield answer


def _within(seconds: float, answer: Callable[[], Any]) -> Any:
    """The answer of a server, if it comes in time. Raises TimeoutError, or what asking raises.

    A socket's own time-out counts from byte to byte and from address to address, and there is none for the look-up of
    a name. The thread that still waits is left behind, and closes what comes too late.
    """
    results: queue.SimpleQueue[Any] = queue.SimpleQueue()
    late = threading.Event()

    def ask() -> None:
        try:
            result = answer()
        except BaseException as error:
            results.put(error)
            return
        results.put(result)
        if late.is_set():
            result.close()

    threading.Thread(target=ask, daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except queue.Empty:
        late.set()
        raise TimeoutError from None
    if isinstance(result, BaseException):
        raise result
    return result


def _start(answer: http.client.HTTPResponse, had: int) -> int | None:
    """The byte at which an answer begins; None if the server has nothing after byte `had`."""
    if answer.status == 416:
        return None
    sent = answer.headers.get("Content-Range", "")
    return had if answer.status == 206 and sent.startswith(f"bytes {had}-") else 0


class _Redirects(urllib.request.HTTPRedirectHandler):
    """A handler that follows redirects, except those from https to another scheme."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        """The redirected request. Raises _Refused if the new address is less safe than the old one."""
        if not (newurl.startswith("https:") or (_is_local(req.full_url) and _is_local(newurl))):
            fp.close()
            raise _Refused(f"it leads to {newurl}, which is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_address(mirror: str) -> None:
    if not (mirror.startswith("https://") or _is_local(mirror)):
        raise WxbError(f"{mirror} is not an https address", "expected https://…/ before the files' names")


def _is_local(address: str) -> bool:
    """Whether an address is plain http on this machine itself."""
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname is None:
        return False
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"
