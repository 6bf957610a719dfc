"""A table: its rows as they stand, one or several columns as targets, and a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Split
from wxb.data.groups import Groups
from wxb.data.split import Fractions, divide_apart, divide_groups, own_split
from wxb.data.tables import contradiction, novelty, remarks
from wxb.data.tables import target as targets
from wxb.data.tables.choices import Choices
from wxb.data.tables.columns import Group, LeftOut, Number, Preparation, Weight, rare, read_plain
from wxb.data.tables.encoding import Prepared
from wxb.data.tables.frame import Frame
from wxb.data.tables.free_text import FreeText, is_text
from wxb.data.tables.giveaways import giveaways
from wxb.data.tables.identity import COUNTER, identity
from wxb.data.tables.inputs import prepared
from wxb.data.tables.roles import groups_in, weights_in
from wxb.data.tables.rows import LEARNED, WINDOW, Columns, Held, Matrix, need_columns, recoded
from wxb.data.tables.values import NAMES, Form, Texts, Values, as_known, without
from wxb.data.tables.vocabulary import Words
from wxb.data.tables.words import unread
from wxb.data.tables.written import unlike
from wxb.errors import WxbError
from wxb.settings.setting import SHARES, PartRows, named
from wxb.tasks import TASKS
from wxb.tasks.task import Targets
from wxb.text import count, first_of, plural

TEXT_SHARE = 0.5  # of a column's rows must have a value that is not rare, or it is free text
DROPPED = "dropped"
FREE = "free text"
NO_CHOICES = Choices()
LISTED = 10  # remarks on values that are no numbers


@dataclass(frozen=True, eq=False)
class Table:
    """Rows (n, columns) float64 and what they hold, their targets and split, and remarks for people."""

    rows: Matrix
    columns: Columns
    targets: Targets
    split: Split
    notes: tuple[str, ...]
    numbers: NDArray[np.int64]  # of the rows in the file, from 0: some may have been left out
    weights: NDArray[np.float64] | None = None
    groups: Groups | None = None


def read_table(
    frame: Frame,
    names: Sequence[str],
    task: str | None,
    fractions: Fractions | PartRows,
    seed: int,
    pieces: int | None = None,
    choices: Choices = NO_CHOICES,
) -> Table:
    """A table to learn to predict the columns `names` from, split.

    `pieces` is how many features a number has besides itself (columns.Number); None for what suits the number of rows.
    Rows without a target are left out. Raises WxbError if the table has nothing to learn from.
    """
    frame.hold(names or frame.columns[:1])
    chosen = targets.columns_in(frame, names, task, choices)
    there, notes = targets.present(frame, chosen, choices.values)
    of_numbers = [(choices.values(frame, one.name), one.written) for one in chosen if one.form == "number"]
    notes = (*notes, *remarks.forms([values.example(how, values.numbers(how)) for values, how in of_numbers]))
    notes = (*notes, *remarks.doubts(frame.name, [values.doubt(how) for values, how in of_numbers]))
    words = {word for one in chosen for word in choices.values(frame, one.name).words} if choices.added else set()
    frame = frame if there.all() else frame.keep(there)
    if len(frame) < 2:
        raise WxbError(
            f"{frame.name} has {plural(len(frame), 'row')} with {' and '.join(names)}",
            "\n".join(("expected at least two, one to train and one to test", *notes)),
            "a table of more rows",
        )
    try:
        predicted = targets.read(frame, chosen, task, choices.values)
    except WxbError as error:  # rows that were left out may explain it
        raise WxbError(error.what, "\n".join((error.detail, *notes)).strip(), error.fix) from error
    rows, held, said = _rows(frame, [name for name in frame.columns if name not in names], names, choices, words)
    weights = None if choices.weight is None else weights_in(frame, choices.values(frame, choices.weight))
    groups = None if choices.group is None else groups_in(frame, choices.values(frame, choices.group))
    about = (predicted.columns, predicted.task, predicted.classes, pieces)
    columns = Columns(held, *about, missing=choices.missing, order=frame.columns)
    if isinstance(fractions, PartRows):
        split = own_split(fractions, frame.rows, groups)
        copies: tuple[str, ...] = ()
    else:
        split, copies = _divided(rows, columns, predicted, fractions, seed, groups)
    if not len(split.train):
        raise WxbError(
            f"the columns of {frame.name} are prepared by their training part, and the split leaves none",
            split.how,
            f"{named('split', SHARES.example)}; wxb evaluate RUN FILE prepares a file as a run was",
        )
    fitted = columns.fit(rows, split.train)
    if not fitted.features and fitted.vocabulary is None:
        reasons = [f"{column.name}: {column.why}" for column in fitted.columns if isinstance(column, LeftOut)]
        raise WxbError(
            f"{frame.name} has no column to learn {' and '.join(names) or 'anything'} from",
            first_of(reasons, between="\n"),
            _way_to_learn(fitted.columns),
        )
    of_targets = TASKS[predicted.task].columns(tuple(names), columns.classes)
    alone = giveaways(rows, columns.held, predicted.targets, of_targets, split.train) if names else ()
    notes = (*frame.notes, *notes, *predicted.notes, *_left_out(fitted.columns), *said, *alone, *copies)
    return Table(rows, columns, predicted.targets, split, notes, frame.rows, weights, groups)


def read_like(frame: Frame, plain: object) -> Table:
    """A table with the columns and targets of a run's (`plain` is its Preparation); all rows are test.

    Raises WxbError if a column of the run or its target is missing, or a class is not one of the run's.
    """
    preparation = preparation_of(plain)
    frame = frame.called(preparation.all_names)
    for column in preparation.targets:
        frame.need(column.name)
    frame.hold([column.name for column in preparation.targets] or frame.columns[:1])
    words = without(preparation.missing, preparation.classes)

    def reading(frame: Frame, name: str) -> Values:
        return frame.values(name, words)

    there, notes = targets.present(frame, preparation.targets, reading, preparation.task)
    frame = frame if there.all() else frame.keep(there)
    if not len(frame):
        raise WxbError(f"{frame.name} has no row with {' and '.join(one.name for one in preparation.targets)}")
    predicted = targets.read(frame, preparation.targets, preparation.task, reading, preparation.classes)
    read = rows_like(frame, preparation)
    held = {name: Held(name) for name in preparation.names}
    for used in preparation.used:
        if isinstance(used, Number):
            held[used.name] = Held(used.name, written=used.written)
        elif isinstance(used, FreeText | Words):
            held[used.name] = _held_text(used, _codes(read.texts[used.name]))
        else:
            held[used.name] = Held(used.name, used.code)
    columns = Columns(
        tuple(held.values()), preparation.targets, preparation.task, preparation.classes, given=preparation
    )
    none = np.zeros(0, dtype=np.int64)
    split = Split(none, none, np.arange(len(frame), dtype=np.int64), "all rows as test")
    weights, groups = None, None
    if preparation.weight is not None and preparation.weight in frame.places:
        weights = weights_in(frame, reading(frame, preparation.weight))
    if preparation.group is not None and preparation.group in frame.places:
        groups = groups_in(frame, reading(frame, preparation.group))
    said = (*frame.notes, *notes, *read.notes)
    return Table(read.rows, columns, predicted.targets, split, said, frame.rows, weights, groups)


def read_rows(frame: Frame, preparation: Preparation) -> tuple[Matrix | Prepared, tuple[str, ...]]:
    """What the network of a run on a table takes of another, and remarks on what its training part did not have.

    They are rows (n, columns), or their features if a column is free text. Raises WxbError as `rows_like` does.
    """
    read = rows_like(frame, preparation)
    if not preparation.texts:
        return read.rows, read.notes
    return prepared(read.rows, preparation, {name: texts.values for name, texts in read.texts.items()}), read.notes


class Read(NamedTuple):
    """Rows (n, columns) as a run holds them, its columns of free text, and remarks for people."""

    rows: Matrix
    texts: dict[str, Texts]
    notes: tuple[str, ...]


def rows_like(frame: Frame, preparation: Preparation) -> Read:
    """Rows with the columns of a run's table, and remarks on what its training part did not have.

    Raises WxbError if columns are missing that become features. More columns are passed over.
    """
    frame = frame.called(preparation.all_names)
    if frame.numbered:
        _need_width(frame, preparation)
    need_columns(frame.name, list(frame.columns), preparation, frame.listed, frame.way_to)
    rows = np.full((len(frame), len(preparation.names)), np.nan)
    inputs = {name: place for place, name in enumerate(preparation.names)}
    notes: dict[int, list[str]] = {}
    free: dict[str, Texts] = {}
    for used in sorted(preparation.used, key=lambda column: frame.places[column.name]):
        place = inputs[used.name]
        if isinstance(used, Number):
            values = frame.values(used.name, preparation.missing)
            rows[:, place] = values.numbers(used.written, used.binary)
            contradiction.refuse_unread(frame.name, values)
            contradiction.refuse_otherwise_written(
                frame.name, values, used.written, rows[:, place], frame.rows, (used.low, used.high)
            )
            contradiction.refuse_broken(frame.name, used, values, rows[:, place], frame.rows)
            notes[place] = novelty.of_numbers(used, values, rows[:, place], frame.rows)
        elif isinstance(used, FreeText | Words):
            values = frame.values(used.name, preparation.missing)
            contradiction.refuse_unread(frame.name, values)
            free[used.name] = texts = values.texts()
            rows[:, place] = _numbered(texts)
            notes[place] = novelty.of_free_texts(used, texts, preparation.vocabulary)
        else:
            values = frame.values(used.name, without(preparation.missing, used.seen))
            contradiction.refuse_unread(frame.name, values)
            texts = as_known(values.texts(used.boolean), used.seen)
            contradiction.refuse_unknown(frame.name, used, texts)
            rows[:, place] = recoded(_numbered(texts), _codes(texts), used)
            notes[place] = novelty.of_texts(used, texts)
    remarks = [note for place in sorted(notes) for note in notes[place]]
    known = {column.name for column in (*preparation.columns, *preparation.targets)}
    if new := [name for name in frame.columns if name not in known]:
        what = "a column" if len(new) == 1 else "columns"
        remarks.append(f"{what} that training had not, not used: {first_of(new)}")
    return Read(rows, free, tuple(remarks))


def _need_width(frame: Frame, preparation: Preparation) -> None:
    """Raise WxbError if columns without names may be others than in training; targets at the end may be missing."""
    known = preparation.all_names
    targets = {column.name for column in preparation.targets}
    if len(frame.columns) > len(known) or any(name not in frame.places and name not in targets for name in known):
        there = plural(len(frame.columns), "column")
        raise WxbError(
            f"{frame.name} has no names and {there}; the run was trained on {count(len(known))}",
            f"it predicts {', '.join(sorted(targets))}",
            "all columns in the order of training; that of the target may be empty",
        )


def preparation_of(plain: object) -> Preparation:
    """The preparation that a run stores. Raises WxbError for anything else."""
    try:
        return read_plain(plain)
    except msgspec.ValidationError as error:
        raise WxbError("this is no preparation of a table", str(error), "run.data.table of a run on a table") from error


def _rows(
    frame: Frame, names: Sequence[str], targets: Sequence[str], choices: Choices, met: set[str]
) -> tuple[Matrix, tuple[Held | LeftOut, ...], tuple[str, ...]]:
    """The rows of the columns that may tell something, what all columns hold, and remarks on how they are written.

    `met` are the words for none that stand in the targets.
    A column that is called like a target in the file is left out: it would give the answer away.
    Counters are left out unless nothing else is there: x = 0, 1, 2, … alone is what there is to learn from.
    """
    rows = np.empty((len(frame), len(names)))
    held: list[Held | LeftOut] = []
    counters: dict[str, NDArray[np.float64]] = {}
    written: list[str] = []
    doubts: list[str] = []
    words: dict[str, dict[str, int]] = {}
    odd: list[str] = []
    filled = 0
    called = {frame.renamed.get(name, name) for name in targets}
    for name in names:
        if name in choices.drop or frame.renamed.get(name, name) in called:
            held.append(LeftOut(name, 0, DROPPED if name in choices.drop else "called like the target"))
            continue
        if name in (choices.weight, choices.group):
            held.append(Weight(name, 0) if name == choices.weight else Group(name, 0))
            continue
        values = choices.values(frame, name)
        form = choices.form(values)
        column, numbers = _column(values, form, choices.types.get(name), frame.rows)
        if isinstance(column, Held) and column.learned:
            column = replace(column, tokens=choices.tokens)
        if isinstance(column, Held) and column.free and not column.tokens:
            odd += unread(name, values.there.to_list())
        held.append(column)
        there = values.words if values.of_texts or choices.added else {}
        met = met.union(there)
        found = {word: often for word, often in there.items() if word in NAMES} if values.of_texts else {}
        if found and (isinstance(column, LeftOut) or column.codes is not None):
            words[name] = found
        if isinstance(column, Held):
            rows[:, filled] = numbers
            filled += 1
            if column.codes is None:
                written.append(values.example(column.written, numbers))
                doubts.append(values.doubt(column.written))
                contradiction.refuse_mixed(frame.name, values, column.written, numbers, frame.rows)
                if len(lost := values.odd(numbers)):
                    odd.append(
                        f"{novelty.no_numbers(column.written.style, values, lost, frame.rows)}, taken as missing"
                    )
        elif column.why == COUNTER:
            counters[name] = numbers
        if form.kind == "text" and name not in choices.types:
            odd += _too_few(values, form, isinstance(column, LeftOut))
    if not filled:
        held = [Held(one.name) if one.name in counters else one for one in held]
        for filled, numbers in enumerate(counters.values(), 1):
            rows[:, filled - 1] = numbers
    rows = rows if filled == len(names) else np.ascontiguousarray(rows[:, :filled])
    said = (
        *remarks.forms(written),
        *remarks.doubts(frame.name, doubts),
        *remarks.missing_words(words),
        *choices.unmet(met),
        *odd[:LISTED],
        *([f"{plural(len(odd) - LISTED, 'more column')} with such values"] if len(odd) > LISTED else ()),
    )
    return rows, tuple(held), said


def _too_few(values: Values, form: Form, left_out: bool) -> list[str]:
    """The remark on a column of texts of which at least half are dates, or numbers if it is left out."""
    kind = "date" if form.written.style == "date" else "number"
    if form.share < TEXT_SHARE or not (kind == "date" or (left_out and not unlike(values.there.drop_nulls()))):
        return []
    number, there = round(form.share * (len(values) - values.absent)), plural(len(values) - values.absent, "value")
    setting = f'`types="{values.name}={kind}"`'
    return [f"{values.name}: only {count(number)} of {there} are {kind}s; {setting} takes the others as missing"]


def _column(
    values: Values, form: Form, chosen: str | None, rows: NDArray[np.int64]
) -> tuple[Held | LeftOut, NDArray[np.float64]]:
    """What a column of a form holds, or why it is left out, and its values (n,); `chosen` is its type, if one is."""
    name = values.name
    if form.kind == "nothing":
        return LeftOut(name, values.absent, contradiction.UNREAD if values.unread else "empty"), np.empty(0)
    if form.kind == "number":
        numbers = values.numbers(form.written)
        why = None if chosen or form.written.style == "date" else identity(name, numbers, rows)
        return (Held(name, written=form.written) if why is None else LeftOut(name, values.absent, why)), numbers
    texts = values.texts(form.kind == "boolean")
    often = np.bincount(texts.codes[texts.codes >= 0])
    frequent = often[often >= rare(len(rows))].sum() >= TEXT_SHARE * often.sum()
    if chosen in LEARNED:
        return Held(name, _codes(texts), free=True, learned=chosen or ""), _numbered(texts)
    if form.kind == "boolean" or chosen == "category" or (frequent and chosen != "text"):
        return Held(name, _codes(texts)), _numbered(texts)
    if chosen == "text" or is_text(texts.values):
        return Held(name, _codes(texts), free=True), _numbered(texts)
    why = f"{FREE}, {count(len(often))} different in {count(int(often.sum()))}"
    almost = unlike(values.there.drop_nulls()) if values.of_texts and chosen is None else []
    if almost:
        how = "in several ways: write them alike" if almost[1:] else "with something else: write them alone"
        why += f"; numbers written {how} to use them, such as {' and '.join(almost)}"
    return LeftOut(name, values.absent, why), np.empty(0)


def _held_text(column: FreeText | Words, codes: dict[str, int]) -> Held:
    """A column of texts as a run's column describes it."""
    if isinstance(column, FreeText):
        return Held(column.name, codes, free=True)
    return Held(column.name, codes, free=True, learned=WINDOW if column.window else "words", tokens=column.tokens)


