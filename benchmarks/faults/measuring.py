"""Measures one training: how good it and its twin are, which single changes mend it, and what the doctor says."""

from __future__ import annotations

import statistics
import time
from functools import cache
from typing import Any

import torch
from msgspec import structs

from benchmarks.faults.bases import FIRST_SEED, base
from benchmarks.faults.plain import Plain
from benchmarks.faults.program import Program
from benchmarks.faults.remedies import changes
from benchmarks.faults.roster import Case
from benchmarks.faults.stored import Row
from wxb.doctor import diagnose as diagnosing
from wxb.doctor.checks import FAULTS
from wxb.doctor.examination import examine
from wxb.doctor.finding import Diagnosis
from wxb.doctor.measures import Measures
from wxb.doctor.mending import mended
from wxb.doctor.side import SideRuns
from wxb.doctor.trained import Follower
from wxb.errors import WxbError
from wxb.tasks import TASKS
from wxb.trials.baselines import baselines
from wxb.trials.trial import Trial

SEEDS = 3
STRONG = {"classification": 0.05, "regression": 0.1, "multilabel": 0.05}  # the gap to the twin
CLOSED = 0.8  # share of the gap that a remedy closes
PROMISING = 0.6  # with the first seed: below it the second one is not trained
GAIN = {"classification": 0.03, "regression": 0.03, "multilabel": 0.03}  # of a single change, that a healthy one lacks
# what a healthy training is tried with
SMALL = ("learning rate x 0.3", "learning rate x 3")  # changes that mend nothing strong
TRIED = ("learning rate x 0.3", "learning rate x 3", "epochs x 3", "weight decay", "batch size", "width x 4", "batch")


def measured(case: Case, session: int, known: Row | None = None, ask: bool = True, lean: bool = False) -> Row:
    """The row of a training; of a `known` one only what the doctor says is measured again.

    Weak faults, and what is not healthy by measurement, are not shown to the doctor, and nothing is unless `ask`. If
    `lean`, single changes of a faulty one are tried only where the doctor names another cause than what was put in.
    """
    torch.set_num_threads(1)
    program = case.program()
    row = known or _truth(case, program, session, lean)
    if not row.counts or not ask:
        return structs.replace(row, asked=not row.counts)
    seed = FIRST_SEED[case.part]
    said = _of_plain(program, seed) if isinstance(program, Plain) else _of_wxb(program, seed, bool(case.fault))
    found = {"mending": None, "mended": None, **said, "asked": True, "session": session}
    whole = found.pop("whole")
    for name in ("ratio", "mending"):
        if found[name] is not None:
            found[name] = round(found[name] / whole, 3)
    found["whole"] = round(whole / row.seconds, 3)
    row = structs.replace(row, **found)
    named = {code for code, _ in row.findings[:3]}
    if row.tried or not row.fault or not row.findings or row.findings[0][0] == row.fault:
        return row
    closed, acceptable = _closing(program, row, [seed, seed + 1], named)
    return structs.replace(row, changes=closed, acceptable=sorted({row.fault, *acceptable}))


def _truth(case: Case, program: Program | Plain, session: int, lean: bool) -> Row:
    """How good a training and its twin are, and which single changes mend it, or better a healthy one."""
    seeds = [FIRST_SEED[case.part] + number for number in range(SEEDS)]
    found = [program.score(seed) for seed in seeds]
    scores = [score for score, _ in found]
    least = STRONG if case.fault else GAIN
    row = Row(
        case.part, case.form, case.name, case.fault, _short(scores), [], least[program.data.task],
        round(statistics.median(seconds for _, seconds in found), 4), session=session,
    )  # fmt: skip
    if not case.fault:
        gains = _gains(program, scores, seeds)
        best = max([0.0, *gains.values()]) + statistics.fmean(scores)
        return structs.replace(row, twin=_short([best]), changes=gains)
    if isinstance(program, Program) and program.leaky:
        twin = [program.claimed(seed) for seed in seeds]
    elif isinstance(program, Program) and program.balanced:
        twin = [_balanced_twin(program).score(seed)[0] for seed in seeds]
    else:
        twin = list(_twin(case))
    row = structs.replace(row, twin=_short(twin))
    if not row.counts:
        return row
    if lean:
        return structs.replace(row, acceptable=[case.fault], tried=False)
    closed, acceptable = _closing(program, row, seeds)
    return structs.replace(row, changes=closed, acceptable=sorted({case.fault, *acceptable}))


def _short(values: list[float]) -> list[float]:
    return [round(value, 5) for value in values]


