"""`load_data`: a Dataset from a name, a folder, a table or arrays."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from wxb.data import tabular
from wxb.data.arrays import Examples
from wxb.data.dataset import Dataset, Known, match_classes
from wxb.data.in_memory import ARRAYS, of_arrays
from wxb.data.itself import RECONSTRUCTION, of_itself
from wxb.data.known.ink import inked
from wxb.data.known.sets import INK, KNOWN
from wxb.data.split import DEFAULT, Fractions, divide, divide_apart, keep_test, own_split, validation_share
from wxb.data.steps import run_to_end
from wxb.data.tables.content import TABLES, is_stream, is_table
from wxb.data.tables.grammar import GRAMMARS
from wxb.data.tables.tokens import is_conll
from wxb.data.tested import form_of, tested_on, without_test
from wxb.data.toys import TOYS, Function, draw
from wxb.errors import WxbError, nearest
from wxb.paths import absolute, exists, is_folder, obstacle
from wxb.settings import SETTINGS, setting
from wxb.settings.python import takes_settings
from wxb.settings.setting import PartRows
from wxb.tasks.tags import Tags

if TYPE_CHECKING:
    from wxb.data.pictures.folder import Decoded
    from wxb.data.pictures.layout import Searched

Shares = Fractions | PartRows
FRAME = "the data frame"
TAGS = Tags.name
MAX_PIXELS: int = SETTINGS["max_pixels"].default


@takes_settings
def loading(
    source: str | os.PathLike[str] | ArrayLike,
    targets: ArrayLike | None = None,
    *,
    target: str | Sequence[str] | None = None,
    task: str | None = None,
    pieces: int | None = None,
    header: bool | None = None,
    drop: str | Sequence[str] | None = None,
    types: str | Sequence[str] | Mapping[str, str] | None = None,
    missing: str | Sequence[str] | None = None,
    weight: str | ArrayLike | None = None,
    group: str | ArrayLike | None = None,
    like: Mapping[str, object] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    split: str | float | Sequence[float] | Sequence[ArrayLike] | PartRows = DEFAULT,
    test: Any = None,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    name: str | None = None,
    examples: int | None = None,
    noise: float | None = None,
    size: int | None = None,
    ink: bool = False,
    fill: str = "none",
    max_pixels: int = MAX_PIXELS,
    cache: bool = True,
) -> Generator[Decoded | Searched, None, Dataset]:
    """Read a labelled data set and split it.

    `source` is the name of a known set ("digits", "mnist", …) or of a toy; the path of a picture folder or of a table
    (.csv, .tsv, .parquet, .data, .txt, also packed as .gz; "-" is standard input); a data frame of pandas, polars or
    Arrow; or an array of examples, with its `targets`.

    target      the column of a table to predict; several as "a,b" or as a list
    task        "classification", "multilabel" or "regression", for a table or arrays; inferred by default.
                "reconstruction", for any data: each example is its own target. Folders then need no class folders,
                tables no target and arrays no targets; labels that are there are kept beside (`Dataset.labels`)
    pieces      number of additional features per number of a table; default: 96, or a hundredth of the training rows,
                whichever is less
    header      whether the first line of a text file holds the columns' names; by default the lines below tell it.
                Without names, columns are called "column 1", "column 2", …
    drop        columns of a table that are left out, as "a,b" or as a list
    types       what columns of a table hold, where they look like something else: {"zip": "category"}, or as text
                "zip=category,day=date"; "category", "number", "date" or "text"
    missing     further texts and numbers of a table that stand for a missing value, as "-999,unknown" or as a list;
                "None=value" keeps one of the usual words, as a class or a value of a category
    weight      how much each row counts in the loss and in the scores: the name of a column of a table, which is then
                no feature, or an array (n,) of numbers of at least 0; 2 counts as the row twice, 0 as no row
    group       what rows belong to, a patient or a day: the name of a column of a table, which is then no feature, or
                an array (n,); rows of one group stand in one part and in one fold
    like        `run.data.table` of a run on a table: rows are prepared as in that run, and all of them are test. For a
                folder {"channels": 1 or 3, "levels": None or two numbers}: the colours and levels of its pictures
    data_dir    folder with the files of known sets, or with folders of them; default: WXB_DATA, then the downloads
    split       shares of train, validation and test, as three numbers or a text such as "0.8,0.1,0.1"; one number is
                the share of train, and the rest is halved. A test set that comes with the data is kept: validation is
                then a twentieth of the training examples, at most 2,500, or in proportion to shares that are not the
                default. Three lists or arrays are the row numbers of each part, counted from 0 as in the source
    test        a table, a data frame or a folder of pictures that is the test part, all of it, and is read as `source`
                is; `source` is then split into train and validation, in proportion to their shares
    seed        seed of the split, and of a toy's points
    classes     names of an array's classes, labels or targets, in the order of their numbers; for other data, the
                data's own names in the desired order
    name        name of the data; default: the source's name, "arrays" for arrays
    examples, noise   number of points of a toy, and the standard deviation of their noise
    size        side in pixels that a folder's pictures are scaled to
    ink         convert handwritten digits to 16x16 squares of ink (1) and paper (0)
    fill        replacement of NaN and infinite values in arrays: "none" (an error), "zero", "median" (of training)
    max_pixels  pictures of a folder with more pixels are left out
    cache       keep the decoded pictures of a large folder in the user's cache, and map them into memory from there

    `loading` is a generator that yields the progress of decoding a folder's pictures and returns the data set;
    `load_data` returns it directly. The same call reads the same data. Raises WxbError if the data are not found,
    incomplete, or invalid.
    """
    fractions: Shares = SETTINGS["split"].validate(split)
    nothing = isinstance(source, str) and not source.strip()  # else it would be the current folder
    if source is None or nothing or isinstance(source, (bool, int, float, bytes, set, dict)):
        raise WxbError(
            f"{setting.named('source', source)}: expected a data set's name, a path, a data frame, or arrays",
            fix='load_data("digits"), or load_data(examples, targets)',
        )
    if isinstance(source, (str, os.PathLike)):
        if targets is not None:
            raise WxbError("targets belong to an array of examples", f"the examples given are {os.fspath(source)!r}")
        text = os.fspath(source)
    else:
        text = FRAME if targets is None and _is_frame(source) else ARRAYS
    _check_options(text, examples, noise, size, cache)
    if ink and text not in INK:
        raise WxbError(f"`ink` is for handwritten digits, not for {text}", f"these are: {', '.join(INK)}")
    _check_test(text, test, like)
    of_table: dict[str, object] = {"target": target, "pieces": pieces, "header": header}
    of_table |= {"drop": drop, "types": types, "missing": missing}
    if (text, targets is None) != (ARRAYS, False):
        of_table |= {"weight": weight, "group": group}
    of_table["like"] = None if is_folder(os.path.expanduser(text)) else like
    _check_table_options(text, of_table)
    itself = task == RECONSTRUCTION
    tokens = text in GRAMMARS or (text not in (ARRAYS, FRAME) and is_conll(text) and not is_folder(text))
    if itself and tokens:
        what = f"{text} holds words, which are no numbers to compare or to give again"
        raise WxbError(what, fix="a network that ends in TAGS, or other data")
    if task is not None and tokens and task != TAGS:
        raise WxbError(f"{text} holds a tag for each word: its task is tags", f"given: {task}", "leave out `task`")
    if task is not None and not itself and text != ARRAYS and not tokens and not _is_table(text):
        raise WxbError(f"`task` is for tables, not for {text}", f"expected {TABLES}")
    named = {"data_dir": data_dir, "examples": examples, "noise": noise, "size": size, "classes": classes, "name": name}
    shares = fractions if isinstance(fractions, tuple) else str(fractions)
    fractions = fractions if test is None else without_test(fractions)
    made_from: dict[str, object] = {"source": text, "split": shares, "seed": seed}
    made_from |= {key: value for key, value in named.items() if value is not None}
    if text == ARRAYS and not isinstance(source, (str, os.PathLike)):
        data = of_arrays(source, targets, classes, task, fractions, seed, fill, weight, group)
        made_from |= {"fill": fill} | ({} if task is None else {"task": task})
    elif text in KNOWN:
        data = _known(text, data_dir, fractions, seed, ink)
        made_from |= {"ink": True} if ink else {}
    elif tokens:
        from wxb.data.tables.load import of_conll, of_grammar

        said = None if types is None else str(SETTINGS["types"].validate(types))
        if text in GRAMMARS:
            data = of_grammar(text, said, examples, fractions, seed)
        else:
            path = absolute(text)
            data = of_conll(path, said, like, fractions, seed)
            made_from |= {"source": str(path)}
        made_from |= {} if said is None else {"types": said}
    elif text in TOYS:
        data = _toy(text, examples, noise, fractions, seed)
    elif _is_table(text):
        path = Path(text) if is_stream(text) else absolute(text)
        about: dict[str, Any] = {"target": _joined(target), "task": task, "pieces": pieces, "drop": _joined(drop)}
        if itself:  # pieces of a number say no more than the number
            about |= {"task": None if like is not None else task, "pieces": 0 if like is None else None}
        about |= {"types": types, "missing": _joined(missing), "weight": weight, "group": group}
        from wxb.data.tables.load import of_table as read

        data = read(source if text == FRAME else path, about, header, like, fractions, seed)
        made_from |= {"source": ARRAYS if text == FRAME else str(path)}
        made_from |= {key: value for key, value in (*about.items(), ("header", header)) if _plain(value)}
    else:
        folder = _folder(text)
        if tabular.holds_texts(folder):
            said = None if types is None else str(SETTINGS["types"].validate(types))
            data = yield from tabular.of_texts(folder, fractions, seed, like, said)
            made_from |= {} if said is None else {"types": said}
        else:
            if types is not None:
                raise WxbError(f"`types` is for tables and texts, not for {text}", f"expected {TABLES}")
            data = yield from _pictures(
                folder, fractions, seed, size, max_pixels, cache, like, test is not None, itself
            )
        made_from |= {"source": str(folder), "max_pixels": max_pixels} | ({} if cache else {"cache": False})
    if itself:
        data = of_itself(data)
        made_from["task"] = RECONSTRUCTION
    if data_dir is not None:
        made_from["data_dir"] = str(absolute(data_dir))
    if test is not None:
        made_from["test"] = str(absolute(test)) if isinstance(test, (str, os.PathLike)) else ARRAYS
        form = form_of(data, max_pixels, cache) if data.columns is None else {"like": data.table, "header": header}
        form |= {"task": RECONSTRUCTION} if itself else {}
        data = tested_on(data, (yield from loading(test, **form)))
    data = replace(data, name=name or data.name, source=made_from)
    return data if classes is None or itself else match_classes(data, tuple(classes))


load_data = run_to_end(loading, "load_data", Dataset)


def _known(name: str, data_dir: str | os.PathLike[str] | None, fractions: Shares, seed: int, ink: bool) -> Dataset:
    published = KNOWN[name](data_dir)
    targets, classes = published.targets, published.classes
    examples = inked(published.examples, INK[name]) if ink else published.examples
    if published.train is None:
        return _divided(name, examples, targets, classes, fractions, seed, "picture")
    rows = np.arange(len(targets))
    train, test = rows[: published.train], rows[published.train :]
    split = keep_test(targets, classes, train, test, seed, validation_share(fractions))
    if isinstance(fractions, PartRows):
        split = own_split(fractions, rows)
    return Dataset(name, examples, targets, "classification", classes, split)


def _toy(name: str, examples: int | None, noise: float | None, fractions: Shares, seed: int) -> Dataset:
    points, targets = draw(name, examples, noise, seed)
    toy = TOYS[name]
    if isinstance(toy, Function):
        # examples whose arguments are equal in float32 are not copies, because their values were drawn independently
        split = divide(np.zeros(len(points), dtype=np.int64), ["all"], fractions, seed)
        return Dataset(name, points, targets.astype(np.float32), toy.task, toy.classes, split)
    return _divided(name, points, targets.astype(np.int64), toy.classes, fractions, seed)


def _divided(
    name: str,
    examples: Examples,
    targets: NDArray[np.int64],
    classes: tuple[str, ...],
    fractions: Shares,
    seed: int,
    noun: str = "example",
) -> Dataset:
    split, notes = divide_apart(examples, targets, classes, fractions, seed, noun)
    return Dataset(name, examples, targets, "classification", classes, split, notes=notes)


def _pictures(
    folder: Path,
    fractions: Shares,
    seed: int,
    size: int | None,
    max_pixels: int,
    cache: bool,
    like: Mapping[str, object] | None,
    tested: bool,
    itself: bool = False,
) -> Generator[Decoded | Searched, None, Dataset]:
    from wxb.data.pictures.folder import Like, reading  # imports Pillow
    from wxb.data.pictures.tree import shown

    shares = DEFAULT if isinstance(fractions, PartRows) else fractions
    try:
        form = None if like is None else msgspec.convert(like, Like)
    except msgspec.ValidationError as error:
        raise WxbError(
            "`like` does not describe pictures", str(error), 'like={"channels": 3, "levels": None}'
        ) from error
    read = yield from reading(folder, shares, seed, size, max_pixels, cache, form, tested, not itself)
    known = Known(read.examples, read.targets, read.classes, read.fingerprint) if read.fingerprint else None
    return Dataset(
        shown(folder.name),
        read.examples,
        read.targets,
        "classification",
        read.classes,
        own_split(fractions, np.arange(len(read.targets))) if isinstance(fractions, PartRows) else read.split,
        files=read.files,
        notes=read.notes,
        known=known,
        levels=read.levels,
    )


def _is_table(text: str) -> bool:
    """Whether a source is a data frame or, by its name, the path of a table; a folder may have such a name too."""
    if text == FRAME:
        return True
    return text not in KNOWN and text not in TOYS and is_table(text if is_stream(text) else absolute(text))


def _is_frame(source: object) -> bool:
    if isinstance(source, (np.ndarray, list, tuple)):
        return False
    from wxb.data.tables.frame import is_data_frame

    return is_data_frame(source)


def _plain(value: object) -> bool:
    """Whether a setting of a table is set, and can be given again: an array of weights cannot."""
    return isinstance(value, (str, bool, int, float, Mapping, list, tuple))


def _joined(target: str | Sequence[str] | None) -> str | None:
    return target if target is None or isinstance(target, str) else ",".join(target)


def _folder(text: str) -> Path:
    """The folder with this path. Raises WxbError if there is none, with the nearest known data set."""
    if text == ARRAYS:
        raise WxbError(
            "data that came as arrays cannot be read again",
            "a run keeps their fingerprint, not their numbers",
            "give the arrays again: load_data(examples, targets)",
        )
    folder = absolute(text)
    if is_folder(folder):
        return folder
    known = [*KNOWN, *TOYS, *GRAMMARS]
    if why := obstacle(folder):
        raise WxbError(f"{text} cannot be read: {why}", fix="a path that you may read, or the name of a data set")
    if exists(folder):
        raise WxbError(
            f"{text} is a file, not a data set",
            f"expected {', '.join(known)}, a folder of pictures, or {TABLES}",
            f"{folder.parent}",
        )
    near = nearest(text, known)
    if (beside := _beside(text)) is not None:
        raise WxbError(f"there is no {text}; {beside.name} lies in its place", fix=str(beside))
    raise WxbError(
        f"{text or 'an empty text'} is neither a data set nor a folder" + (f"; {near} is a data set" if near else ""),
        f"known: {', '.join(known)}, a folder of pictures, or {TABLES}",
        near or "a name of the list, or the path of a folder or a table",
    )


def _beside(text: str) -> Path | None:
    """What has a name like that of a path where nothing is; None for a plain word, which may be a data set's name."""
    path = Path(text)
    if not path.suffix and path.parent == Path():
        return None
    try:
        names = [one.name for one in absolute(path).parent.iterdir() if not one.name.startswith(".")]
    except (OSError, ValueError):
        return None
    like = nearest(path.name, names, cutoff=0.75)
    return None if like is None else path.with_name(like)


