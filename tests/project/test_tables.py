"""The comparison on real tables: the same folds for all, results that continue, and the arithmetic of the page."""

from __future__ import annotations

import ast
import copy
import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import wxb
from benchmarks import pages, results
from benchmarks.peers import roster as peers
from benchmarks.tables import __main__ as command
from benchmarks.tables import content, measures, page, roster, running, stored, summary
from benchmarks.tables.roster import FOLDS, HALVES, METHODS, SCRIPTS, TABLES, Table
from benchmarks.tables.stored import Fold
from wxb.learning.inference import logits

MACHINE = {
    "processor": "Example 9000", "cores": 2, "memory_gib": 8.0, "gpu": None, "system": "Linux x86_64",
    "python": "3.11.7", "torch": "2.13.0", "numpy": "2.4.6", "wxb": "0.1.0", "commit": "abc1234",
}  # fmt: skip
SESSION = {
    "command": "python -m benchmarks.tables linear", "date": "2026-01-31", "note": "", "machine": MACHINE,
    "threads": 2, "versions": {"scikit-learn": "1.9.1"},
}  # fmt: skip


def a_fold(table: str = "iris", number: int = 0, seed: int = 0, **more: Any) -> Fold:
    given = {"rows": f"{number:08x}", "train": 80, "test": 20, "seconds": 1.0, "alone": False, "session": 0}
    return Fold(table, seed, number, **{"measures": {"accuracy": 0.9}, **given, **more})


def of(measure: str, values: list[float], table: str = "iris", seed: int = 0, **more: Any) -> list[Fold]:
    return [a_fold(table, number, seed, measures={measure: value}, **more) for number, value in enumerate(values)]


def result(method: str, folds: list[Fold]) -> results.Result:
    return {"method": method, "sessions": [SESSION], "rows": msgspec.to_builtins(folds)}


# --- the roster -------------------------------------------------------------------------------------------------------


def test_every_table_is_in_one_half_and_every_other_one_of_a_task_in_each():
    assert sorted(HALVES["choosing"] + HALVES["final"]) == sorted(TABLES)
    assert {half: len(names) for half, names in HALVES.items()} == {"choosing": 12, "final": 11}
    for tables in roster.TASKS.values():
        names = [table.name for table in tables]
        assert names == sorted(names)
        assert [name in HALVES["choosing"] for name in names] == [place % 2 == 0 for place in range(len(names))]


def test_tables_of_the_same_rows_are_in_the_same_half():
    halves: dict[str, set[str]] = {}
    for name, table in TABLES.items():
        halves.setdefault(table.file or table.maker, set()).add(page.half(name))
    assert {source for source, its in halves.items() if len(its) > 1} == set()


def test_tables_are_chosen_by_name_or_by_half():
    assert [table.name for table in roster.chosen(["mpg", "adult"])] == ["adult", "mpg"]
    assert tuple(table.name for table in roster.chosen(["final"])) == HALVES["final"]
    assert len(roster.chosen(None)) == len(TABLES)


@pytest.mark.parametrize("name", METHODS)
def test_a_script_names_the_page_that_it_follows(name):
    text = ast.get_docstring(ast.parse((SCRIPTS / METHODS[name].script).read_text()))
    assert text
    assert METHODS[name].source in text


def test_versions_of_the_other_methods_are_pinned():
    lines = (peers.SCRIPTS.parent / "requirements-tables.txt").read_text().splitlines()
    assert all(re.fullmatch(r"[a-z-]+==[0-9.]+", line) for line in lines)
    asked = {package for its in METHODS.values() if its.environment == "tables" for package in its.packages}
    assert asked | {"scikit-learn"} == {line.partition("==")[0] for line in lines}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_read_with_its_task(name, real_data, monkeypatch):
    monkeypatch.setenv("WXB_DATA", str(real_data))
    try:
        data = content.load(TABLES[name])
    except FileNotFoundError as missing:
        pytest.skip(f"no real data: {missing}")
    assert data.task == roster.TASK_OF[name]
    assert data.name == name
    its = content.columns(data)
    assert its.numbers.shape[1] + its.categories.shape[1] >= len(data.columns.held)
    assert np.isfinite(content.targets(data)).all()


