"""The documentation's page of peers, made of benchmarks/results/peers/*.json: `python -m benchmarks.peers page`."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers import curves
from benchmarks.peers.curves import rate
from benchmarks.peers.roster import GOALS, LIMITS, PEERS, WXB
from benchmarks.tables import line
from wxb.lessons import picture

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "peers"
PAGE = ROOT / "docs" / "peers.md"
PICTURES = ROOT / "docs" / "pictures"

HEAD = """# Peers

How long wxb takes to a test accuracy, and how long others take that people use today: each as its own documentation
shows it, on the same pictures, on the same kind of machine, one after the other. Rows come from the sessions listed
under each data set, not all from one. Two bare loops stand beside them: *plain* is PyTorch as people write it, *ours*
is wxb's network and recipe in a loop without anything around it.

What is counted

- Every training is a process of its own. Its seconds run from the start of the process, imports included, to the end of
  the first epoch behind which the test accuracy is at the goal or above. Testing is left out: the peers test after each
  epoch only because this comparison asks for it. Who is stopped by the time limit, or comes to the end of its recipe,
  before the goal is shown with the time that it had: "> 600".
- wxb runs as a person would run it, one training a goal. Reading the published files, validation and the test at the
  end count; its baselines, checks and report are left out, since no peer has them.
- `--mirror-average` scores a picture together with its mirror image, an option of wxb that is off by default; the time
  that this takes counts. No peer's recipe has anything like it.
- How long wxb is given for a goal (`--time`) was found by trying several, on this machine and on the seeds that are
  shown: other seeds may need a little more, and slower machines do. No peer's recipe was changed.
- The test part chooses when a peer stops. That favours the peers; wxb does not see the test part before its end.
- A peer has all examples that are published for training, and holds out of them what its own recipe holds out. Where a
  recipe names a number of epochs but nothing in it depends on that number, it goes on until the goal or the limit.
- torchvision's data sets are replaced by the same arrays; where a peer's page prepares pictures one at a time, so does
  its script.
- Threads are left to each library's own choice.

