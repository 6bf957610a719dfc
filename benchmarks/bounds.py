"""Bounds that figures have to keep, and the text of bounds and measured values."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Bound:
    """A least or greatest value of a figure; if `beside` names a row, the value is added to that row's."""

    value: float
    least: bool = True
    unit: str = ""  # "%" (the value is a fraction), "s", "x"
    beside: str = ""

    def met(self, measured: float) -> bool:
        """Whether a measured value keeps the bound."""
        return measured >= self.value if self.least else measured <= self.value

    def against(self, others: Mapping[str, float]) -> Bound:
        """The same bound relative to no row, given the values of the other rows. Raises KeyError if one is missing."""
        return replace(self, value=self.value + others[self.beside], beside="") if self.beside else self

    def __str__(self) -> str:
        sign = "≥" if self.least else "≤"
        if not self.beside:
            return f"{sign} {amount(self.value, self.unit)}"
        points = 100 * abs(self.value)
        return f"{sign} {self.beside} {'−' if self.value < 0 else '+'} {points:.4g} point{'s' * (points != 1)}"


def at_least(value: float, unit: str, beside: str = "") -> Bound:
    """A bound from below."""
    return Bound(value, True, unit, beside)


def at_most(value: float, unit: str, beside: str = "") -> Bound:
    """A bound from above."""
    return Bound(value, False, unit, beside)


def amount(value: float, unit: str) -> str:
    """0.9905, "%" -> "99.05 %"; 30, "s" -> "30 s"; 0.95, "x" -> "0.95×"."""
    if unit == "%":
        return f"{100 * value:.4g} %"
    return f"{value:.4g}×" if unit == "x" else f"{value:.4g} {unit}".rstrip()


def verdict(bound: Bound, measured: float, others: Mapping[str, float] | None = None) -> str:
    """The bound, and the measured value if it is missed; `others` are the values of the other rows."""
    met = bound.against(others or {}).met(measured)
    return str(bound) if met else f"{bound}: **missed** ({amount(measured, bound.unit)})"


def middle(values: list[float], digits: int) -> str:
    """Median (least, greatest), or a single value itself."""
    median, least, greatest = (
        f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values))
    )
    return f"{median} ({least}, {greatest})" if len(values) > 1 else median
