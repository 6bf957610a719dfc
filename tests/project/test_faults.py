"""The benchmark of the doctor: its parts are apart, a row is kept, and figures are counted as they are said to be."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from benchmarks import pages, results
from benchmarks.faults import __main__ as command
from benchmarks.faults import bases, healthy, page, real, stored, summary
from benchmarks.faults.measuring import measured
from benchmarks.faults.plain import Plain
from benchmarks.faults.remedies import changes
from benchmarks.faults.roster import FORMS, PARTS, cases
from benchmarks.faults.stored import Row
from wxb.doctor.checks import FAULTS

FAULTY = Row("final", "wxb", "T1 digits: rate", "T1", [0.1], [0.9], 0.05, 1.0, ["T1"], {"learning rate x 0.1": 1.0})
WELL = Row("final", "wxb", "healthy digits", "", [0.9], [0.91], 0.03, 1.0)


def row(of=FAULTY, **changed):
    return structs.replace(of, **changed)


def test_there_are_as_many_trainings_as_the_figures_need():
    counts = {
        (part, sick): sum(bool(one.fault) == sick for form in FORMS for one in cases(part, form))
        for part in PARTS
        for sick in (True, False)
    }
    assert sum(counts[part, True] for part in PARTS) >= 120
    assert sum(counts[part, False] for part in PARTS) >= 150
    assert counts["final", True] >= 60
    assert counts["final", False] >= 100


def test_the_parts_share_no_training_and_no_seed():
    assert bases.FIRST_SEED["final"] >= 9_000 > 999 >= bases.FIRST_SEED["tuning"] + 3
    for of in (bases.WXB, bases.PLAIN):
        assert not {str(one) for one in of["tuning"].values()} & {str(one) for one in of["final"].values()}
    for form in FORMS:
        strengths = [
            {(one.kind, one.strength) for one in cases(part, form) if isinstance(one.strength, float)} for part in PARTS
        ]
        assert not (strengths[0] & strengths[1]) - {("labels shuffled", 1.0)}  # all labels are shuffled in both
    codes = [{one.fault for form in FORMS for one in cases(part, form)} for part in PARTS]
    assert codes[1] - codes[0] >= {"D8", "D10", "D14", "N5", "N11", "T15", "T19"}


@pytest.mark.parametrize("part", PARTS)
def test_every_training_can_be_made_and_is_not_its_twin(part):
    for form in FORMS:
        for case in cases(part, form):
            program, twin = case.program(), case.twin()
            if form == "wxb":
                assert program.case.plan.parameters > 0, case.name
            if case.kind != healthy.as_it_is.__name__.replace("_", " "):
                same = all(
                    value is getattr(twin, name) or np.array_equal(value, getattr(twin, name))
                    for name, value in vars(program).items()
                )
                assert not same, case.name
            assert case.fault in ("", "D9", "D13", "N7", "T3", "T9", "T10", "T16", "T17", "T18") or case.fault in FAULTS


def test_a_training_becomes_a_row_that_is_kept(tmp_path):
    words = ["--only", "tuning-plain", "--named", "T2 cancer: rate {'rate': 1e-06}", "--out", str(tmp_path)]
    assert command.main(words) == 0
    file = stored.path(tmp_path, "tuning", "plain")
    (found,) = stored.rows(stored.read(file))
    assert found.counts
    assert "T2" in found.acceptable
    assert found.findings[0] == ("T2", "sick")
    before = file.read_text()
    assert command.main(words) == 0
    assert file.read_text() == before


def test_a_known_row_keeps_its_truth():
    case = next(one for one in cases("tuning", "plain") if one.name == "T2 cancer: rate {'rate': 1e-06}")
    known = row(name=case.name, fault="T2", acceptable=["T2"], scores=[0.4], seconds=0.5)
    found = measured(case, 1, known)
    assert (found.scores, found.acceptable, found.session) == ([0.4], ["T2"], 1)
    assert found.findings


def test_changes_are_single_and_change_something():
    for form in FORMS:
        program = bases.base("tuning", form, "ring")
        names = [name for name, _, _ in changes(program)]
        assert len(set(names)) == len(names) > 8
        for _, _, changed in changes(program):
            differing = [name for name, value in vars(changed).items() if value is not getattr(program, name)]
            assert len(differing) == 1


def test_figures_count_what_they_say():
    rows = [
        row(findings=[("T1", "sick")], healthy=False, mended=0.89),
        row(findings=[("N9", "weak"), ("T1", "weak")], healthy=False, mended=0.5),
        row(findings=[], healthy=True),
        row(scores=[0.88], findings=[], healthy=True),  # weak: it counts for nothing
        row(WELL),
        row(WELL, healthy=False, findings=[("T6", "sick")], suspected="T6"),
        row(WELL, twin=[0.99], healthy=False, findings=[("T6", "sick")]),  # not healthy by measurement
    ]
    strong = summary.strong(rows)
    assert (len(strong), len(summary.healthy(rows))) == (3, 2)
    assert summary.flagged(strong).hits == 2
    assert [summary.right(strong, summary.codes, first).hits for first in (1, 3)] == [1, 2]
    assert (summary.precision(rows).hits, summary.precision(rows).of) == (1, 3)
    assert (summary.fixed(strong).hits, summary.fixed(strong).of) == (1, 3)
    assert summary.random_search([row(changes={"a": 1.0, "b": 0.0, "c": 0.1, "d": 0.2})]).hits == pytest.approx(0.75)
    cells = {line[0]: line[2] for line in page.figures({"final": rows})}
    assert cells["strong faults flagged"].startswith("2 of 3: 66.7 % [")
    assert cells["healthy ones blamed"].startswith("1 of 2: ")
    assert [line[0] for line in page.wrong({"final": rows})[1:]] == [
        "wxb: T1 digits: rate", "wxb: T1 digits: rate", "wxb: healthy digits",
    ]  # fmt: skip


def test_loops_of_plain_pytorch_learn():
    score, seconds = bases.base("tuning", "plain", "cancer").score(0)
    assert score > 0.9
    assert seconds > 0
    flawed = Plain(bases.base("tuning", "plain", "cancer").data, inputs="flaws", epochs=1)
    assert any(bool(x.isnan().any()) for x, _ in flawed.loader(0))


def test_the_page_is_made_of_the_results():
    text = (pages.DOCS / "doctor-measured.md").read_text()
    assert pages.filled(text, pages.read()) == text
    assert results.path("faults", "x").parent.name == "faults"


def test_programs_of_other_people_can_be_made_and_have_names_of_their_own():
    names = [one.name for one in real.QUESTIONS]
    assert len(names) == len(set(names)) >= 20
    for question in real.QUESTIONS:
        program = question.made()
        x, y = program.loader[0]
        assert len(x) == len(y) > 0, question.name
        assert any(one.requires_grad for one in program.model.parameters()), question.name


def test_a_program_of_other_people_is_asked_before_and_around_its_loop():
    (question,) = [one for one in real.QUESTIONS if "60335387" in one.name]
    said = real.asked(question)
    assert (said["examined"], said["watched"], said["broken"]) == ([], ["P5"], None)
