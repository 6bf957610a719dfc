"""A diagnosis in words, as labelled lines."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from wxb.doctor.doing import Doing
from wxb.doctor.finding import BY_HEART, HANDFUL, SICK, Diagnosis, Doubling, Finding, Proof
from wxb.settings import SETTINGS
from wxb.settings.spelling import as_option
from wxb.tasks.measure import Measure
from wxb.text import plural, rounded

HEALTHY = "healthy"
SHOWN = 10  # examples that a line names


def lines(
    diagnosis: Diagnosis,
    measure: Measure,
    budget: float,
    doubled: Sequence[Doubling] = (),
    left_out: Mapping[str, str] | None = None,
) -> list[tuple[str, str]]:
    """A diagnosis as lines (label, text); a healthy training has one, and those of what was doubled or left out."""
    left_out = left_out or {}
    shown: list[tuple[str, str]] = []
    if diagnosis.healthy and not diagnosis.findings:
        shown.append(("doctor", HEALTHY))
        if not doubled and not left_out:
            return shown
    elif not diagnosis.findings:
        references = {name: score for name, score in diagnosis.scores.items() if name != "network"}
        best = max(references, key=lambda name: references[name])
        own, other = measure.text(diagnosis.scores["network"]), measure.text(references[best])
        shown.append(("doctor", f"no cause found: {own} on validation, where {best} has {other}"))
    for finding in diagnosis.findings:
        shown += finding_lines(finding, measure)
    if diagnosis.handful is not None:
        shown.append(("handful", handful_text(diagnosis.handful, measure)))
    if diagnosis.untried:
        what = f"{', '.join(diagnosis.untried)}: side runs would exceed {budget:g} trainings"
        shown.append(("not tried", what))
    shown += doubling_lines(doubled, measure)
    shown += left_out_lines(left_out)
    shown.append(("side runs", f"took as much as {diagnosis.cost:.1f} trainings"))
    return shown


def suspected_line(finding: Finding | None, far_behind: bool, run: str) -> tuple[str, str]:
    """The one line at the end of a training; `run` is its folder as a shell reads it."""
    if finding is None and far_behind:
        return "doctor", f"no cause seen, but the training is far behind a baseline: wxb doctor {run} looks further"
    if finding is None:
        return "doctor", HEALTHY
    return "doctor", (
        f"suspected: {finding.cause} ({finding.code}): {numbers(finding.evidence)}; proof: wxb doctor {run}"
    )


def finding_lines(finding: Finding, measure: Measure) -> list[tuple[str, str]]:
    """One finding: the cause, its evidence, the remedy and its proof."""
    verdict = "sick" if finding.severity == SICK else "weak, no remedy is proved"
    shown = [("doctor", f"{verdict}: {finding.cause} ({finding.code})"), ("evidence", numbers(finding.evidence))]
    if finding.remedy:
        shown.append(("remedy", remedy_text(finding.remedy)))
    if finding.examples:
        shown.append(("doubted", examples_text(finding.examples)))
    proof = finding.proof
    if proof is not None:
        gain = measure.difference_text(proof.after - proof.before, proof.interval)
        shown.append(
            ("proof", f"{measure.text(proof.before)} → {measure.text(proof.after)}, {gain}, {side_runs(proof)}")
        )
        first = "once the data are changed: " if "data" in finding.remedy else ""
        shown.append(("train", first + proof.command))
    return shown


def doing_text(doing: Doing) -> str:
    """What is done at the moment: "tries --learning-rate 0.03 for T1, 10 % of the length, step 20 of 60"."""
    if not doing.share:
        return f"looks for {doing.code}: {doing.cause}"
    what = f"tries {doing.remedy}{f' for {doing.code}' * bool(doing.code)}" if doing.remedy else "trains it as it is"
    share = f", {100 * doing.share:.0f} % of the length" if doing.share < 1 else ""
    return f"{what}{share}, step {doing.step} of {doing.steps}"


def handful_text(score: float, measure: Measure) -> str:
    """Whether 32 examples are learned by heart, and where to look then."""
    if score >= BY_HEART:
        where = "network, loss and start can learn; look at the data, the length, and what regularizes"
    else:
        where = "not by heart; look at the network, its loss, its start, and the learning rate"
    return f"{HANDFUL} training examples, learned alone: {measure.text(score)}: {where}"


def side_runs(proof: Proof) -> str:
    """The side runs of a proof: "3 pairs of side runs", "3 side runs of 25 % of the length against the training"."""
    if proof.share == 1:
        return f"{plural(proof.seeds, 'pair')} of side runs"
    return f"{plural(proof.seeds, 'side run')} of {100 * proof.share:.0f} % of the length against the training"


def doubling_lines(found: Sequence[Doubling], measure: Measure) -> list[tuple[str, str]]:
    """What twice as much would gain, a line each."""
    shown = []
    for one in found:
        amounts = [
            f"{rounded(amount)}: {measure.text(score)}" for amount, score in zip(one.amounts, one.scores, strict=True)
        ]
        gain = measure.difference_text(one.gain, one.interval)
        verdict = "pays" if one.pays else "does not surely pay"
        shown.append(
            (
                one.of,
                f"twice as much {verdict}: {gain} expected ({', '.join(amounts)})",
            )
        )
    return shown


def left_out_lines(left_out: Mapping[str, str]) -> list[tuple[str, str]]:
    """What twice as much of would gain is not told, and why, a line each."""
    return [(name, f"what twice as much would gain is not told: {why}") for name, why in left_out.items()]


def examples_text(examples: Sequence[str]) -> str:
    """The first examples that a remedy is about: "row 3, row 17, … and 7 more, which the JSON names"."""
    more = len(examples) - SHOWN
    return ", ".join(examples[:SHOWN]) + (f" … and {more:,} more, which the JSON names" if more > 0 else "")


def numbers(evidence: Mapping[str, float]) -> str:
    """Evidence for people: "learning rate 30, usual rate 0.003"."""
    return ", ".join(f"{name.replace('_', ' ')} {rounded(value)}" for name, value in evidence.items())


def remedy_text(remedy: Mapping[str, Any]) -> str:
    """A remedy as options of `wxb train`, a network as its line, anything else in its words."""
    words = []
    for name, value in remedy.items():
        if name == "network":
            words.append(f"the network {shlex.quote(value)}")
        else:
            words.append(option(name, value) if name in SETTINGS else str(value))
    return " ".join(words)


def option(name: str, value: object) -> str:
    """A setting as a command line has it, quoted for a shell: "--learning-rate 0.003", "--no-shuffle"."""
    if isinstance(value, bool):
        return as_option(name, str(value))
    text = ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    return f"{as_option(name)} {shlex.quote(text)}"