def _codes(texts: Texts) -> dict[str, int]:
    return {value: code for code, value in enumerate(texts.values)}


def _numbered(texts: Texts) -> NDArray[np.float64]:
    """Texts as the numbers that stand for them (n,), NaN where they are missing."""
    return np.where(texts.codes < 0, np.nan, texts.codes)


def _divided(
    rows: Matrix,
    columns: Columns,
    predicted: targets.Predicted,
    fractions: Fractions,
    seed: int,
    groups: Groups | None,
) -> tuple[Split, tuple[str, ...]]:
    """The split, stratified by class; the rows of a group, or rows that are equal in all columns, stay in one part."""
    strata, names = TASKS[predicted.task].strata(predicted.targets, predicted.classes)
    if groups is not None:
        return divide_groups(strata, names, groups, fractions, seed)
    return divide_apart(columns.alike(rows), strata, names, fractions, seed, "row")


def _way_to_learn(columns: Sequence[object]) -> str:
    """What to do about a table without features."""
    free = [one.name for one in columns if isinstance(one, LeftOut) and one.why.startswith(FREE)]
    more = f'; `types="{free[0]}=text"` reads the words of {free[0]}' if free else ""
    return f"a column of numbers, or of texts of which each stands in several rows{more}"


def _left_out(columns: Sequence[object]) -> tuple[str, ...]:
    """The remark on columns that are left out, with why."""
    left = [column for column in columns if type(column) is LeftOut]
    if not left:
        return ()
    listed = first_of(f"{column.name} ({column.why})" for column in left)
    return (f"{plural(len(left), 'column')} left out: {listed}",)