# --- a made-up table --------------------------------------------------------------------------------------------------


@pytest.fixture
def made(tmp_path, monkeypatch) -> Path:
    """A table of 60 rows takes the place of the roster's; the folder that results go to."""
    generator = np.random.default_rng(0)
    lines = ["id,x,color,y"]
    for number in range(60):
        x, color = generator.normal(), "red" if number % 3 else "blue"
        lines.append(f"row {number},{'' if number % 10 == 9 else f'{x:.3f}'},{color},{'yes' if x > 0 else 'no'}")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "made.csv").write_text("\n".join(lines) + "\n")
    table = Table("made", "y", "made.csv")
    monkeypatch.setenv("WXB_DATA", str(tmp_path))
    monkeypatch.setitem(roster.TASK_OF, "made", "classification")
    monkeypatch.setattr(command, "chosen", lambda only: [table])
    monkeypatch.setattr(results.machine, "describe", lambda: MACHINE)
    return tmp_path / "results"


def told(folder: Path, method: str) -> list[Fold]:
    return stored.folds(stored.read(stored.path(folder, method), method))


def test_all_methods_get_the_same_folds_and_every_row_is_tested_once(made, capsys):
    variant = "wxb:SOFTMAX|epochs=2"
    words = ["linear", "histgb", variant, "--seeds", "1", "--out", str(made)]
    assert command.main(words) == 0
    first, second, third = (told(made, name) for name in ("linear", "histgb", variant))
    assert [fold.key for fold in first] == [("made", 0, number) for number in range(FOLDS)]
    assert [fold.rows for fold in first] == [fold.rows for fold in second] == [fold.rows for fold in third]
    data = content.load(Table("made", "y", "made.csv"))
    parts = [fold.split.test for fold in content.folds(data, 0)]
    assert [fold.rows for fold in first] == [content.checksum(part) for part in parts]
    assert sorted(np.concatenate(parts)) == list(range(60))
    assert all(fold.train + fold.test == 60 for fold in first)
    assert summary.mean(first, "accuracy") > 0.8
    assert all({"accuracy", "log_loss", "ece"} <= fold.measures.keys() for fold in (*first, *second, *third))
    assert "next: python -m benchmarks.pages" in capsys.readouterr().out


def test_a_variant_is_shown_beside_the_default(made, monkeypatch, capsys):
    for method, accuracy in (("wxb", 0.8), ("wxb:SOFTMAX", 0.9)):
        results.save(result(method, of("accuracy", [accuracy] * 5)), stored.path(made, method))
    monkeypatch.setattr(command, "chosen", lambda only: [TABLES["iris"]])
    command.main(["wxb:SOFTMAX", "--seeds", "1", "--out", str(made)])
    shown = capsys.readouterr().out
    assert "| iris | final | 100 | 80.0 % | 90.0 % (+10.0 [+10.0, +10.0]) |" in shown
    assert "| wxb:SOFTMAX | accuracy | 0 of 1 | 0 | 1 | 0 of 1 | 0 | 1 |" in shown


def test_a_measurement_goes_on_where_it_was(made, monkeypatch):
    ran: list[int] = []

    def script(method, file, seed, python):
        if len(ran) == 3:
            raise KeyboardInterrupt
        with np.load(file) as held:
            rows = len(held["test_numbers"])
        ran.append(rows)
        return running.Answer(np.full((rows, 2), 0.5), 1.5)

    monkeypatch.setattr(running, "script", script)
    words = ["linear", "--seeds", "1", "--out", str(made)]
    with pytest.raises(KeyboardInterrupt):
        command.main(words)
    before = told(made, "linear")
    assert [fold.fold for fold in before] == [0, 1, 2]
    monkeypatch.setattr(running, "script", lambda *given: script(*given) if ran.clear() is None else None)
    assert command.main([*words, "--alone"]) == 0
    after = told(made, "linear")
    assert [fold.fold for fold in after] == [0, 1, 2, 3, 4]
    assert after[:3] == before
    assert [fold.alone for fold in after] == [False] * 3 + [True] * 2
    assert len(json.loads(stored.path(made, "linear").read_text())["sessions"]) == 1, "the same command and machine"
    command.main([*words, "--again", "--alone"])
    assert [fold.alone for fold in told(made, "linear")] == [True] * 5


