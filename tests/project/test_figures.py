from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import figures, machine, startup, tables, throughput, training
from benchmarks.owed import FIGURES, LOOPS, PROCESSES, TRAININGS, Loop, Process, at_least, at_most

MACHINE = {
    "processor": "Example 9000", "cores": 2, "memory_gib": 8.0, "gpu": None, "system": "Linux x86_64",
    "python": "3.11.7", "torch": "2.13.0", "numpy": "2.4.6", "wxb": "0.1.0", "commit": "abc1234",
}  # fmt: skip


def result(figure: str, rows: list[dict[str, Any]], note: str = "") -> dict[str, Any]:
    rates = {"threads": 2, "float32": 150, "bfloat16": 400}
    return {
        "figure": figure, "command": f"python -m benchmarks.figures {figure}", "date": "2026-01-31", "note": note,
        "machine": MACHINE, "matrix_product": {"before": rates, "after": {**rates, "float32": 160}}, "rows": rows,
    }  # fmt: skip


def digits_row(accuracy: list[float], seconds: list[float]) -> dict[str, Any]:
    return {
        "what": "digits, default network", "command": "wxb train digits", "options": [], "seeds": [0, 1, 2],
        "accuracy": accuracy, "seconds": seconds, "told": [{"parameters": 19562}],
    }  # fmt: skip


def test_the_page_of_figures_is_made_of_the_results_that_lie_here():
    assert tables.PAGE.read_text() == tables.page(tables.read())


def test_a_figure_without_results_says_what_is_owed_and_that_it_was_not_taken():
    page = tables.page({})
    assert page.count("Not taken yet.") == len(FIGURES)
    assert "digits, default network ≥ 98.5 %; ≤ 30 s" in page


def test_a_training_is_shown_with_mean_deviation_seconds_and_machine():
    row = digits_row([0.99, 0.985, 0.995], [11.0, 10.0, 12.5])
    section = tables.section("digits", result("digits", [row], note="made up"))
    assert "| 99.00 ± 0.50 % (3 seeds) | 11.0 (10.0, 12.5) | 19,562 | ≥ 98.5 %; ≤ 30 s |" in section
    assert "2026-01-31, Example 9000, 2 cores, 8.0 GiB" in section
    assert "150 GFLOP/s before, 160 after." in section
    assert "Note: made up." in section


def test_a_missed_bound_is_printed_as_missed():
    section = tables.section("digits", result("digits", [digits_row([0.98, 0.98, 0.98], [31.0, 10.0, 10.0])]))
    assert "≥ 98.5 %: **missed** (98 %)" in section
    assert "≤ 30 s: **missed** (31 s)" in section


def test_a_loop_is_compared_with_the_faster_of_the_hand_written_ones():
    rates = {"learn": [95.0, 96.0, 97.0], "tensors": [100.0, 100.0, 100.0], "DataLoader": [50.0, 50.0, 50.0]}
    row = {"what": LOOPS[0].what, "batch_size": 128, "rates": rates}
    section = tables.section("throughput", result("throughput", [row]))
    assert "| 96 (95, 97) | 100 (100, 100) | 50 (50, 50) | 0.960× | ≥ 0.95× |" in section


def test_a_process_is_shown_as_a_multiple_and_torch_counts_where_it_may_not_load():
    row = {"what": PROCESSES[0].what, "seconds": [0.03] * 3, "nothing_seconds": [0.01] * 3, "torch": True}
    section = tables.section("startup", result("startup", [row]))
    assert "| 3.0× | yes | ≤ 5×; no torch: **missed** |" in section


def test_bounds_hold_on_their_own_value():
    assert at_least(0.95, "x").met(0.95)
    assert not at_least(0.95, "x").met(0.9499)
    assert at_most(30, "s").met(30)
    assert not at_most(30, "s").met(30.1)


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_has_a_command_and_a_name_of_its_own_for_each_row(figure):
    assert figures.options().parse_args([figure]).figure == figure
    rows = {"throughput": LOOPS, "startup": PROCESSES}.get(figure) or TRAININGS[figure][1]
    assert len({row.what for row in rows}) == len(rows)


