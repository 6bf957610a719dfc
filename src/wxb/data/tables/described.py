"""A column of a table by its name."""

from __future__ import annotations

import msgspec


class Described(msgspec.Struct, frozen=True, tag_field="kind"):
    """A column by its name, with the number of rows that lack a value."""

    name: str
    missing: int

    @property
    def kind(self) -> str:
        """The kind of column, for JSON and people."""
        return str(self.__struct_config__.tag)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        return ()

    def facts(self) -> dict[str, object]:
        """The column as an object of JSON."""
        about = {"name": self.name, "kind": self.kind, "missing": self.missing}
        return {**about, "features": list(self.features)}