def test_a_method_that_fails_leaves_no_row_and_is_told(made, monkeypatch, capsys):
    def script(*_):
        raise running.Failed("RuntimeError: no operator")

    monkeypatch.setattr(running, "script", script)
    assert command.main(["linear", "--seeds", "1", "--out", str(made)]) == 1
    assert capsys.readouterr().err.count("linear failed on made: RuntimeError: no operator") == 1
    assert not stored.path(made, "linear").exists()


def test_a_table_whose_file_is_absent_is_left_out_with_a_message(made, monkeypatch, capsys):
    monkeypatch.setattr(command, "chosen", lambda only: [TABLES["adult"]])
    assert command.main(["linear", "--out", str(made)]) == 0
    assert "adult is left out: no " in capsys.readouterr().err


def test_columns_keep_gaps_and_dates_have_their_parts(tmp_path):
    file = tmp_path / "t.csv"
    lines = ["day,size,color,y"]
    for day in range(1, 31):
        size, color = "" if day == 5 else f"{day * 1.5}", "" if day == 6 else "red" if day % 2 else "blue"
        lines.append(f"2024-01-{day:02},{size},{color},{day % 3}")
    file.write_text("\n".join(lines))
    its = content.columns(wxb.load_data(file, target="y", task="classification"))
    assert its.numbers.shape == (30, 6)  # day, year, month, weekday, hour, size
    assert its.numbers[0, 1:4].tolist() == [2024, 1, 0]  # a Monday
    assert np.flatnonzero(np.isnan(its.numbers[:, 5])).tolist() == [4]
    assert its.sizes == (2,)
    assert its.categories[:7, 0].tolist() == [1, 0, 1, 0, 1, -1, 1]


# --- methods ----------------------------------------------------------------------------------------------------------


def test_a_variant_of_wxb_names_its_network_and_settings():
    assert running.arguments("wxb") == {"network": None}
    asked = running.arguments("wxb:FC-8-DROP(0.2), SOFTMAX|epochs=30,learning_rate=0.01,shuffle=false")
    assert asked == {
        "network": "FC-8-DROP(0.2), SOFTMAX", "epochs": 30, "learning_rate": 0.01, "shuffle": False,
    }  # fmt: skip
    with pytest.raises(wxb.WxbError, match="epochs"):
        running.arguments("wxb:|epoch=30")
    with pytest.raises(wxb.WxbError, match="epochs"):
        running.arguments("wxb:|epochs=many")


def test_a_word_that_is_no_method_is_refused(made):
    with pytest.raises(SystemExit, match="no method forest"):
        command.main(["forest", "--out", str(made)])


def test_an_environment_that_is_not_there_is_asked_for(tmp_path):
    with pytest.raises(SystemExit, match=r"make it: benchmarks/peers/environment\.sh .* tables"):
        running.python_of("tables", tmp_path)