def test_a_training_is_measured_once_a_seed_by_the_real_command(monkeypatch):
    asked: list[list[str]] = []

    def run(command, **_):
        asked.append(command)
        answer = {"run": "runs/x", "parameters": 5, "test": {"accuracy": 0.5}}
        return type("Done", (), {"returncode": 0, "stdout": json.dumps(answer), "stderr": ""})

    monkeypatch.setattr(training.subprocess, "run", run)
    row = training.measure(TRAININGS["toys"][1][0], 2, ("--data-dir", "here"))
    assert row["accuracy"] == [0.5, 0.5]
    assert row["command"] == "wxb train ring SOFTMAX"
    assert row["told"] == [{"parameters": 5, "test": {"accuracy": 0.5}}] * 2
    assert [command[1:] for command in asked] == [
        ["-m", "wxb", "train", "ring", "SOFTMAX", "--data-dir", "here", "--seed", str(seed), "--json", "-q"]
        for seed in (0, 1)
    ]


def test_a_command_that_fails_ends_the_measurement_with_its_words(monkeypatch):
    done = type("Done", (), {"returncode": 2, "stdout": "", "stderr": "error: no such data"})
    monkeypatch.setattr(training.subprocess, "run", lambda command, **_: done)
    with pytest.raises(SystemExit, match="ended with 2\nerror: no such data"):
        training.train(("nowhere",), 0)


def test_a_network_is_quoted_as_a_shell_needs_it():
    assert training.quoted("lenet5") == "lenet5"
    assert training.quoted("FC-64-RELU, SOFTMAX") == '"FC-64-RELU, SOFTMAX"'


@pytest.mark.parametrize("network", ["CONV-4-RELU-POOL, SOFTMAX", None])
def test_all_loops_are_timed_as_often_in_turn_on_the_examples_asked_for(network):
    row = throughput.measure(Loop("digits", "digits", network, 256, at_least(0.95, "x")), repetitions=2)
    assert {name: len(rates) for name, rates in row["rates"].items()} == {"learn": 2, "tensors": 2, "DataLoader": 2}
    assert all(rate > 0 for rates in row["rates"].values() for rate in rates)
    assert (row["examples"], row["batch_size"]) == (256, 128)


def test_more_examples_than_there_are_cannot_be_timed():
    with pytest.raises(SystemExit, match="digits has 1,150 training examples, not 5,000"):
        throughput.measure(Loop("digits", "digits", "SOFTMAX", 5000, at_least(0.95, "x")), repetitions=1)


def test_processes_are_timed_in_turn_beside_the_empty_one():
    (row,) = startup.measure((Process("nothing again", ("-c", "import json"), at_most(5, "x")),), repetitions=2)
    assert (len(row["seconds"]), len(row["nothing_seconds"]), row["torch"]) == (2, 2, False)


def test_imports_are_seen_by_the_interpreter_itself():
    assert not startup.loads_torch(("-c", "pass"))
    assert startup.loads_torch(("-c", "import torch"))


def test_the_rate_of_the_matrix_product_leaves_the_number_of_threads_as_it_was():
    before = torch.get_num_threads()
    assert machine.matrix_rate(torch.float32, threads=2, size=64, repetitions=3) > 0
    assert torch.get_num_threads() == before


def test_a_result_is_written_whole(tmp_path: Path):
    figures.save(result("digits", []), tmp_path / "results" / "digits.json")
    assert json.loads((tmp_path / "results" / "digits.json").read_text())["figure"] == "digits"
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["digits.json"]


def test_the_real_command_says_what_a_figure_is_made_of(tmp_path: Path):
    options = ("--examples", "200", "--epochs", "1", "--data-dir", str(tmp_path))
    row = training.measure(TRAININGS["toys"][1][0], 1, options)
    (accuracy,), (told,) = row["accuracy"], row["told"]
    assert 0 <= accuracy <= 1
    assert told["parameters"] == 6
    assert "run" not in told
