"""A measure of how good predictions are, and how its values are written for people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from wxb.text import percent, percent_interval, rounded

Interval = tuple[float, float]


@dataclass(frozen=True)
class Measure:
    """A score by name. Its `form` decides how a value is written.

    share    a fraction, written in per cent: 0.9886 is "98.9 %"
    score    a number around 0 to 1, written with three decimals: "0.813"
    amount   any positive number, written with four significant digits: "52.13"
    """

    name: str  # the key in JSON and the attribute in Python
    title: str  # "accuracy", "root mean squared error"
    form: Literal["share", "score", "amount"] = "share"
    label: str = ""  # before the value on a line of the terminal: "R²"; nothing before an accuracy
    interval_key: str = ""  # the key of its interval in JSON, if it has one
    least: float = 0.0  # no value is less

    @property
    def bounds(self) -> Interval:
        """The least and the greatest value that there can be."""
        return self.least, math.inf if self.form == "amount" else 1.0

    def text(self, value: float) -> str:
        """The value for people."""
        if self.form == "share":
            return percent(value)
        return f"{value:z.3f}" if self.form == "score" else rounded(value)

    def labelled(self, value: float) -> str:
        """The value with the label in front: "98.9 %", "R² 0.813"."""
        return f"{self.label} {self.text(value)}".lstrip()

    def interval_text(self, interval: Interval) -> str:
        """The interval in brackets, without a unit: "[97.5, 99.5]", "[0.790, 0.835]"."""
        if self.form == "share":
            return percent_interval(interval)
        return f"[{self.text(interval[0])}, {self.text(interval[1])}]"

    def gap_text(self, gap: float) -> str:
        """The absolute difference between two values: "2.4 points", "0.031"."""
        return f"{100 * gap:.1f} points" if self.form == "share" else self.text(gap)

    def deviation_text(self, deviation: float) -> str:
        """A standard deviation: "0.3 points", "0.021"."""
        return f"{100 * deviation:.2g} points" if self.form == "share" else f"{deviation:.2g}"

    def difference_text(self, difference: float, interval: Interval) -> str:
        """A signed difference with its interval: "+1.3 points [-0.4, 3.1]", "R² +0.100 [0.050, 0.150]"."""
        sign = "+" if difference >= 0 else "-"
        return f"{self.label} {sign}{self.gap_text(abs(difference))} {self.interval_text(interval)}".lstrip()