@pytest.mark.parametrize("name", ["linear", "histgb"])
def test_a_script_takes_gaps_unknown_categories_and_classes_that_training_lacks(tmp_path, name):
    generator = np.random.default_rng(0)
    numbers, categories = generator.normal(size=(50, 2)), generator.integers(0, 2, (50, 1))
    numbers[::7, 0] = np.nan
    of_test = {"test_numbers": numbers[:4], "test_categories": np.array([[0], [1], [2], [-1]]), "sizes": np.array([3])}
    of_train = {"train_numbers": numbers, "train_categories": categories}
    targets = np.where(numbers[:, 1] > 0, 2, 0)
    np.savez(tmp_path / "classes.npz", **of_train, **of_test, train_targets=targets, classes=3)
    np.savez(tmp_path / "numbers.npz", **of_train, **of_test, train_targets=3 * numbers[:, 1], classes=0)
    probabilities = running.script(name, tmp_path / "classes.npz", 0, sys.executable).predicted
    assert probabilities.shape == (4, 3)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert (probabilities[:, 1] == 0).all()
    assert (probabilities.argmax(axis=1) == targets[:4]).all()
    values = running.script(name, tmp_path / "numbers.npz", 0, sys.executable).predicted
    assert np.corrcoef(values, numbers[:4, 1])[0, 1] > 0.9


def test_wxb_is_asked_how_often_its_intervals_and_sets_hold_the_truth():
    for table, network in (("diabetes", "EUCLID"), ("iris", "SOFTMAX")):
        fold = content.folds(content.load(TABLES[table]), 0)[0]
        trial = wxb.Trial(fold, network, epochs=5, batch_size=16).train()
        scores = logits(trial.model, fold.examples, trial.machine, rows=fold.split.test)
        within = [  # of the same trial, each row of the test part asked for alone
            running.coverage(replace_test(trial, row), scores[place : place + 1])
            for place, row in enumerate(fold.split.test)
        ]
        assert set(within) <= {0.0, 1.0}
        assert running.coverage(trial, scores) == pytest.approx(np.mean(within))
        assert 0.7 < np.mean(within) <= 1


def test_there_is_no_coverage_where_too_few_rows_validate():
    fold = content.folds(content.load(TABLES["iris"]), 0)[0]
    few = replace(fold, split=replace(fold.split, validation=fold.split.validation[:8]))
    trial = wxb.Trial(few, "SOFTMAX", epochs=1, batch_size=16).train()
    assert running.coverage(trial, logits(trial.model, few.examples, trial.machine, rows=few.split.test)) is None


def replace_test(trial, row):
    """The trial with a single row as its test part."""
    other = copy.copy(trial)
    other.data = replace(trial.data, split=replace(trial.data.split, test=np.array([row])))
    return other


def test_a_script_that_fails_says_why(tmp_path):
    np.savez(tmp_path / "fold.npz", nothing=1)
    with pytest.raises(running.Failed, match="KeyError"):
        running.script("linear", tmp_path / "fold.npz", 0, sys.executable)


# --- measures ---------------------------------------------------------------------------------------------------------


def test_measures_of_classes_are_those_worked_out_by_hand():
    probabilities = np.array([[0.8, 0.2], [0.4, 0.6], [0.7, 0.3], [0.1, 0.9]])
    found = measures.of_classes(probabilities, np.array([0, 1, 1, 1]))
    assert found["accuracy"] == 0.75
    assert found["log_loss"] == pytest.approx(-(math.log(0.8) + math.log(0.6) + math.log(0.3) + math.log(0.9)) / 4)
    assert found["auc"] == 1.0
    # each of four rows is a bin of its own: |0.6 - 1|, |0.7 - 0|, |0.8 - 1|, |0.9 - 1|
    assert found["ece"] == pytest.approx((0.4 + 0.7 + 0.2 + 0.1) / 4)


def test_a_class_that_was_given_no_chance_costs_a_bounded_log_loss():
    found = measures.of_classes(np.array([[1.0, 0.0, 0.0]]), np.array([2]))
    assert found["log_loss"] == pytest.approx(-math.log(measures.LEAST))
    assert "auc" not in found


def test_calibration_bins_hold_the_same_number_of_rows():
    confidence = np.linspace(0.5, 1.0, 30)
    right = np.arange(30) % 2 == 0
    pairs = [abs(confidence[place : place + 2].mean() - 0.5) for place in range(0, 30, 2)]
    assert measures.calibration_error(confidence, right) == pytest.approx(np.mean(pairs))


