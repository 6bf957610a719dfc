"""The diagnosis of a case: what is counted first, then symptoms, then side runs that prove."""

from __future__ import annotations

import math
from dataclasses import replace

from wxb.doctor.case import Case
from wxb.doctor.checks import FAULTS
from wxb.doctor.finding import SICK, WEAK, Diagnosis, Finding, Proof
from wxb.doctor.measures import Measures
from wxb.doctor.proof import Candidate, Race
from wxb.doctor.side import SideRuns

BUDGET = 3.0  # trainings
MOST_WEAK = 3  # findings without a proof


def diagnose(case: Case, budget: float = BUDGET) -> Diagnosis:
    """Examine a case by side runs that together cost at most about `budget` trainings.

    The test part of the data is never used.
    """
    runs = SideRuns(case, budget)
    found = Measures(case, runs)
    counted, candidates = [], []
    for fault in FAULTS.values():
        evidence = fault.symptom(found)
        if evidence is None:
            continue
        remedies = fault.remedies(found)
        if fault.counted:
            counted.append(Finding(fault.code, fault.cause, SICK, evidence, remedies[0] if remedies else {}))
        else:
            candidates += [Candidate(fault, evidence, remedy) for remedy in remedies]
    race = Race(found, candidates)
    proved = race.winner()
    findings = list(counted)
    if proved is not None:
        candidate, gain = proved.candidate, proved.gain
        proof = Proof(
            gain.before, gain.after, (gain.low, gain.high), gain.seeds, case.with_remedy(candidate.remedy).command()
        )
        evidence = {**candidate.evidence, "side_run_length": proved.share}
        findings.append(Finding(candidate.fault.code, candidate.fault.cause, SICK, evidence, candidate.remedy, proof))
    elif not counted and found.behind(found.best_reference):
        ranked = [candidates[place] for place in sorted(race.tried)] or candidates
        weak = {one.fault.code: one for one in reversed(ranked)}
        findings += [
            Finding(one.fault.code, one.fault.cause, WEAK, one.evidence, one.remedy)
            for one in list(reversed(weak.values()))[:MOST_WEAK]
        ]
    untried = {one.fault.code for place, one in enumerate(candidates) if place not in race.tried}
    untried -= {one.code for one in findings} | {candidates[place].fault.code for place in race.tried}
    return Diagnosis(
        tuple(_ranked(findings)),
        tuple(code for code in FAULTS if code in untried),
        runs.spent,
        {"network": found.base.score, **found.references},
    )


def _ranked(findings: list[Finding]) -> list[Finding]:
    return [
        replace(one, rank=rank, evidence={name: value for name, value in one.evidence.items() if math.isfinite(value)})
        for rank, one in enumerate(findings, 1)
    ]
