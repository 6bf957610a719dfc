"""A fault that the doctor knows: its symptom, and the remedies that are tried for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wxb.doctor.measures import Measures

Evidence = Mapping[str, float]
Remedy = Mapping[str, Any]


@dataclass(frozen=True)
class Fault:
    """An entry of `wxb.doctor.checks`.

    `symptom` gives the numbers that make the fault likely, or None where it is unlikely; `remedies` are the changed
    settings of `train` to try, the best first. A fault that is `counted` is proved by its symptom: no side run could
    tell more. A `late` one shows in a training of full length only.
    """

    code: str
    cause: str
    symptom: Callable[[Measures], Evidence | None]
    remedies: Callable[[Measures], list[Remedy]]
    counted: bool = False
    late: bool = False