def test_the_coverage_is_told_with_its_mean_over_the_tables():
    folds = [*of("coverage", [0.9] * 5), *of("coverage", [0.85] * 5, "wine")]
    assert page.covered({"wxb": folds}) == ["- 87.5 % on average over 2 tables, from 85.0 % to 90.0 %"]
    assert page.covered({"wxb": of("accuracy", [0.9] * 5)}) == ["- not measured yet"]
    found = page.measured("coverage", {"wxb": folds, "linear": of("accuracy", [0.9] * 5)})
    assert found == [
        ("table", "half", "rows", "wxb"), ("iris", "final", "100", "90.0 %"), ("wine", "final", "100", "85.0 %"),
    ]  # fmt: skip


def test_measures_of_numbers_are_those_worked_out_by_hand():
    found = measures.measures("regression", np.array([1.0, 2.0, 5.0]), np.array([1.0, 3.0, 5.0]))
    assert found == {"r2": pytest.approx(1 - 1 / 8, abs=1e-6), "rmse": pytest.approx(math.sqrt(1 / 3), abs=1e-6)}


# --- the summary ------------------------------------------------------------------------------------------------------


def test_the_interval_is_that_of_nadeau_and_bengio():
    its = summary.difference(of("accuracy", [0.8, 0.9]), of("accuracy", [0.9, 0.9]), "accuracy")
    # t(1) 12.7062, deviation 0.1/√2, √(1/2 + 20/80)
    half = 12.7062 * 0.1 / math.sqrt(2) * math.sqrt(0.75)
    assert (its.mean, its.low, its.high) == (
        pytest.approx(0.05), pytest.approx(0.05 - half, abs=1e-4), pytest.approx(0.05 + half, abs=1e-4),
    )  # fmt: skip


def test_only_folds_that_both_have_are_compared_and_they_must_be_the_same():
    ours, theirs = of("r2", [0.5, 0.6, 0.7]), of("r2", [0.6, 0.7])
    assert summary.difference(ours, theirs, "r2").mean == pytest.approx(0.1)
    assert summary.difference(ours, theirs[:1], "r2") is None
    assert summary.difference(ours, theirs, "accuracy") is None
    with pytest.raises(ValueError, match="iris: fold 0 of seed 0 is not the same for both methods"):
        summary.difference(of("r2", [0.5, 0.6, 0.7], rows="ffffffff"), theirs, "r2")


def test_a_seed_counts_when_all_of_its_folds_are_there():
    first, second = of("r2", [0.5] * 5, seed=0), of("r2", [0.6] * 4, seed=1)
    assert summary.whole([*second, *first]) == first


def test_wins_count_the_mean_and_the_interval_each_way():
    ours = [*of("rmse", [1.0, 1.0], "ames"), *of("rmse", [2.0, 2.0], "bike"), *of("rmse", [3.0, 3.0], "mpg")]
    theirs = [*of("rmse", [1.5, 1.5], "ames"), *of("rmse", [1.9, 1.9], "bike"), *of("rmse", [3.0, 3.2], "mpg")]
    assert summary.wins(ours, theirs, "rmse", TABLES) == summary.Wins(tables=3, at_least=2, better=1, worse=1)
    assert summary.wins(ours, theirs, "rmse", HALVES["final"]) == summary.Wins(2, 1, 1, 1)
    assert summary.wins(ours, [], "rmse", TABLES) == summary.Wins(0, 0, 0, 0)


# --- stored results ---------------------------------------------------------------------------------------------------


