"""Mending a training before it is made: the remedy that side runs prove, where it is a setting or a network."""

from __future__ import annotations

from wxb.doctor.case import Case
from wxb.doctor.diagnose import diagnose
from wxb.doctor.fault import DataChange
from wxb.doctor.finding import Finding
from wxb.doctor.words import numbers, remedy_text
from wxb.tasks import TASKS

BUDGET = 2.0  # trainings, beside the one that is made then


def mended(case: Case, budget: float = BUDGET) -> tuple[Case, Finding | None]:
    """The case with the remedy that is proved to help, and the finding; the case as it is if none is."""
    for finding in diagnose(case, budget).findings:
        if finding.proof is not None and not isinstance(finding.remedy.get("data"), DataChange):
            return case.with_remedy(finding.remedy), finding
    return case, None


def note(case: Case, finding: Finding | None) -> str:
    """What was mended, for the report: the cause, the remedy, and the scores before and after."""
    if finding is None or finding.proof is None:
        return "nothing was mended: no remedy was proved to help"
    measure, proof = TASKS[case.data.task].measure, finding.proof
    gain = measure.difference_text(proof.after - proof.before, proof.interval)
    scores = f"{measure.text(proof.before)} → {measure.text(proof.after)} on validation in side runs, {gain}"
    return (
        f"mended before training: {remedy_text(finding.remedy)} for {finding.cause} "
        f"({finding.code}; {numbers(finding.evidence)}): {scores}"
    )
