from __future__ import annotations

import ast
import json
import math
import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

from benchmarks import pages, results
from benchmarks.peers import __main__ as command
from benchmarks.peers import curves, roster, session, table, watch
from benchmarks.peers.roster import GOALS, PEERS, SCRIPTS, WXB
from benchmarks.peers.session import Session
from benchmarks.peers.watch import Watched, counted
from wxb.cli.main import group
from wxb.lessons import picture

ALL = [(data, peer) for data, peers in PEERS.items() for peer in peers]
MACHINE = {
    "processor": "Example 9000", "cores": 2, "memory_gib": 8.0, "gpu": None, "system": "Linux x86_64",
    "python": "3.11.7", "torch": "2.13.0", "numpy": "2.4.6", "wxb": "0.1.0", "commit": "abc1234",
}  # fmt: skip


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


def no_rate() -> float:
    return 100.0


# --- watching ---------------------------------------------------------------------------------------------------------

# two processes of one group that say when they work: every few milliseconds, with a time from the system's clock
TICKING = """
    import os, time
    child = os.fork()
    for _ in range(60):
        os.write(1, f"{time.monotonic()}\\n".encode())
        time.sleep(0.005)
    if child:
        os.wait()
"""


def test_a_process_and_its_children_stand_still_while_the_rate_is_measured():
    def rate() -> float:
        time.sleep(0.1)
        return 100.0

    seen = watch.watch(python(TICKING), limit=60, every=0.1, rate=rate)
    ticks = [float(line) for _, line in seen.lines]
    assert len(ticks) == 120
    assert len(seen.pauses) >= 2
    # a child may take a moment longer than its parent to stop
    assert not [tick for tick in ticks for begin, end in seen.pauses if begin + 0.03 < tick < end]
    assert min(end - begin for begin, end in seen.pauses) >= 0.1
    assert max(ticks) > seen.pauses[-2][1], "it went on behind a pause"


def test_time_that_it_stood_still_does_not_count():
    seen = watch.watch(python(TICKING), limit=60, every=0.1, rate=lambda: time.sleep(0.1) or 100.0)
    paused = sum(end - begin for begin, end in seen.pauses)
    assert paused >= 0.1
    assert seen.seconds() == pytest.approx(seen.ended - seen.began - paused)


def test_rates_are_sampled_before_in_every_pause_and_behind():
    numbers = iter(range(1, 100))
    seen = watch.watch(python(TICKING), limit=60, every=0.2, rate=lambda: float(next(numbers)))
    assert seen.rates == [float(n) for n in range(1, len(seen.pauses) + 3)]