def broken(**changed: Any) -> str:
    its = result("linear", [a_fold()])
    its["rows"][0].update(changed)
    return json.dumps(its)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("{", "line 1"),
        (json.dumps({"method": "linear"}), "rows"),
        (json.dumps(result("histgb", [])), "it is of histgb, not of linear"),
        (json.dumps(result("linear", [a_fold(), a_fold()])), "a fold is there twice"),
        (broken(seconds="fast"), "seconds"),
        (broken(accurracy=1), "accurracy"),
        (broken(measures={"f1": 0.5}), "no such measure: f1"),
        (broken(session=1), "no session 1"),
    ],
)
def test_a_broken_result_is_refused_with_a_way_out(tmp_path, text, about):
    file = stored.path(tmp_path, "linear")
    file.write_text(text)
    with pytest.raises(SystemExit, match=rf"(?s)linear\.json is broken: .*{about}.*\nremove it"):
        stored.read(file, "linear")


def test_files_of_variants_have_names_that_every_system_takes(tmp_path):
    file = stored.path(tmp_path, "wxb:(FC-8-RELU)*2, SOFTMAX|epochs=3")
    assert file.name == "wxb--FC-8-RELU--2--SOFTMAX-epochs=3.json"
    assert command.file_of("wxb:SOFTMAX", None).parent == command.TRIED
    assert command.file_of("wxb", None).parent == command.RESULTS


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_has_a_place_for_every_list_and_measure_and_holds_the_results():
    text = (pages.DOCS / "tables.md").read_text()
    places = [place["name"] for place in pages.PLACE.finditer(text)]
    assert sorted(places) == sorted([*page.LISTS, *measures.MEASURES, "wins", "seconds"])
    assert text == pages.filled(text, pages.read())


def test_the_page_says_what_is_missing():
    its = {"linear": result("linear", of("accuracy", [0.9] * 5, "iris"))}
    lines = pages.tables("missing", its)
    assert lines[0] == "- wxb: not measured yet"
    assert lines[1].startswith("- linear: 1 of 23 tables; not measured yet: adult, ")
    assert pages.tables("r2", its) == ["Not measured yet."]


def test_a_cell_has_the_mean_and_the_difference_to_wxb():
    its = {
        "wxb": result("wxb", of("accuracy", [0.80] * 5)),
        "linear": result("linear", of("accuracy", [0.81] * 5)),
    }
    lines = pages.tables("accuracy", its)
    assert lines[0] == "| table | half | rows | wxb | linear | histgb | catboost | realmlp | tabm |"
    assert lines[2] == "| iris | final | 100 | 80.0 % | 81.0 % (+1.0 [+1.0, +1.0]) | – | – | – | – |"
    wins = pages.tables("wins", its)
    assert wins[2] == "| linear | accuracy | 0 of 1 | 0 | 1 | 0 of 1 | 0 | 1 |"


def test_seconds_that_were_not_taken_alone_are_marked():
    its = {"wxb": of("r2", [0.5], "mpg", seconds=1.25), "linear": of("r2", [0.5], "mpg", alone=True, seconds=12.3)}
    assert page.seconds(its)[1] == ("mpg", "choosing", "100", "~1.2", "12")


def test_numbers_have_the_digits_that_they_deserve():
    assert page.value("accuracy", 0.8744) == "87.4 %"
    assert page.value("accuracy", -0.0031, True) == "−0.3"
    assert page.value("rmse", 23456.7) == "23,457"
    assert page.value("rmse", 0.5678, True) == "+0.568"


def test_a_session_is_shown_with_versions_and_threads_if_a_row_is_left_of_it():
    its = result("linear", [a_fold(session=1)]) | {"sessions": [SESSION | {"date": "2025-01-01"}, SESSION]}
    (line,) = page.sessions({"linear": its})
    assert line == (
        "- linear: 2026-01-31, Example 9000, 2 cores, 8.0 GiB, Linux x86_64, Python 3.11.7, wxb 0.1.0 at abc1234, "
        "scikit-learn 1.9.1, 2 threads: `python -m benchmarks.tables linear`."
    )


def test_the_command_names_its_methods_and_tables():
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.tables", "--help"], capture_output=True, text=True, cwd=results.ROOT
    )
    assert ended.returncode == 0, ended.stderr
    assert all(name in ended.stdout for name in (*METHODS, "housing-ocean", "--again"))
