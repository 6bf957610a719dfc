"""A diagnosis as plain values, for JSON and for the page."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from wxb.doctor.case import Case
from wxb.doctor.finding import Diagnosis, Doubling, Finding

EXACT = 2**53  # up to which floating-point numbers hold every whole number


def facts(
    found: Diagnosis, case: Case, doubled: Sequence[Doubling] = (), left_out: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What was found of a case, with what was doubled or left out."""
    return {
        "findings": [facts_of(one) for one in found.findings],
        "healthy": found.healthy,
        "network": str(case.plan.network),
        "data": case.data.name,
        "scores": dict(found.scores),
        "train": found.train,
        "stands": found.stands,
        "untried": list(found.untried),
        "cost": round(found.cost, 3),
        "handful": found.handful,
        "doubling": [{**dataclasses.asdict(one), "pays": one.pays} for one in doubled],
        "left_out": dict(left_out or {}),
    }


def facts_of(finding: Finding) -> dict[str, Any]:
    """A finding as plain values: a change of the data is its text, and a number without a fraction is whole."""
    remedy = {name: str(value) if isinstance(value, str) else value for name, value in finding.remedy.items()}
    evidence = {name: _whole(value) for name, value in finding.evidence.items()}
    return dataclasses.asdict(dataclasses.replace(finding, remedy=remedy, evidence=evidence))


def _whole(value: float) -> float:
    return int(value) if float(value).is_integer() and abs(value) < EXACT else value
