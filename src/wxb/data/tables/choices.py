"""What a user says of a table's columns: which to leave out, what they hold, and what stands for no value."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from wxb.data.tables.frame import Frame
from wxb.data.tables.values import DASH, MISSING, PLUS, Form, Values, number_of, without
from wxb.errors import WxbError
from wxb.settings.setting import kinds_of

KEPT = "=value"  # after a word that stands for none elsewhere


WRITTEN = {  # what may be taken for what, for messages
    "number": "write them as 1234.5, or leave out the type",
    "date": "write them as 2024-12-31, 31 Dec 2024, 31.12.2024 or 12/31/2024, or leave out the type",
}


@dataclass(frozen=True)
class Choices:
    """The settings `drop`, `types`, `missing`, `weight` and `group`, by the names of a table's columns."""

    drop: tuple[str, ...] = ()
    types: dict[str, str] = field(default_factory=dict)  # "category", "number", "date" or "text"
    missing: tuple[str, ...] = MISSING
    kept: tuple[str, ...] = ()  # of `missing`, those that are values in columns of texts
    weight: str | None = None
    group: str | None = None
    tokens: tuple[str, ...] = ()  # as of `vocabulary.Words`: that the words of a sentence are given

    @property
    def added(self) -> list[str]:
        """The words for none that the user added."""
        return [word for word in dict.fromkeys(self.missing) if word not in MISSING]

    def unmet(self, met: Collection[str]) -> tuple[str, ...]:
        """The remark on added words that no value is; `met` are the words for none that were found."""
        numbers = {number_of(word) for word in met} - {None}
        lost = [word for word in self.added if word not in met and number_of(word) not in numbers]
        return (f'`missing="{",".join(lost)}"`: no value that is read is {" or ".join(lost)}',) if lost else ()

    def values(self, frame: Frame, column: str) -> Values:
        """The values of a column, and what stands for none among them."""
        import polars as pl

        series = frame.series(column)
        signs = series.dtype == pl.String and bool((series == PLUS).any())
        values = frame.values(column, without(self.missing, DASH * signs))
        if series.dtype == pl.String and self.kept and self.form(values).kind != "number":
            return frame.values(column, without(values.missing, self.kept))
        return values

    def form(self, values: Values) -> Form:
        """What a column holds: what is said, else what its values tell. Raises WxbError if no value is like that."""
        kind = self.types.get(values.name)
        if kind is None:
            return values.form()
        if kind in ("category", "text", "words", "window"):
            form = values.form()
            return form if form.kind in ("boolean", "nothing") else Form("text")
        form = values.form(("date",) if kind == "date" else ("number", "duration"), share=0)
        if form.kind != "number" or (form.written.style == "date") != (kind == "date"):
            what = f'`types="{values.name}={kind}"`: no value of {values.name} is a {kind}'
            raise WxbError(what, f"such as {_example(values)}", WRITTEN[kind])
        return form


def choices_of(
    frame: Frame,
    targets: Sequence[str],
    drop: str | Sequence[str] | None,
    types: str | None,
    missing: str | Sequence[str] | None,
    weight: str | None = None,
    group: str | None = None,
) -> Choices:
    """The choices for a table.

    Raises WxbError for a column that it does not have, and for a column that is said to be two things.
    """
    left_out = listed(drop, frame.columns)
    dropped = tuple(frame.need(name, "drop", left_out) for name in left_out)
    if lost := [name for name in dropped if name in targets]:
        raise WxbError(f"{lost[0]} is the target, and `drop` leaves it out", fix="one of the two")
    typed = {frame.need(name): kind for name, kind in kinds_of(types or "")}
    if len(typed) < len(kinds_of(types or "")):
        raise WxbError(f"`types` says twice what a column holds: {types}", fix="once for each column")
    if lost := [name for name in typed if name in dropped]:
        raise WxbError(f"`types` says what {lost[0]} holds, and `drop` leaves it out", fix="one of the two")
    roles = {role: frame.need(name, role) for role, name in (("weight", weight), ("group", group)) if name is not None}
    said = [("target", one) for one in targets] + [("drop", one) for one in dropped] + [("types", one) for one in typed]
    named: dict[str, str] = {}
    for setting, name in (*said, *roles.items()):
        other = named.setdefault(name, setting)
        if other != setting and setting in roles:
            raise WxbError(f"`{other}` and `{setting}` both name {name}", "a column is one of them", "one of the two")
    words = listed(missing)
    kept = tuple(word.removesuffix(KEPT) for word in words if word.endswith(KEPT))
    if unknown := [word for word in kept if word not in MISSING]:
        raise WxbError(
            f'`missing="{unknown[0]}{KEPT}"`: {unknown[0]} stands for itself', f"words for none: {' '.join(MISSING)}"
        )
    return Choices(
        dropped,
        typed,
        (*MISSING, *(word for word in words if not word.endswith(KEPT))),
        kept,
        roles.get("weight"),
        roles.get("group"),
    )


def listed(texts: str | Sequence[str] | None, columns: Sequence[str] = ()) -> list[str]:
    """Texts given as a list, or as one with commas between them unless that is the name of a column."""
    if texts is None or not isinstance(texts, str):
        return list(texts or ())
    return [texts] if texts in columns else [part.strip() for part in texts.split(",") if part.strip()]


def _example(values: Values) -> str:
    there = values.there.drop_nulls()
    return str(there[0]) if len(there) else "no value"
