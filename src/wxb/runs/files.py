"""Files of a run: written whole or not at all, read with their checksums, one writer at a time."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import blake3
import msgspec

from wxb.errors import FAILED, WxbError

if TYPE_CHECKING:
    from filelock import BaseFileLock
    from torch import Tensor

LOCK = ".lock"
BROUGHT_BACK = "bring it back from a copy, or train again"  # what to do about a file that is not what it was
PART = ".part"  # ending of a file that is being written

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def saving(path: Path, kept: str = "") -> Iterator[Path]:
    """Gives the temporary file to write; it takes the place of `path` at the end, or goes where anything failed.

    A reader sees the old file or the new one, whole. `kept` says what of the run is still whole, for the message.
    Raises WxbError where the disk is full or the folder cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    try:
        yield part
        os.replace(part, path)
    except OSError as error:
        raise _not_saved(error, path, kept) from error
    finally:
        with suppress(OSError):
            part.unlink()


def _not_saved(error: OSError, path: Path, kept: str) -> WxbError:
    if error.errno in _FULL:
        what, fix = (
            f"the disk is full: {path} was not saved",
            "free some space there, or choose another disk with --out",
        )
    else:
        what, fix = f"{path} cannot be written: {error.strerror or error}", "choose a folder you may write with --out"
    return WxbError(what, kept, fix, exit_code=FAILED)


def write(path: Path, data: bytes | str, kept: str = "") -> None:
    """Writes a file whole; text as UTF-8."""
    with saving(path, kept) as part:
        part.write_bytes(data.encode() if isinstance(data, str) else data)


def damaged(path: Path, how: str = "", detail: str = "") -> WxbError:
    """The refusal of a run's file: `how` says in which way it is damaged, "cut short"."""
    return WxbError(f"{path} is damaged" + (f": {how}" if how else ""), detail, BROUGHT_BACK, FAILED)


def read(path: Path) -> bytes:
    """A file's bytes. Raises WxbError where it is missing or cannot be read."""
    with _reading(path):
        return path.read_bytes()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise WxbError(f"{path} is missing", fix=BROUGHT_BACK, exit_code=FAILED) from None
    except OSError as error:
        raise WxbError(f"{path} cannot be read: {error.strerror or error}", fix="make it readable") from error


def json_text(value: object) -> bytes:
    """JSON that a person can read: two blanks a level, a line end after the last."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def digest(data: bytes) -> str:
    """blake3 of the bytes, as 64 hexadecimal digits."""
    return blake3.blake3(data).hexdigest()


def file_digest(path: Path) -> str:
    """blake3 of a file's content, read in pieces. Raises WxbError as `read`."""
    hasher = blake3.blake3()
    with _reading(path), path.open("rb") as file:
        while piece := file.read(1 << 20):
            hasher.update(piece)
    return hasher.hexdigest()


# --- tensors ---------------------------------------------------------------------------------------------------------


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], kept: str = "") -> None:
    """One safetensors file, with the checksum of its tensors and its metadata within.

    Tensors that share memory are stored apart. On the disk before it takes the old file's place: after a power cut
    one of both is there, whole.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    apart = _apart(tensors)
    noted = {**metadata, "checksum": _checksum(apart, metadata)}
    with saving(path, kept) as part:
        part.touch()
        mode = part.stat().st_mode  # as the person's umask has it; safetensors would keep the file from all others
        try:
            save_file(apart, part, noted)
            part.chmod(mode)
        except SafetensorError as error:
            # safetensors wraps the operating system's error and keeps its text only
            full = "No space left" in str(error) or "os error 28" in str(error)
            raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error
        with part.open("rb") as file:
            os.fsync(file.fileno())


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors (on the CPU) and the metadata of a file that `write_tensors` wrote.

    Raises WxbError naming the file where it is missing, cut short or changed.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    # read once: safetensors' own way from a path opens the file twice, and another checkpoint may come between
    data = read(path)
    try:
        tensors = load(data)
        metadata = _metadata(data)
    except (SafetensorError, msgspec.DecodeError, ValueError) as error:
        raise damaged(path, "cut short, or not written by wxb", str(error)) from error
    found = metadata.pop("checksum", "")
    if found != _checksum(tensors, metadata):
        raise damaged(path, "its checksum does not fit its content")
    return tensors, metadata


def _metadata(data: bytes) -> dict[str, str]:
    """The texts in a safetensors file's header: JSON, behind its length in 8 bytes with the lowest first."""
    length = int.from_bytes(data[:8], "little")
    return msgspec.json.decode(data[8 : 8 + length], type=_Header).metadata


class _Header(msgspec.Struct):
    metadata: dict[str, str] = msgspec.field(default_factory=dict, name="__metadata__")


def _apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """On the CPU, contiguous, and no two in the same memory, as safetensors asks."""
    taken: set[int] = set()
    apart = {}
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        storage = plain.untyped_storage()
        if storage.data_ptr() in taken or storage.nbytes() != plain.numel() * plain.element_size():
            plain = plain.clone()
        taken.add(plain.untyped_storage().data_ptr())
        apart[name] = plain
    return apart


def _checksum(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    import torch

    hasher = blake3.blake3(msgspec.json.encode(dict(sorted(metadata.items()))))
    for name in sorted(tensors):
        tensor = tensors[name]
        hasher.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        hasher.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return hasher.hexdigest()


# --- one writer ------------------------------------------------------------------------------------------------------


def hold(folder: Path) -> BaseFileLock:
    """Takes the folder for writing until the lock is released or this process ends, however it ends.

    Raises WxbError where another process holds it or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=1)  # a listing may hold it for a moment
    except Timeout:
        raise WxbError(
            f"another wxb is writing {folder}",
            fix="wait until it ends, or choose another folder with --out",
        ) from None
    except OSError as error:
        raise _not_saved(error, folder, "") from error
    for part in folder.glob(f".*{PART}"):  # left by a writer that was killed
        part.unlink(missing_ok=True)
    return lock


def is_held(folder: Path) -> bool:
    """Whether a process is writing the folder now; False where that cannot be told."""
    from filelock import FileLock, Timeout

    if not (folder / LOCK).exists():
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