def _check_options(text: str, examples: int | None, noise: float | None, size: int | None, cache: bool) -> None:
    """Raise WxbError for a setting that does not apply to this source."""
    for name, value in (("examples", examples), ("noise", noise)):
        if value is not None and text not in TOYS and (name != "examples" or text not in GRAMMARS):
            raise WxbError(f"`{name}` is for toys, not for {text}", f"toys: {', '.join(TOYS)}")
    for name, is_set in (("size", size is not None), ("cache=False", not cache)):
        if is_set and (text in KNOWN or text in TOYS or text == ARRAYS or _is_table(text)):
            raise WxbError(f"`{name}` is for folders of pictures, not for {text}")


def _check_test(text: str, test: object, like: object) -> None:
    """Raise WxbError for a test part of its own where DATA, or what DATA is like, says already what is tested."""
    if test is None:
        return
    if like is not None:
        raise WxbError("`test` and `like` both say what is tested", fix="leave out `test`")
    if text in KNOWN or text in TOYS or text == ARRAYS:
        raise WxbError(f"`test` is for tables and folders of pictures, not for {text}")
    whole = FRAME if not isinstance(test, (str, os.PathLike)) else os.fspath(test)
    if _is_table(whole) != _is_table(text) or (whole == FRAME) != (text == FRAME):
        kind = "a data frame" if text == FRAME else "the path of a table" if _is_table(text) else "a folder of pictures"
        raise WxbError(f"{setting.named('test', whole)}: expected {kind}, as {text} is")


def _check_table_options(text: str, options: Mapping[str, object]) -> None:
    """Raise WxbError for a setting of tables if the source is not a table."""
    own: tuple[str, ...] = ("types", "target", "like") if text in GRAMMARS or is_conll(text) else ()
    if is_folder(os.path.expanduser(text)):
        own = ("types",)  # of a folder of texts
    names = [name for name, value in options.items() if value is not None and name not in own]
    if names and not _is_table(text):
        raise WxbError(f"`{names[0]}` is for tables, not for {text}", f"expected {TABLES}")
