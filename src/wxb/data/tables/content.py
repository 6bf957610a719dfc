"""The content of a table file, whole and unpacked: of a path, a pipe, standard input, or a folder of parts."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import sys
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from wxb.data.tables import zstandard
from wxb.errors import WxbError
from wxb.hardware import memory
from wxb.paths import exists, is_file, is_folder, quoted

TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".data")
SUFFIXES = (*TEXT_SUFFIXES, ".parquet")
CERTAIN_SUFFIXES = (".csv", ".tsv", ".tab", ".parquet")  # of nothing but tables
PACKED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
TABLES = "a table (.csv, .tsv, .parquet, .data, .txt; also .gz)"  # for messages
STREAM = "-"  # the path of standard input
STREAMS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")  # where shells show standard input and pipes
PARQUET = b"PAR1"  # a Parquet file begins and ends with it
MEMORY_SHARE = 0.5  # of the machine's memory that a table may take
MOST_UNKNOWN = 2**34  # bytes, where the system does not report its memory
AT_ONCE = 2**24  # bytes that are unpacked at a time
UNPACKED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}  # by the first bytes
ZIP = b"PK\x03\x04"
ZSTANDARD_COPIES = 4  # of a text of one line that are held at a time while polars unpacks it


def table_suffix(path: str | os.PathLike[str]) -> str:
    """The suffix that says what kind of table a path holds, "" for none: ".csv" of t.csv and of t.csv.gz."""
    whole = Path(path)
    if whole.suffix.lower() in PACKED_SUFFIXES:
        whole = whole.with_suffix("")
    return whole.suffix.lower() if whole.suffix.lower() in SUFFIXES else ""


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether a path stands for standard input or a pipe of the shell, which can be read only once."""
    return str(path) == STREAM or str(path).startswith(STREAMS)


def is_table(path: str | os.PathLike[str]) -> bool:
    """Whether a path is that of a table by its name: a file, a stream, or a folder in which parts of a table lie."""
    return is_stream(path) or (table_suffix(path) != "" and (not is_folder(path) or bool(parts_of(Path(path)))))


def parts_of(folder: Path) -> list[Path]:
    """The files of a folder, if all are parts of a table as Spark and Dask write it (t.csv/part-00000.csv); else []."""
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "_")))
    except OSError:
        return []
    parts = [path for path in inside if is_file(path) and (table_suffix(path) or "part" in path.name)]
    return parts if len(parts) == len(inside) else []


def name_of(path: Path) -> str:
    """What messages call the table at a path."""
    return "standard input" if str(path) == STREAM else str(path) if is_stream(path) else path.name


def stem_of(path: Path) -> str:
    """What a data set from this path is called: "houses" of houses.csv.gz."""
    if is_stream(path):
        return "stream"
    return path.with_suffix("").stem if path.suffix.lower() in PACKED_SUFFIXES else path.stem


def read_content(path: Path) -> list[bytes]:
    """The content of a file, or of each part of a folder; unpacked if its first bytes say that it is packed.

    Raises WxbError if there is no such file, it cannot be read or unpacked, or it takes more than half of the memory.
    """
    name = name_of(path)
    try:
        if str(path) == STREAM:
            return [_of_standard_input(name)]
        if is_folder(path):
            return [read_content(part)[0] for part in parts_of(path)]
        if not is_stream(path) and not is_file(path):
            raise WxbError(f"{path} is no file" if exists(path) else f"there is no file {path}")
        with path.open("rb") as file:
            return [_unpacked(name, file)]
    except FileNotFoundError:
        raise WxbError(f"there is no file {path}") from None
    except OSError as problem:
        raise _unreadable(name, problem) from problem


def _of_standard_input(name: str) -> bytes:
    if sys.stdin is not None and sys.stdin.buffer.isatty():
        raise WxbError("standard input is a terminal", "expected a file or a pipe", "wxb … - < t.csv")
    data = b"" if sys.stdin is None else _unpacked(name, sys.stdin.buffer)
    if not data:
        raise WxbError("standard input is empty")
    return data


def starts_as_parquet(path: Path) -> bool:
    """Whether a file on the disk begins as Parquet files do."""
    try:
        with path.open("rb") as file:
            return file.read(len(PARQUET)) == PARQUET
    except OSError as problem:
        raise _unreadable(path.name, problem) from problem


def _unreadable(name: str, problem: OSError) -> WxbError:
    return WxbError(f"{name} cannot be read: {problem.strerror or problem}", fix="make it readable")


def limit() -> int:
    """The most bytes that a table may take in memory."""
    there = memory()
    return MOST_UNKNOWN if there is None else int(MEMORY_SHARE * there)


def _unpacked(name: str, file: BinaryIO) -> bytes:
    """The rest of a file. Raises WxbError if it is more than half of the memory, or its packing is damaged."""
    most = limit()
    data = _bounded(name, file, most)
    if data.startswith(zstandard.MAGIC):
        return _of_zstandard(name, data, most)
    if data.startswith(ZIP):
        raise WxbError(
            f"{name} is a zip archive or a spreadsheet (.xlsx), no table of text",
            fix="unzip it, or save the sheet as CSV UTF-8",
        )
    magic = next((magic for magic in UNPACKED if data.startswith(magic)), None)
    if magic is None:
        return data
    try:
        with UNPACKED[magic](io.BytesIO(data)) as inside:
            return _bounded(name, inside, most)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as problem:
        raise _damaged(name, problem) from problem


