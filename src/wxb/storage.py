"""Files on disk: written atomically or appended, tensors with a checksum, and the lock of a folder's one writer."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import blake3
import msgspec

from wxb.errors import FAILED, WxbError
from wxb.hardware import memory
from wxb.paths import exists, kind
from wxb.text import count

if TYPE_CHECKING:
    from filelock import BaseFileLock
    from torch import Tensor

T = TypeVar("T")
Older = Callable[[dict[str, Any]], dict[str, Any]]  # converts what a file of an older format holds

LOCK = ".lock"
PART = ".part"  # suffix of a file that is still being written
BROUGHT_BACK = "bring it back from a copy, or train again"  # the fix for a missing or damaged file

SMALL = 2**28  # bytes: no text of a run comes near, and it is decoded in moments

_PART = re.compile(r"\..+\.[0-9a-f]{16}" + re.escape(PART), re.DOTALL)
_TEMPORARY = re.compile(r"\.tmp[A-Za-z0-9]{6}")  # of safetensors, which wrote the tensors of earlier runs
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DTYPES = {  # torch's dtypes as safetensors spells them
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16",
    "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip


# --- writing ---------------------------------------------------------------------------------------------------------


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces `path` when the block ends, and disappears if the block fails.

    Readers see either the old file or the complete new one, even after a power cut: the content is flushed to the disk
    before the rename. Raises WxbError if the disk is full or the folder cannot be written.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}{PART}")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException as error:
        with suppress(OSError):
            part.unlink()
        if isinstance(error, OSError):
            raise _not_saved(error, path) from error
        raise


def write(path: Path, data: bytes | str) -> None:
    """Write a whole file atomically; text is encoded as UTF-8. Raises WxbError like `replacing`."""
    with replacing(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def append(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Append to a file, and flush the file to the disk if `sync`.

    If the process is killed meanwhile, the file may end in a part of `data`. Raises WxbError like `replacing`; the file
    is then as it was.
    """
    try:
        with path.open("ab", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
                if sync:
                    os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    file.truncate(size)
                raise
    except OSError as error:
        raise _not_saved(error, path) from error


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, so that files renamed into it survive a power cut.

    Raises WxbError like `replacing`; a system or a disk that cannot flush folders is no error.
    """
    if os.name == "nt":  # Windows cannot open a folder, and needs no such call
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise _not_saved(error, folder) from error


def is_part(name: str) -> bool:
    """Whether a file of this name was being written by `replacing` when its writer was killed."""
    return _PART.fullmatch(name) is not None


def is_leftover(name: str) -> bool:
    """Whether a file of this name in a run's folder was being written, by wxb or by safetensors, at a kill."""
    return is_part(name) or _TEMPORARY.fullmatch(name) is not None


def _not_saved(error: OSError, path: Path) -> WxbError:
    if error.errno in _FULL:
        what, fix = (
            f"the disk is full: {path} was not saved",
            "free some space there, or write to another disk",
        )
    else:
        what, fix = (
            f"{path} cannot be written: {error.strerror or error}",
            "make it writable, or write to another folder",
        )
    return WxbError(what, fix=fix, exit_code=FAILED)


# --- reading ---------------------------------------------------------------------------------------------------------


def read(path: Path, most: int | None = SMALL) -> bytes:
    """Return the content of a plain file of at most `most` bytes; None stands for the memory of this computer.

    Raises WxbError if it is missing, larger, or anything but a plain file, or if it cannot be read.
    """
    with opened(path, most) as file:
        return file.read()


def file_digest(path: Path) -> str:
    """Return the blake3 digest of a file's content, read in pieces. Raises WxbError like `read` without a bound."""
    hasher = blake3.blake3()
    with opened(path, None) as file:
        while piece := file.read(1 << 20):
            hasher.update(piece)
    return hasher.hexdigest()


@contextmanager
def opened(path: Path, most: int | None = SMALL) -> Iterator[BinaryIO]:
    """Open a plain file of at most `most` bytes for reading. Raises WxbError like `read`.

    Nothing else is read from: a pipe would wait for its writer, a device might have no end.
    """
    try:
        with open(path, "rb", opener=_at_once) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise damaged(path, f"it is {kind(about)}, not a file")
            most = (memory() or about.st_size) if most is None else most
            if about.st_size > most:
                raise damaged(path, f"it has {count(about.st_size)} bytes, more than the {count(most)} that are read")
            yield file
    except FileNotFoundError:
        raise WxbError(f"{path} is missing", fix=BROUGHT_BACK, exit_code=FAILED) from None
    except MemoryError:
        raise damaged(path, "it is too large for the memory") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise WxbError(f"{path} cannot be read: {why}", fix="make it readable") from error


def _at_once(path: str, flags: int) -> int:
    """Open a file without waiting for the writer of a pipe. Windows has no such flag, nor such pipes."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def damaged(path: Path, how: str = "", detail: str = "") -> WxbError:
    """Return the error for a file with the wrong content; `how` says what is wrong in a few words ("cut short")."""
    return WxbError(f"{path} is damaged" + (f": {how}" if how else ""), detail, BROUGHT_BACK, FAILED)


def decode(path: Path, data: bytes, kind: type[T], older: Older | None = None) -> T:
    """Decode JSON as a value of a type; `older` first converts the object in a file of an older format.

    Raises WxbError naming the file, the place in it and what was expected there.
    """
    with understanding(path):
        if older is None:
            return msgspec.json.decode(data, type=kind)
        return msgspec.convert(older(msgspec.json.decode(data, type=dict[str, Any])), type=kind)


@contextmanager
def understanding(path: Path) -> Iterator[None]:
    """Turn the errors of a parser in the block into a WxbError that names `path`."""
    try:
        yield
    except RecursionError as error:
        raise damaged(path, "it is nested too deeply") from error
    except ValueError as error:  # of msgspec, tomllib and UTF-8
        # a setting between backticks would be spelled as an option
        raise damaged(path, detail=str(error).replace("`", "'")) from error


def digest(data: bytes) -> str:
    """Return the blake3 digest as 64 hexadecimal digits."""
    return blake3.blake3(data).hexdigest()


def json_text(value: object) -> bytes:
    """Encode a value as JSON for people: indented by two spaces, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


# --- tensors ---------------------------------------------------------------------------------------------------------


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors as one safetensors file, with a checksum of tensors and metadata in its header.

    The same tensors and metadata give the same bytes in every process: the header is sorted, where the one that the
    safetensors library writes changes from process to process. Tensors that share memory are stored separately.
    Raises WxbError like `replacing`.
    """

    # wide types first keeps every tensor aligned
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0]))
    header: dict[str, object] = {
        "__metadata__": dict(sorted({**metadata, "checksum": _checksum(tensors, metadata)}.items()))
    }
    end = 0
    for name, tensor in ordered:
        begin, end = end, end + tensor.numel() * tensor.element_size()
        dtype = _DTYPES[str(tensor.dtype).removeprefix("torch.")]
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = msgspec.json.encode(header)
    text += b" " * (-len(text) % 8)
    with replacing(path) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, tensor in ordered:
            file.write(_bytes(_plain(tensor)))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors (on the CPU) and the metadata of a file written by `write_tensors`.

    Raises WxbError naming the file if it is missing, cut short or changed.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    # read once: given a path, safetensors opens the file twice, and a new checkpoint may replace it in between
    data = read(path, None)
    try:
        tensors = load(data)
        metadata = _metadata(data)
    except (SafetensorError, msgspec.DecodeError, ValueError, KeyError) as error:
        raise damaged(path, "cut short, or not written by wxb", str(error)) from error
    if metadata.pop("checksum", "") != _checksum(tensors, metadata):
        raise damaged(path, "its checksum does not fit its content")
    return tensors, metadata


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a file written by `write_tensors` from its head alone, without comparing checksums.

    Raises WxbError naming the file if it has no such head.
    """
    with opened(path, None) as file:
        head = file.read(8)
        head += file.read(min(int.from_bytes(head, "little"), SMALL))
    try:
        return _metadata(head)
    except (msgspec.DecodeError, ValueError) as error:
        raise damaged(path, "cut short, or not written by wxb", str(error)) from error


class _Header(msgspec.Struct):
    metadata: dict[str, str] = msgspec.field(default_factory=dict, name="__metadata__")


def _metadata(data: bytes) -> dict[str, str]:
    """Return the metadata of a safetensors file: it starts with the header's length, 8 bytes, then the header."""
    length = int.from_bytes(data[:8], "little")
    return msgspec.json.decode(data[8 : 8 + length], type=_Header).metadata


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous()


def _bytes(tensor: Tensor) -> memoryview | bytes:
    """The bytes of a plain tensor; an empty one has no stride by which it could be seen as bytes."""
    import torch

    return tensor.reshape(-1).view(torch.uint8).numpy().data if tensor.numel() else b""


def _checksum(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    hasher = blake3.blake3(msgspec.json.encode(dict(sorted(metadata.items()))))
    for name in sorted(tensors):
        tensor = _plain(tensors[name])
        hasher.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        hasher.update(_bytes(tensor))
    return hasher.hexdigest()


# --- one writer ------------------------------------------------------------------------------------------------------


def hold(folder: Path) -> BaseFileLock:
    """Lock a folder for writing until the lock is released or the process ends, in whatever way.

    Removes temporary files left behind by a killed writer. Raises WxbError if another process holds the lock or the
    folder cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=1)  # `is_held` may hold it for a moment
    except Timeout:
        raise WxbError(
            f"another wxb is writing {folder}",
            fix="wait until it ends, or write to another folder",
        ) from None
    except OSError as error:
        raise _not_saved(error, folder) from error
    try:
        for part in [path for path in folder.iterdir() if is_leftover(path.name)]:
            part.unlink()
    except OSError as error:
        lock.release()
        raise _not_saved(error, folder) from error
    return lock


def is_held(folder: Path) -> bool:
    """Return whether a process is writing to the folder now; False if that cannot be determined."""
    from filelock import FileLock, Timeout

    if not exists(folder / LOCK):
        return False
    lock = FileLock(folder / LOCK, is_singleton=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False
