"""Mending a training before it is made: the remedies that side runs prove, where they are settings or a network."""

from __future__ import annotations

from collections.abc import Sequence

from wxb.doctor.case import Case
from wxb.doctor.diagnose import diagnose
from wxb.doctor.fault import DataChange
from wxb.doctor.finding import Finding
from wxb.doctor.words import numbers, remedy_text
from wxb.tasks import TASKS

BUDGET = 1.75  # trainings, beside the one that is made then: what side runs do not count stays within a quarter


def mended(case: Case, budget: float = BUDGET) -> tuple[Case, list[Finding]]:
    """The case with the remedies that are proved to help, and their findings; the case as it is if none is."""
    taken = []
    for finding in diagnose(case, budget, alone=False).findings:
        if finding.proof is None:
            continue
        if isinstance(finding.remedy.get("data"), DataChange):
            break
        case = case.with_remedy(finding.remedy)
        taken.append(finding)
    return case, taken


def notes(case: Case, taken: Sequence[Finding]) -> tuple[str, ...]:
    """What was mended, for the report: each cause, its remedy, and the scores before and after."""
    measure = TASKS[case.data.task].measure
    said = []
    for finding in taken:
        proof = finding.proof
        assert proof is not None
        gain = measure.difference_text(proof.after - proof.before, proof.interval)
        scores = f"{measure.text(proof.before)} → {measure.text(proof.after)} on validation in side runs, {gain}"
        said.append(
            f"mended before training: {remedy_text(finding.remedy)} for {finding.cause} "
            f"({finding.code}; {numbers(finding.evidence)}): {scores}"
        )
    return tuple(said) or ("nothing was mended: no remedy was proved to help",)