@cache
def _of_base(part: str, form: str, name: str) -> tuple[float, ...]:
    program = base(part, form, name)
    return tuple(_short([program.score(FIRST_SEED[part] + number)[0] for number in range(SEEDS)]))


def _twin(case: Case) -> tuple[float, ...]:
    return _of_base(case.part, case.form, case.base)


def _balanced_twin(program: Program) -> Program:
    """A rare class is mended by weights: nothing else is healthy about the data."""
    return Program(
        program.data, program.network, {**program.options, "class_weight": "balanced"}, program.honest, balanced=True
    )


def _closing(
    program: Program | Plain, row: Row, seeds: list[int], named: set[str] | None = None
) -> tuple[dict[str, float], set[str]]:
    """The share of the gap that each single change closes, and the codes of those that close 80 % of it.

    `named` tries only changes that these codes name.
    """
    closed: dict[str, float] = {}
    acceptable: set[str] = set()
    before, gap = statistics.fmean(row.scores), row.gap
    for name, codes, changed in changes(program):
        if name in SMALL or (named is not None and not named & set(codes)):
            continue
        try:
            share = (changed.score(seeds[0])[0] - before) / gap
            if share >= PROMISING:
                share = (share + (changed.score(seeds[1])[0] - before) / gap) / 2
        except (WxbError, RuntimeError, ValueError):
            continue
        closed[name] = round(share, 3)
        if share >= CLOSED:
            acceptable |= set(codes)
    return closed, acceptable


def _gains(program: Program | Plain, scores: list[float], seeds: list[int]) -> dict[str, float]:
    """What single changes gain, of those that a healthy training must not need."""
    gains: dict[str, float] = {}
    for name, _, changed in changes(program):
        if name not in TRIED:
            continue
        gain = changed.score(seeds[0])[0] - scores[0]
        if gain >= GAIN[program.data.task]:
            gain = statistics.fmean(changed.score(seed)[0] for seed in seeds) - statistics.fmean(scores)
        gains[name] = round(gain, 5)
    return gains


def _of_wxb(program: Program, seed: int, fix: bool) -> dict[str, Any]:
    case = program.case
    began = time.process_time()
    found = diagnosing.diagnose(case)
    said = _said(found, time.process_time() - began)
    runs = SideRuns(case, 1.0)
    measures = Measures(case, runs)
    said["symptoms"] = [fault.code for fault, _ in diagnosing.symptoms(measures, FAULTS.values())]
    began = time.process_time()
    said["suspected"] = _line(program, seed)
    said["whole"] = time.process_time() - began
    if fix:
        began = time.process_time()
        better, taken = mended(case)
        said["mending"] = time.process_time() - began
        if taken:
            changed = Program(better.data, better.network, better.options, program.honest, program.balanced)
            said["mended"] = round(changed.score(seed)[0], 5)
    return said


def _line(program: Program, seed: int) -> str:
    """The code that the line at the end of a training suspects; made as `wxb train` does, without its report."""
    trial = Trial(program.data, program.network, **{**program.options, "seed": seed})
    follower = Follower(trial)
    for record in trial:
        follower.follow(record)
    scores = {name: one.score for name, one in baselines(program.data, seed=seed).items()}
    follower.look(scores)
    assert not follower.remarks, follower.remarks
    return "" if follower.finding is None else follower.finding.code


def _of_plain(program: Plain, seed: int) -> dict[str, Any]:
    model, loss_fn, loader, optimizer = program.parts(seed)
    model.train(program.mode == "train")
    began = time.process_time()
    found = examine(model, loss_fn, loader, optimizer)
    said = _said(found, time.process_time() - began)
    began = time.process_time()
    model, watching = program.trained(seed, watched=True)
    program.score_of(model)
    said["whole"] = time.process_time() - began
    assert watching is not None
    codes = [one.code for one in watching.findings]
    said["suspected"] = codes[0] if codes else ""
    said["symptoms"] = codes
    if found.healthy and codes:  # the loop shows what could not be seen before it
        said["findings"] = [(code, "suspected") for code in codes]
        said["healthy"] = False
    return said


def _said(found: Diagnosis, seconds: float) -> dict[str, Any]:
    return {
        "findings": [(one.code, one.severity) for one in found.findings],
        "healthy": found.healthy,
        "cost": round(found.cost, 3),
        "ratio": seconds,
    }


def measure_of(program: Program | Plain) -> str:
    """The measure of the scores."""
    return TASKS[program.data.task].measure.title
