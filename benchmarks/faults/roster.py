"""The trainings: what is put into which healthy one, how strongly, and which healthy ones stay as they are.

The parts were made before anything was measured: other seeds, networks, strengths and mostly other data in "final",
and D8, D10, D11, D14, N5, N11, T15 and T19 in "final" only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.faults import faulty, healthy
from benchmarks.faults.bases import base
from benchmarks.faults.injections import Injection
from benchmarks.faults.plain import Plain
from benchmarks.faults.program import Program

PARTS = ("tuning", "final")
FORMS = ("wxb", "plain")


@dataclass(frozen=True)
class Case:
    """One training: a base, with what is put into it; without a fault it is meant to be healthy."""

    part: str
    form: str
    fault: str  # the doctor's code; "" for a healthy one
    kind: str  # what is put in, or in what the healthy one is awkward
    base: str
    injection: Injection
    strength: Any

    @property
    def name(self) -> str:
        """What no other case of the part and form has."""
        strength = "" if self.strength is None else f" {self.strength}"
        return f"{self.fault or 'healthy'} {self.base}: {self.kind}{strength}"

    def twin(self) -> Program | Plain:
        """The healthy training."""
        return base(self.part, self.form, self.base)

    def program(self) -> Program | Plain:
        """The training itself."""
        made: Program | Plain = self.injection(self.twin(), self.strength)
        return made


def cases(part: str, form: str) -> tuple[Case, ...]:
    """The trainings of a part and a form, the faulty ones first."""
    put = (faulty.WXB if form == "wxb" else faulty.PLAIN)[part]
    awkward = (healthy.OF_WXB if form == "wxb" else healthy.OF_PLAIN)[part]
    made = [
        Case(part, form, code, kind, name, injection, strength)
        for code, kind, injection, names, strengths in (*put, *(("", *one) for one in awkward))
        for name in names
        for strength in strengths
    ]
    assert len({one.name for one in made}) == len(made)
    return tuple(made)
