"""The diagnosis of a case: what is counted first, then symptoms, then side runs that prove."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wxb.doctor.case import Case
from wxb.doctor.checks import FAULTS
from wxb.doctor.fault import Evidence, Fault, Remedy
from wxb.doctor.finding import SICK, SUSPECTED, WEAK, Diagnosis, Finding, Proof, Severity, examples_of, ranked_findings
from wxb.doctor.handful import handful
from wxb.doctor.measures import FAR_BEHIND, Measures
from wxb.doctor.proof import SHORT, Candidate, Proved, Race
from wxb.doctor.questions import answer
from wxb.doctor.side import SideRuns

BUDGET = 3.0  # trainings
MOST_WEAK = 3  # findings without a proof
# what is not suspected without a side run: it takes time to measure, is said elsewhere, or is no fault by itself
NOT_SUSPECTED = ("D2", "D5", "D6", "D8", "D12", "T6", "N10")


def diagnose(case: Case, budget: float = BUDGET, runs: SideRuns | None = None, alone: bool = True) -> Diagnosis:
    """Examine a case by side runs that together cost at most about `budget` trainings.

    Where a proved remedy leaves the training far behind a baseline, the training with it is examined again, for as long
    as the budget allows. The test part of the data is never used. `runs` keeps what was run for more questions.
    Where no cause of a training far behind is proved, 32 examples are learned alone, unless `alone` is False.
    """
    runs = first_runs = runs or SideRuns(case, budget)
    found = Measures(case, runs)
    first = _round(found)
    findings, untried, last, spent = list(first.findings), dict.fromkeys(first.untried), first, runs.spent
    while last.proved is not None and last.proved.gain.after < found.best_reference - FAR_BEHIND:
        runs = runs.following(last.proved.candidate.remedy)
        if not runs.affords(runs.cost({}, 1.0) or 0.0):
            break
        last = _round(Measures(runs.case, runs))
        findings += [one for one in last.findings if one.severity == SICK]
        untried |= dict.fromkeys(last.untried)
        spent = runs.spent
    named = {one.code for one in findings}
    unproved = found.far_behind and not any(one.severity == SICK for one in findings)
    learned = handful(case, first_runs) if unproved and alone else None
    return Diagnosis(
        tuple(ranked_findings(findings)),
        tuple(code for code in FAULTS if code in untried and code not in named),
        max(spent, first_runs.spent),
        {"network": found.base.score, **found.references},
        found.far_behind,
        learned,
        found.base.train,
        answer(found),
    )


@dataclass(frozen=True)
class Round:
    """What was found of one training: as it is, or with the remedies that are proved so far."""

    findings: list[Finding]
    untried: list[str]
    proved: Proved | None


def _round(found: Measures) -> Round:
    """What is counted, else what side runs prove, else the likely causes of a training that is far behind."""
    counted: list[Finding] = []
    candidates: list[Candidate] = []
    without_cure: list[Finding] = []
    for fault, symptom in symptoms(found, found.runs.looked_for(FAULTS.values())):
        remedies, evidence = fault.remedies(found), symptom
        ends = fault.counted(evidence) and not fault.flatters  # what the rest would show is spoiled
        if (ends or fault.curve is not None) and candidates and not found.runs.brief:  # but for what comes before
            proved = Race(found, candidates).winner(SHORT)
            if proved is not None:
                return Round([*counted, _proved_finding(found.case, proved)], [], proved)
        if fault.curve is not None:
            found.runs.about = fault
            further = fault.curve(found, evidence)
            if further is None:
                continue
            evidence = further
        if fault.counted(evidence):
            counted.append(_finding(fault, SICK, evidence, remedies))
            if not fault.flatters:
                return Round(counted, [], None)
        elif fault.mends:
            candidates += [Candidate(fault, evidence, remedy) for remedy in remedies]
        else:
            without_cure.append(_finding(fault, WEAK, evidence, remedies))
    race = Race(found, candidates)
    candidates = race.candidates
    proved = race.winner()
    findings = list(counted)
    if proved is not None:
        findings.append(_proved_finding(found.case, proved))
    elif not counted and found.far_behind:
        untold = [place for place in range(len(candidates)) if place not in race.tried]
        ranked = [candidates[place] for place in (*sorted(race.tried), *untold)]
        ranked = [one for one in ranked if one.fault.likely(one.evidence)]
        weak = {one.fault.code: _finding(one.fault, WEAK, one.evidence, [one.remedy]) for one in reversed(ranked)}
        places = {code: place for place, code in enumerate(FAULTS)}
        kept = list(reversed(weak.values()))[: MOST_WEAK - len(without_cure)]
        findings += sorted([*without_cure, *kept], key=lambda one: places[one.code])
    tried = {candidates[place].fault.code for place in race.tried}
    untried = {one.fault.code for one in candidates} - tried - {one.code for one in findings}
    return Round(findings, sorted(untried), proved)


def _finding(fault: Fault[Measures], severity: Severity, evidence: Evidence, remedies: Sequence[Remedy]) -> Finding:
    remedy = remedies[0] if remedies else {}
    return Finding(fault.code, fault.cause, severity, evidence, remedy, examples=examples_of(remedy))


def _proved_finding(case: Case, proved: Proved) -> Finding:
    candidate, gain = proved.candidate, proved.gain
    command = case.with_remedy(candidate.remedy).command()
    proof = Proof(gain.before, gain.after, gain.interval, gain.seeds, command, proved.share)
    fault, remedy = candidate.fault, candidate.remedy
    return Finding(fault.code, fault.cause, SICK, candidate.evidence, remedy, proof, examples=examples_of(remedy))


def suspect(found: Measures) -> Finding | None:
    """The most likely cause for a training that was made, from what is known without a side run; None if it is well."""
    if not found.far_behind:
        return None
    faults = (fault for code, fault in FAULTS.items() if code not in NOT_SUSPECTED)
    for fault, evidence in symptoms(found, faults):
        if fault.likely(evidence):
            return ranked_findings([_finding(fault, SUSPECTED, evidence, fault.remedies(found))])[0]
    return None


def symptoms(found: Measures, faults: Iterable[Fault[Measures]]) -> Iterable[tuple[Fault[Measures], Evidence]]:
    """The faults whose symptoms are there, with the evidence."""
    for fault in faults:
        evidence = fault.symptom(found)
        if evidence is not None:
            yield fault, evidence