def test_a_training_that_takes_too_long_is_ended_with_its_children():
    code = """
        import os, time
        child = os.fork()
        if child:
            print(child, flush=True)
        time.sleep(600)
    """
    seen = watch.watch(python(code), limit=0.5, rate=no_rate)
    assert seen.code is None
    assert seen.seconds() == pytest.approx(0.5, abs=0.4)
    ((_, child),) = seen.lines
    until = time.monotonic() + 5
    while alive(int(child)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not alive(int(child))


def alive(process: int) -> bool:
    """Whether it still runs; what has ended and waits to be counted is dead."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_training_that_says_enough_is_ended_there():
    code = "import time\nfor n in range(1000): print(n, flush=True); time.sleep(0.01)"
    seen = watch.watch(python(code), limit=60, enough=lambda line: line == "3", rate=no_rate)
    assert [line for _, line in seen.lines] == ["0", "1", "2", "3"]
    assert seen.code is None


def test_a_process_that_fails_leaves_its_code_and_its_words():
    seen = watch.watch(python("import sys; sys.exit('no such thing')"), limit=60, rate=no_rate)
    assert (seen.code, seen.errors.strip()) == (1, "no such thing")


def test_seconds_are_counted_without_what_is_left_out():
    assert counted(0, 10, []) == 10
    assert counted(0, 10, [(2, 3), (5, 7)]) == 7
    assert counted(0, 10, [(5, 7), (2, 6)]) == 5, "an overlap is left out once"
    assert counted(0, 10, [(-5, 1), (9, 20)]) == 8, "only what lies between the two"
    assert counted(4, 10, [(0, 3), (2, 5)]) == 5


# --- rows -------------------------------------------------------------------------------------------------------------


def made(tmp_path: Path, data: str = "mnist") -> Session:
    return Session(data, None, tmp_path / "x.npz", tmp_path, tmp_path, limit=600.0, rate=no_rate)


def seen_by(monkeypatch, seen: Watched) -> list[Any]:
    """Every training from here on was seen like this; the list gets what was asked for."""
    asked: list[Any] = []

    def watched(command, **options):
        asked.append((command, options))
        return seen

    monkeypatch.setattr(session, "watch", watched)
    return asked


def epoch_line(epoch: int, accuracy: float, evaluation: tuple[float, float]) -> str:
    return json.dumps({"epoch": epoch, "seconds": 1.0, "test_accuracy": accuracy, "evaluation": evaluation})


def a_peer(environment: str = "wxb") -> roster.Peer:
    return roster.Peer("someone", "someone's example", "plain.py", ("torch",), "https://example.org", environment)


def test_a_peer_s_seconds_are_counted_without_tests_and_pauses(tmp_path, monkeypatch):
    lines = [(131.0, epoch_line(1, 0.98, (120.0, 130.0))), (131.5, "noise"), (152.0, epoch_line(2, 0.996, (150, 151)))]
    # the first pause lies in the middle of a test, the second in the work
    seen = Watched(100.0, 152.0, lines, [(125.0, 127.0), (140.0, 143.0)], [100.0, 90.0, 110.0], None)
    asked = seen_by(monkeypatch, seen)
    row = made(tmp_path).peer_row(a_peer(), None, 7)
    assert [(epoch["epoch"], epoch["seconds"]) for epoch in row["epochs"]] == [(1, 20.0), (2, 50.0 - 10.0 - 3.0)]
    assert (row["ended"], row["seconds"], row["evaluating"], row["paused"]) == ("goal", 38.0, 11.0, 5.0)
    words, options = asked[0]
    assert words[1:] == [str(SCRIPTS / "plain.py"), "--data", str(tmp_path / "x.npz"), "--seed", "7"]
    assert [options["enough"](line) for line in ("noise", epoch_line(1, 0.9949, (0, 1)))] == [False, False]
    assert options["enough"](epoch_line(1, 0.995, (0, 1)))


def test_wxb_s_baselines_checks_and_report_do_not_count(tmp_path, monkeypatch):
    stages = {"start": 1, "data": 2, "checks": 0.5, "train": 30, "test": 1, "baselines": 4, "report": 1, "total": 39.5}
    told = {"schema": "wxb/train/1", "epochs": 2, "seconds": stages, "test": {"accuracy": 0.991}}
    # the second pause lies in the baselines: its time is left out once
    pauses = [(110.0, 111.0), (136.0, 137.0)]
    seen_by(monkeypatch, Watched(100.0, 140.5, [(140.0, json.dumps(told))], pauses, [100.0, 100.0], 0))
    row = made(tmp_path).wxb_row(0.99, 0)
    assert row["epochs"] == [{"epoch": 2, "seconds": 40.0 - 1.0 - 5.0 - 0.5, "test_accuracy": 0.991}]
    assert row["ended"] == "goal"


def test_how_a_training_ended_is_told(tmp_path, monkeypatch):
    for code, errors, expected in ((None, "", "limit"), (0, "", "by itself"), (1, "Traceback\nE: no\n\n", "error")):
        seen_by(monkeypatch, Watched(0.0, 10.0, [(9, epoch_line(1, 0.5, (8, 9)))], [], [1.0, 1.0], code, errors))
        row = made(tmp_path).peer_row(a_peer(), None, 0)
        assert (row["ended"], row["error"]) == (expected, "E: no" if code else None)


def test_peers_run_without_what_a_shell_has_set(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", "here")
    asked = seen_by(monkeypatch, Watched(0.0, 1.0, [], [], [1.0, 1.0], 0))
    (tmp_path / "peers" / "bin").mkdir(parents=True)
    (tmp_path / "peers" / "bin" / "python").touch()
    made(tmp_path).peer_row(a_peer("peers"), None, 0)
    made(tmp_path).wxb_row(0.99, 0)
    of_peer, of_wxb = (options["environment"] for _, options in asked)
    assert not {"OMP_NUM_THREADS", "PYTHONPATH"} & of_peer.keys()
    assert "OMP_NUM_THREADS" not in of_wxb
    assert of_wxb["PYTHONPATH"] == "here"


def test_an_environment_that_is_not_there_is_asked_for(tmp_path):
    with pytest.raises(SystemExit, match=r"make it: benchmarks/peers/environment\.sh"):
        made(tmp_path).python("peers")


# --- a comparison -----------------------------------------------------------------------------------------------------


def a_row(
    name: str, goal: float | None, seed: int, to_goal: float, accuracy: float, seconds: float | None = None, **more: Any
) -> dict[str, Any]:
    epochs = [{"epoch": 1, "seconds": to_goal, "test_accuracy": accuracy}]
    return {
        "name": name, "goal": goal, "seed": seed, "ended": "goal", "error": None, "epochs": epochs, "session": 0,
        "seconds": seconds or to_goal, "paused": 0.0, "evaluating": 0.0, "rates": [90.0, 100.0, 110.0],
        "versions": {"torch": "2.13.0"}, **more,
    }  # fmt: skip


def test_trainings_run_in_turn_and_no_row_twice():
    waiting = command.outstanding([], "mnist", 2, ["wxb", "plain"], None, False)
    both = [("wxb", 0.99), ("wxb", 0.995), ("plain", None)]
    assert waiting == [(name, goal, seed) for seed in (0, 1) for name, goal in both]
    rows = [a_row("wxb", 0.99, 0, 10, 0.99), a_row("plain", None, 1, 10, 0.99)]
    left = [("wxb", 0.995, 0), ("plain", None, 0), ("wxb", 0.99, 1), ("wxb", 0.995, 1)]
    assert command.outstanding(rows, "mnist", 2, ["wxb", "plain"], None, False) == left
    assert command.outstanding(rows, "mnist", 2, ["wxb", "plain"], None, True) == waiting


def test_what_failed_is_not_tried_with_other_seeds():
    rows = [a_row("fastai", None, 0, 10, 0.1, ended="error", error="no")]
    assert command.outstanding(rows, "cifar10", 3, ["fastai"], None, False) == []
    asked = command.outstanding([], "cifar10", 2, ["wxb", "keras"], [0.8], False)
    assert asked == [("wxb", 0.8, 0), ("keras", None, 0), ("wxb", 0.8, 1), ("keras", None, 1)]


def test_a_comparison_goes_on_where_it_was(tmp_path, monkeypatch):
    out = tmp_path / "results" / "mnist.json"
    ran: list[tuple[str, float | None, int]] = []

    def one(_, peer, goal, seed, about):
        if len(ran) == 3:
            raise KeyboardInterrupt
        ran.append((peer.name if peer else "wxb", goal, seed))
        return a_row(*ran[-1], 10.0, 0.996, versions={"torch": about["torch"]})

    monkeypatch.setattr(command, "one", one)
    monkeypatch.setattr(command, "prepare", lambda *_: tmp_path / "x.npz")
    monkeypatch.setattr(results.machine, "describe", lambda: MACHINE)
    words = ["mnist", "--seeds", "2", "--only", "wxb", "ours", "--out", str(out)]
    with pytest.raises(KeyboardInterrupt):
        command.main(words)
    assert len(json.loads(out.read_text())["rows"]) == 3
    ran_before = list(ran)
    monkeypatch.setattr(command, "one", lambda *given: one(*given) if ran.remove(ran[0]) is None else None)
    command.main(words)
    told = json.loads(out.read_text())
    keys = [(row["name"], row["goal"], row["seed"]) for row in told["rows"]]
    assert len(keys) == len(set(keys)) == 8
    assert keys[:3] == ran_before
    assert [row["session"] for row in told["rows"]] == [0] * 3 + [1] * 5
    assert [one["command"] for one in told["sessions"]] == [
        "python -m benchmarks.peers mnist --seeds 2 --limit 600 --only wxb ours"
    ] * 2


# --- the page ---------------------------------------------------------------------------------------------------------


RESULTS = results.read("peers")


def test_the_page_of_peers_has_a_place_for_every_comparison():
    places = [place["name"] for place in pages.PLACE.finditer((pages.DOCS / "peers.md").read_text())]
    assert places == list(GOALS)


@pytest.mark.parametrize("data", [data for data, result in RESULTS.items() if table.has_peers(result["rows"])])
def test_the_picture_of_a_comparison_is_made_of_its_results(tmp_path, data):
    picture.save(curves.draw(data, RESULTS[data]["rows"]), tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_bytes() == (pages.PICTURES / f"peers-{data}.svg").read_bytes()


def test_a_picture_has_a_line_a_peer_and_the_end_of_each_training_for_a_goal():
    rows = [a_row("wxb", goal, 0, seconds, accuracy) for goal, seconds, accuracy in ((0.99, 8, 0.992), (0.995, 90, 1))]
    rows += [a_row("keras", None, seed, 40.0, 0.981) for seed in range(2)]
    (axes,) = curves.draw("mnist", rows).axes
    drawn = [(*map(list, line.get_data()),) for line in axes.lines]
    assert drawn == [([], []), ([4.0], [98.1]), ([4.0], [98.1]), ([0.8, 9.0], [99.2, 100.0])]
    assert [text.get_text() for text in axes.get_legend().get_texts()][-1] == "wxb, a training a goal"


def test_a_comparison_without_results_says_so():
    assert pages.peers("mnist", {})[2] == "Not measured yet. Goals: 99 %, 99.5 %; time limit 600 s."


def test_seconds_effort_and_ratio_are_those_of_the_median_seed():
    rows = [
        a_row("wxb", 0.99, seed, seconds, 0.992, command="wxb train mnist") for seed, seconds in enumerate((9, 8, 10))
    ]
    rows += [a_row("keras", None, seed, seconds, 0.991) for seed, seconds in enumerate((40.0, 36.0, 45.0))]
    head, wxb, keras = table.table("mnist", 0.99, rows)
    assert head[:4] == ("what", "seconds", "R", "R / wxb's")
    assert wxb[:4] == ("**wxb**, `wxb train mnist`", "9.0 (8.0–10.0)", "0.9 (0.8–1.0)", "1.0×")
    assert keras[1:7] == ("40.0 (36.0–45.0)", "4.0 (3.6–4.5)", "4.4×", "99.1 %", "1", "3 of 3")


def test_who_does_not_come_to_the_goal_is_shown_with_the_time_it_had():
    rows = [a_row("wxb", 0.995, 0, 10, 0.996, command="wxb train mnist")]
    rows += [a_row("keras", None, seed, 100.0, 0.991, ended="limit", seconds=600.0 + seed) for seed in range(3)]
    keras = table.table("mnist", 0.995, rows)[2]
    assert keras[1:7] == ("> 600", "> 60.0", "> 60.0×", "99.1 %", "1", "0 of 3")


def test_a_seed_that_does_not_come_to_the_goal_is_later_than_all_others():
    rows = [a_row("keras", None, seed, 100.0 + seed, 0.996) for seed in range(2)]
    rows.append(a_row("keras", None, 2, 100.0, 0.991, ended="limit", seconds=600.0))
    keras = table.table("mnist", 0.995, rows)[1]
    assert keras[1:7] == ("101 (100–> 600)", "10.1 (10.0–> 60.0)", "", "99.6 %", "1", "2 of 3")


def test_what_does_not_run_is_shown_with_its_error():
    rows = [a_row("fastai", None, 0, 1, 0.1, ended="error", error="RuntimeError: no operator", epochs=[])]
    (_, fastai) = table.table("mnist", 0.99, rows)
    assert fastai[1] == "does not run here: `RuntimeError: no operator`"


def test_a_section_names_recipes_and_sessions():
    told = {"command": "python -m benchmarks.peers mnist", "date": "2026-01-31", "note": "made up", "machine": MACHINE}
    result = {"rows": [a_row("plain", None, 0, 1, 0.99)], "sessions": [told]}
    section = "\n".join(pages.peers("mnist", {"mnist": result}))
    assert "<https://keras.io/examples/vision/mnist_convnet/>, `benchmarks/peers/scripts/keras_mnist.py`" in section
    assert "- 2026-01-31, Example 9000, 2 cores, 8.0 GiB, Linux x86_64, Python 3.11.7, wxb 0.1.0 at abc1234" in section
    assert section.rstrip().endswith("made up.")


# --- who takes part ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "peer"), ALL, ids=lambda one: one if isinstance(one, str) else one.name)
def test_a_peer_s_script_names_the_page_that_it_follows(data, peer):
    text = ast.get_docstring(ast.parse((SCRIPTS / peer.script).read_text()))
    assert text
    assert peer.source in text or not peer.source.startswith("https://")


@pytest.mark.parametrize("environment", ["peers", "fastai"])
def test_versions_of_the_peers_are_pinned(environment):
    name = "requirements.txt" if environment == "peers" else f"requirements-{environment}.txt"
    lines = (SCRIPTS.parent / name).read_text().splitlines()
    assert all(re.fullmatch(r"[a-z-]+==[0-9.]+", line) for line in lines)
    asked = {package for _, peer in ALL if peer.environment == environment for package in peer.packages}
    assert asked - {"numpy"} == {line.partition("==")[0] for line in lines}


@pytest.mark.parametrize("data", GOALS)
def test_every_goal_has_a_command_that_wxb_knows(data):
    assert set(WXB[data]) == set(GOALS[data])
    with click.Context(group, info_name="wxb") as context:
        train = group.get_command(context, "train")
    assert train is not None
    for words in WXB[data].values():
        assert words[0] == roster.DATA_SETS.get(data, data)
        assert train.make_context("train", list(words)).params["words"] == words[:1]
    assert len(set(roster.names(data))) == len(PEERS[data]) + 1


def small_arrays(path: Path) -> Path:
    generator = np.random.default_rng(0)
    np.savez(
        path,
        train_x=generator.integers(0, 256, (64, 12, 12, 1), dtype=np.uint8),
        train_y=np.arange(64) % 10,
        test_x=generator.integers(0, 256, (20, 12, 12, 1), dtype=np.uint8),
        test_y=np.arange(20) % 10,
    )
    return path


def test_a_line_tells_epoch_seconds_without_tests_and_when_the_test_was(tmp_path):
    code = """
        import time, protocol
        given = protocol.options()
        assert [len(x) for x in protocol.arrays(given)] == [32, 32, 20, 20]
        for epoch in protocol.epochs(given):
            protocol.tell(epoch, lambda: time.sleep(0.2) or 0.5)
    """
    words = ["--data", str(small_arrays(tmp_path / "x.npz")), "--examples", "32", "--epochs", "2"]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    began = time.monotonic()
    done = subprocess.run([*python(code), *words], capture_output=True, text=True, check=True, env=environment)
    ended = time.monotonic()
    first, second = (json.loads(line) for line in done.stdout.splitlines() if line)
    assert [(one["epoch"], one["test_accuracy"]) for one in (first, second)] == [(1, 0.5), (2, 0.5)]
    assert began <= first["evaluation"][0] <= first["evaluation"][1] <= second["evaluation"][0] <= ended
    assert 0 <= second["seconds"] - first["seconds"] < 0.2, "the test in between does not count"
    # the process began when it was started: its clock counts in hundredths of a second
    assert first["seconds"] <= first["evaluation"][0] - began + 0.02


def test_the_bare_loop_takes_wxb_s_network_and_recipe(tmp_path):
    recipe = {"epochs": 2, "batch_size": 16, "optimizer": "muon", "augment": "shift-1", "threads": 1}
    (tmp_path / "recipe.json").write_text(json.dumps({"network": "CONV-4-BN-RELU-POOL, SOFTMAX", "recipe": recipe}))
    words = ["--data", str(small_arrays(tmp_path / "x.npz")), "--recipe", str(tmp_path / "recipe.json"), "--seed", "3"]
    done = subprocess.run([sys.executable, str(SCRIPTS / "ours.py"), *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (told,) = (json.loads(line) for line in done.stdout.splitlines() if line)
    assert told["epoch"] == 2
    assert 0 <= told["test_accuracy"] <= 1
    assert math.isfinite(told["seconds"])


def test_a_section_of_wxb_alone_has_no_picture_and_no_recipes_and_says_which_goal_is_not_measured():
    told = {"command": "python -m benchmarks.peers", "date": "2026-01-31", "note": "", "machine": MACHINE}
    rows = [a_row("wxb", 0.75, 0, 40, 0.76, command="wxb train cifar10")]
    section = "\n".join(pages.peers("cifar10-float32", {"cifar10-float32": {"rows": rows, "sessions": [told]}}))
    assert "pictures/" not in section
    assert "Recipes" not in section
    assert "CIFAR-10 in float32, 80 %\n\nNot measured yet." in section


def test_of_seeds_that_missed_the_goal_the_best_accuracy_counts():
    rows = [a_row("wxb", 0.8, seed, 40, accuracy, command="x") for seed, accuracy in enumerate((0.79, 0.81, 0.70))]
    (_, wxb) = table.table("cifar10", 0.8, rows)
    assert wxb[4:7] == ("79 %", "1", "1 of 3")
