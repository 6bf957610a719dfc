"""The diagnosis of a case: what is counted first, then symptoms, then side runs that prove."""

from __future__ import annotations

from collections.abc import Iterable

from wxb.doctor.case import Case
from wxb.doctor.checks import FAULTS
from wxb.doctor.fault import Evidence, Fault
from wxb.doctor.finding import SICK, SUSPECTED, WEAK, Diagnosis, Finding, Proof, ranked_findings
from wxb.doctor.measures import Measures
from wxb.doctor.proof import Candidate, Race
from wxb.doctor.side import SideRuns

BUDGET = 3.0  # trainings
MOST_WEAK = 3  # findings without a proof
# what is not suspected without a side run: it takes time to measure, is said elsewhere, or is no fault by itself
NOT_SUSPECTED = ("D2", "D5", "D6", "D8", "D12", "T6", "N10")


def diagnose(case: Case, budget: float = BUDGET, runs: SideRuns | None = None) -> Diagnosis:
    """Examine a case by side runs that together cost at most about `budget` trainings.

    The test part of the data is never used. `runs` keeps what was run for more questions.
    """
    runs = runs or SideRuns(case, budget)
    found = Measures(case, runs)
    counted: list[Finding] = []
    candidates: list[Candidate] = []
    without_cure: list[Finding] = []
    for fault, evidence in symptoms(found, FAULTS.values()):
        remedies = fault.remedies(found)
        if fault.counted:
            counted.append(Finding(fault.code, fault.cause, SICK, evidence, remedies[0] if remedies else {}))
        elif fault.mends:
            candidates += [Candidate(fault, evidence, remedy) for remedy in remedies]
        else:
            without_cure.append(Finding(fault.code, fault.cause, WEAK, evidence, remedies[0] if remedies else {}))
    race = Race(found, candidates)
    candidates = race.candidates
    proved = race.winner()
    findings = list(counted)
    if proved is not None:
        candidate, gain = proved.candidate, proved.gain
        proof = Proof(
            gain.before, gain.after, (gain.low, gain.high), gain.seeds, case.with_remedy(candidate.remedy).command()
        )
        evidence = {**candidate.evidence, "side_run_length": proved.share}
        findings.append(Finding(candidate.fault.code, candidate.fault.cause, SICK, evidence, candidate.remedy, proof))
    elif not counted and found.far_behind:
        ranked = [candidates[place] for place in sorted(race.tried)] or candidates
        weak = {one.fault.code: one for one in reversed(ranked)}
        findings += without_cure
        findings += [
            Finding(one.fault.code, one.fault.cause, WEAK, one.evidence, one.remedy) for one in reversed(weak.values())
        ][: MOST_WEAK - len(without_cure)]
    tried = {candidates[place].fault.code for place in race.tried}
    untried = {one.fault.code for one in candidates} - tried - {one.code for one in findings}
    return Diagnosis(
        tuple(ranked_findings(findings)),
        tuple(code for code in FAULTS if code in untried),
        runs.spent,
        {"network": found.base.score, **found.references},
        found.far_behind,
    )


def suspect(found: Measures) -> Finding | None:
    """The most likely cause for a training that was made, from what is known without a side run; None if it is well."""
    if not found.far_behind:
        return None
    faults = (fault for code, fault in FAULTS.items() if code not in NOT_SUSPECTED)
    for fault, evidence in symptoms(found, faults):
        remedies = fault.remedies(found)
        finding = Finding(fault.code, fault.cause, SUSPECTED, evidence, remedies[0] if remedies else {})
        return ranked_findings([finding])[0]
    return None


def symptoms(found: Measures, faults: Iterable[Fault[Measures]]) -> Iterable[tuple[Fault[Measures], Evidence]]:
    """The faults whose symptoms are there, with the evidence."""
    for fault in faults:
        evidence = fault.symptom(found)
        if evidence is not None:
            yield fault, evidence