How machines are made comparable: R is the seconds times the rate of a float32 matrix product (two 2048×2048 matrices,
two threads) of the same minutes, in units of 10¹² operations. The rate is measured before and after each training and
at least every 20 s during it: the training stands still meanwhile, and that time does not count. The median of all
samples is taken; the samples are in the file of results, `benchmarks/results/peers/`. R says how much the machine could
have computed in the time, so it changes little when others use the machine too. It compares rows of one kind of
machine: processors differ in how far their convolutions outrun [their matrix product](performance.md#what-is-left).

The pictures show every training: of peers a point behind each epoch, of wxb and of *ours*, which train for one goal at
a time, the end. Cells of the tables are the median over seeds, and the least and greatest of them. A seed that did not
come to the goal counts as later than all others, and with the best accuracy that it had. The ratio is that of the
medians of R.

CIFAR-10 is there twice: wxb computes in bfloat16 where the processor multiplies it, and the last section has it in
float32. What peers do there was not measured again: they compute in float32 in both.

To repeat it

```sh
benchmarks/peers/environment.sh build/peers
python -m benchmarks.peers mnist --seeds 3
python -m benchmarks.peers cifar10 --seeds 3
python -m benchmarks.peers cifar10-float32 --seeds 3 --only wxb
```

The first command makes the peers' own environments. The others go on where they were when they are interrupted.
`--only NAME …` runs some of them, `--limit SECONDS` sets the time limit, `--again` runs rows that are there once more.
"""

TITLES = {"mnist": "MNIST", "cifar10": "CIFAR-10", "cifar10-float32": "CIFAR-10 in float32"}

Result = dict[str, Any]
Row = dict[str, Any]


def page(results: dict[str, Result]) -> str:
    """The whole page in Markdown; a comparison that has no results says that it has not been made."""
    return "\n".join([HEAD, *(section(data, results.get(data)) for data in GOALS)])


def section(data: str, result: Result | None) -> str:
    """A data set: a table a goal, who took part, and what it was measured on."""
    lines = [f"## {TITLES[data]}", ""]
    if result is None or not result["rows"]:
        goals = ", ".join(percent(goal) for goal in GOALS[data])
        lines += [f"Not measured yet. Goals: {goals}; time limit {LIMITS[data]:g} s.", ""]
        return "\n".join([*lines, *participants(data, [])])
    if has_peers(result["rows"]):
        lines += [f"![Test accuracy of wxb and its peers over what was computed](pictures/peers-{data}.svg)", ""]
    for goal in GOALS[data]:
        lines += [f"### {TITLES[data]}, {percent(goal)}", ""]
        head, *rows = table(data, goal, result["rows"])
        found = [line(head), line(("---",) * len(head)), *map(line, rows)] if rows else ["Not measured yet."]
        lines += [*found, ""]
    if has_peers(result["rows"]):
        lines += participants(data, result["rows"])
    had = {row["session"] for row in result["rows"]}  # others have had all their rows run again
    lines += ["Measured on", ""]
    lines += [f"- {measured_on(session)}" for number, session in enumerate(result["sessions"]) if number in had]
    lines += [""]
    return "\n".join(lines)


def has_peers(rows: list[Row]) -> bool:
    """Whether anything but wxb was run."""
    return any(row["name"] != "wxb" for row in rows)


def table(data: str, goal: float, rows: list[Row]) -> list[tuple[str, ...]]:
    """Head and rows of a goal's table, in the order of the roster."""
    head = ("what", "seconds", "R", "R / wxb's", "accuracy", "epochs", "seeds at the goal", "versions")
    wxb = of(rows, "wxb", goal)
    base = middle([effort(row, goal) for row in wxb]) if wxb else math.inf
    whats = [("wxb", f"**wxb**, `{shown(wxb, data, goal)}`"), *((peer.name, peer.what) for peer in PEERS[data])]
    found = []
    for name, what in whats:
        its = of(rows, name, goal)
        if its:
            found.append((what, *cells(its, goal, base)))
    return [head, *found]


def shown(rows: list[Row], data: str, goal: float) -> str:
    """The command that wxb's rows were made with."""
    return str(rows[0]["command"]) if rows else " ".join(("wxb", "train", *WXB[data][goal]))


def of(rows: list[Row], name: str, goal: float) -> list[Row]:
    """The rows of one that takes part which bear on a goal."""
    return [row for row in rows if row["name"] == name and row["goal"] in (None, goal)]


def cells(rows: list[Row], goal: float, base: float) -> tuple[str, ...]:
    """What a table says of one that takes part, `base` being the median R of wxb."""
    versions = ", ".join(f"{name} {release}" for name, release in rows[-1]["versions"].items())
    failed = next((row["error"] for row in rows if row["ended"] == "error"), None)
    if failed is not None:
        return (f"does not run here: `{failed}`", "", "", "", "", "", versions)
    reached = [row for row in rows if first(row, goal) is not None]
    efforts = [effort(row, goal) for row in rows]
    spent = [row["seconds"] * rate(row) / 1000 for row in rows]
    trained = [row for row in rows if row["epochs"]]
    accuracies = [(first(row, goal) or best(row["epochs"]))["test_accuracy"] for row in trained]
    numbers = [(first(row, goal) or row["epochs"][-1])["epoch"] for row in trained]
    return (
        spread([duration(row, goal) for row in rows], [row["seconds"] for row in rows]),
        spread(efforts, spent),
        ratio(efforts, spent, base),
        percent(statistics.median(accuracies)) if accuracies else "none",
        f"{statistics.median(numbers):g}" if numbers else "0",
        f"{len(reached)} of {len(rows)}",
        versions,
    )


def first(row: Row, goal: float) -> Row | None:
    """The first epoch at the goal."""
    return next((epoch for epoch in row["epochs"] if epoch["test_accuracy"] >= goal), None)


def best(epochs: list[Row]) -> Row:
    """The epoch with the highest test accuracy."""
    return max(epochs, key=lambda epoch: float(epoch["test_accuracy"]))


def duration(row: Row, goal: float) -> float:
    """Seconds to the goal; infinite where it was not reached."""
    epoch = first(row, goal)
    return math.inf if epoch is None else float(epoch["seconds"])


def effort(row: Row, goal: float) -> float:
    """R, in 10¹² operations: seconds to the goal times the rate."""
    return duration(row, goal) * rate(row) / 1000


def middle(values: Sequence[float]) -> float:
    """The median, of an even number of values the higher of the two: there may be infinite ones."""
    return statistics.median_high(values)


def spread(values: Sequence[float], had: Sequence[float]) -> str:
    """ "12.3 (11.9–14.0)"; what is infinite is shown as more than the least that such a seed had."""
    least = min((own for value, own in zip(values, had, strict=True) if math.isinf(value)), default=0.0)

    def text(value: float) -> str:
        return f"> {amount(least)}" if math.isinf(value) else amount(value)

    whole = text(middle(values))
    if len(values) == 1 or all(map(math.isinf, values)):
        return whole
    return f"{whole} ({text(min(values))}–{text(max(values))})"


def ratio(efforts: Sequence[float], spent: Sequence[float], base: float) -> str:
    """How many times wxb's R; "> …" where the goal was not reached, nothing where wxb's is not known."""
    if math.isinf(base):
        return ""
    if not math.isinf(middle(efforts)):
        return f"{middle(efforts) / base:.1f}×"
    least = min(had for effort, had in zip(efforts, spent, strict=True) if math.isinf(effort))
    return f"> {least / base:.1f}×"


def participants(data: str, rows: list[Row]) -> list[str]:
    """A list of the recipes and the pages that they are taken from."""
    lines = [f"- {peer.what}: {linked(peer.source)}, `benchmarks/peers/scripts/{peer.script}`" for peer in PEERS[data]]
    return ["Recipes", "", *lines, ""]


def linked(source: str) -> str:
    """A page as a link; a loop of this project's own has none."""
    return f"<{source}>" if source.startswith("https://") else "written for this comparison"


def measured_on(session: Result) -> str:
    """Machine, versions, date and command of a session."""
    told = session["machine"]
    memory = f", {told['memory_gib']} GiB" if told["memory_gib"] else ""
    note = f" {session['note']}." if session["note"] else ""
    return (
        f"{session['date']}, {told['processor']}, {told['cores']} cores{memory}, {told['system']}, Python "
        f"{told['python']}, wxb {told['wxb']} at {told['commit'] or 'no commit'}: `{session['command']}`.{note}"
    )


def said(row: Row) -> str:
    """A row in a line, for who waits."""
    goal = f" for {percent(row['goal'])}" if row["goal"] else ""
    if row["ended"] == "error":
        return f"{row['name']}{goal}, seed {row['seed']}: {row['error']}"
    reached = f"{percent(best(row['epochs'])['test_accuracy'])} at best" if row["epochs"] else "no epoch"
    return (
        f"{row['name']}{goal}, seed {row['seed']}: {row['seconds']:.1f} s, {rate(row):.0f} GFLOP/s, {reached}, "
        f"ended by {row['ended'].removeprefix('by ')}"
    )


def amount(value: float) -> str:
    """1234.5 -> "1,234"; 12.34 -> "12.3"."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def percent(value: float) -> str:
    """0.995 -> "99.5 %"."""
    return f"{100 * value:.4g} %"


def read() -> dict[str, Result]:
    """All results by data set."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}


def write() -> None:
    """Write the page and its pictures."""
    results = read()
    for data, result in results.items():
        if has_peers(result["rows"]):
            picture.save(curves.draw(data, result["rows"]), PICTURES / f"peers-{data}.svg")
    PAGE.write_text(page(results))
    print(PAGE.relative_to(ROOT))