def _bounded(name: str, file: BinaryIO, most: int) -> bytes:
    whole = io.BytesIO()
    while piece := file.read(AT_ONCE):
        whole.write(piece)
        if whole.tell() > most:
            raise _too_large(name, most)
    return whole.getvalue()


def _of_zstandard(name: str, data: bytes, most: int) -> bytes:
    """What Zstandard packed. Raises WxbError for a text that is not UTF-8, and one that may be too large, too."""
    import polars as pl

    unpack = f"unpack it (zstd -d {quoted(name)})"
    if (size := zstandard.most_unpacked(data)) > most // ZSTANDARD_COPIES:
        raise WxbError(
            f"{name} does not fit into memory while it is unpacked",
            f"its text may take {size / 2**30:.1f} GiB; {most // ZSTANDARD_COPIES / 2**30:.1f} GiB are for it",
            unpack,
        )
    try:
        return zstandard.unpacked(data)
    except (pl.exceptions.PolarsError, OSError) as problem:
        if "utf8" in str(problem):  # polars finds that after the text's checksum, so the file is whole
            raise WxbError(f"{name} is packed by Zstandard, and its text is not UTF-8", fix=unpack) from problem
        raise _damaged(name, problem) from problem


def _damaged(name: str, problem: Exception) -> WxbError:
    first = (str(problem).splitlines() or [type(problem).__name__])[0]
    return WxbError(f"{name} cannot be unpacked", first, "the file whole, or unpacked by the program that packed it")


def _too_large(name: str, most: int) -> WxbError:
    return WxbError(
        f"{name} does not fit into memory",
        f"its text takes more than {most / 2**30:.1f} GiB, the half of the memory that is for it",
        "fewer rows, or only the columns that matter",
    )


# --- text -------------------------------------------------------------------------------------------------------------

BYTE_ORDER_MARKS = {  # the longer ones first: that of UTF-32 begins as that of UTF-16
    b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16",
    b"\xef\xbb\xbf": "UTF-8",
}  # fmt: skip
HEAD = 2**12  # bytes in which the zeros of UTF-16 are looked for
UTF8_FIX = "save it as UTF-8"


def as_utf8(name: str, data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """A text as UTF-8 without a byte order mark, and a remark if its encoding was another.

    UTF-16 and UTF-32 are recognized by their mark, UTF-16 also by its zeros. Raises WxbError, with line and column, for
    every other encoding: it could only be guessed.
    """
    mark, encoding = next(((m, e) for m, e in BYTE_ORDER_MARKS.items() if data.startswith(m)), (b"", ""))
    if encoding in ("UTF-16", "UTF-32"):
        return _recoded(name, data, encoding.lower(), encoding)
    data = data.removeprefix(mark)
    if b"\0" in data[:HEAD]:
        zeros = [data[start:HEAD:2].count(b"\0") / max(len(data[start:HEAD:2]), 1) for start in (0, 1)]
        if max(zeros) > 0.4 and min(zeros) < 0.1:  # most characters are Latin
            return _recoded(name, data, "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be", "UTF-16")
    if (place := data.find(b"\0")) >= 0:
        line, column = place_of(data, place)
        raise WxbError(
            f"{name} cannot be read as CSV", f"it is no text: line {line}, column {column} holds a zero byte", UTF8_FIX
        )
    try:
        if not data.isascii():
            data.decode()
    except UnicodeDecodeError as problem:
        raise _not_utf8(name, data, problem.start) from problem
    return data, ()


def place_of(data: bytes, place: int) -> tuple[int, int]:
    """The line and the column, in characters, of a byte in a text; both count from 1."""
    before = data[:place].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1


def _recoded(name: str, data: bytes, codec: str, encoding: str) -> tuple[bytes, tuple[str, ...]]:
    try:
        return data.decode(codec).encode(), (f"{name} is read as {encoding}",)
    except UnicodeError as problem:
        raise WxbError(f"{name} cannot be read as {encoding}", str(problem), UTF8_FIX) from problem


def _not_utf8(name: str, data: bytes, place: int) -> WxbError:
    line, column = place_of(data, place)
    begin = max(data.rfind(b"\n", 0, place), data.rfind(b"\r", 0, place)) + 1
    end = min((found for found in (data.find(mark, place) for mark in b"\n\r") if found >= 0), default=len(data))
    where = f"line {line}, column {column} holds the byte {data[place]:#04x}"
    earlier = re.search(rb"[\x80-\xff]", data[:place])
    if earlier is not None:
        mixed = f"{where}, which is no UTF-8, but line {place_of(data, earlier.start())[0]} is in UTF-8"
        return WxbError(f"{name} mixes encodings", mixed, "save all of it as UTF-8")
    try:
        shown = data[max(begin, place - 20) : min(end, place + 20)].decode("cp1252")
    except UnicodeDecodeError:
        return WxbError(f"{name} is not in UTF-8", where, UTF8_FIX)
    new = "-utf8".join(os.path.splitext(name))
    return WxbError(
        f"{name} is not in UTF-8",
        f"{where}; in Windows-1252 (Latin-1) it would read {shown.strip()}",
        f"{UTF8_FIX}; if it is in Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 {quoted(name)} > {quoted(new)}",
    )
