"""Compare: `python -m benchmarks.peers mnist --seeds 3` writes benchmarks/results/peers/mnist.json and docs/peers.md.

Every training is a row of that file. It is saved when it ends, and is not repeated: an interrupted comparison continues
when the same command is options again.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import pages, results
from benchmarks.peers import table
from benchmarks.peers.arrays import prepare
from benchmarks.peers.roster import DATA_SETS, GOALS, LIMITS, PEERS, WXB, Peer, names
from benchmarks.peers.session import Session
from benchmarks.results import Row


def main(arguments: list[str] | None = None) -> None:
    """Run all trainings that have no row yet, those of each seed in turn."""
    options = parser().parse_args(arguments)
    path = options.out or results.path("peers", options.data)
    result: dict[str, Any] = {"data": options.data, "sessions": [], "rows": []}
    if path.exists():
        result = json.loads(path.read_text())
    waiting = outstanding(result["rows"], options.data, options.seeds, options.only, options.goals, options.again)
    if not waiting:
        print("nothing to run: every row is there; --again runs them once more", file=sys.stderr)
    else:
        compare(options, result, waiting, path)
    if not options.out:
        pages.write()


def parser() -> argparse.ArgumentParser:
    """The options of a comparison."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    commands = parser.add_subparsers(dest="data", required=True, metavar="DATA")
    for data in GOALS:
        command = commands.add_parser(data)
        command.add_argument("--seeds", type=int, default=3, help="how many, counted from 0")
        command.add_argument("--only", nargs="+", choices=names(data), metavar="NAME", help=", ".join(names(data)))
        command.add_argument(
            "--goals",
            type=float,
            nargs="+",
            choices=GOALS[data],
            metavar="GOAL",
            help="of what is trained goal by goal",
        )
        command.add_argument("--again", action="store_true", help="run rows that are there once more")
        command.add_argument(
            "--limit", type=float, default=LIMITS[data], help="seconds of a training; default: %(default)g"
        )
        command.add_argument(
            "--environments", type=Path, default=results.ROOT / "build/peers", help="of environment.sh"
        )
        command.add_argument("--data-dir", help="the folder of real data; WXB_DATA without it")
        command.add_argument("--note", default="", help="what a reader must know, for example that the data are copies")
        command.add_argument("--out", type=Path, help="the file to write instead of benchmarks/results/peers/DATA.json")
    return parser


def outstanding(
    rows: list[Row], data: str, seeds: int, only: list[str] | None, goals: list[float] | None, again: bool
) -> list[tuple[str, float | None, int]]:
    """Name, goal (None: all goals in one training) and seed of the trainings to run, in turn within each seed.

    A peer that failed once would fail with other seeds too, so it is not run again.
    """
    by_goal = {"wxb"} | {peer.name for peer in PEERS[data] if peer.by_goal}
    there = set() if again else {(row["name"], row["goal"], row["seed"]) for row in rows}
    failed = set() if again else {row["name"] for row in rows if row["ended"] == "error"}
    return [
        (name, goal, seed)
        for seed in range(seeds)
        for name in names(data)
        if name not in failed and (only is None or name in only)
        for goal in (goals or GOALS[data] if name in by_goal else (None,))
        if (name, goal, seed) not in there
    ]


def compare(
    options: argparse.Namespace, result: dict[str, Any], waiting: list[tuple[str, float | None, int]], path: Path
) -> None:
    """Run the trainings and save the file after each."""
    peers = {peer.name: peer for peer in PEERS[options.data]}
    result["sessions"].append(results.session(f"python -m benchmarks.peers {shlex.join(typed(options))}", options.note))
    about = result["sessions"][-1]["machine"]
    folder = options.data_dir or os.environ.get("WXB_DATA")
    data_dir = str(Path(folder).resolve()) if folder else None
    failed: set[str] = set()
    with tempfile.TemporaryDirectory() as scratch:
        session = Session(
            options.data,
            data_dir,
            prepare(DATA_SETS.get(options.data, options.data), data_dir, Path(scratch)),
            options.environments.resolve(),
            Path(scratch),
            options.limit,
        )
        for name in {name for name, *_ in waiting} & peers.keys():
            session.python(peers[name].environment)  # to report a missing environment at once
        for place, (name, goal, seed) in enumerate(waiting, start=1):
            if name in failed:
                continue
            row = one(session, peers.get(name), goal, seed, about)
            row["session"] = len(result["sessions"]) - 1
            key = (name, goal, seed)
            kept = [other for other in result["rows"] if (other["name"], other["goal"], other["seed"]) != key]
            result["rows"] = [*kept, row]
            results.save(result, path)
            if row["ended"] == "error":
                failed.add(name)
            print(f"  {place} of {len(waiting)}: {table.progress(row)}", file=sys.stderr)


def one(session: Session, peer: Peer | None, goal: float | None, seed: int, about: dict[str, Any]) -> Row:
    """The row of a training with its command and versions; wxb's if `peer` is None."""
    if peer is not None:
        return session.peer_row(peer, goal, seed) | {"versions": session.versions(peer)}
    assert goal is not None
    release = f"{about['wxb']} at {about['commit']}" if about["commit"] else about["wxb"]
    return session.wxb_row(goal, seed) | {
        "command": shlex.join(("wxb", "train", *WXB[session.data][goal])),
        "versions": {"wxb": release, "torch": about["torch"]},
    }


def typed(options: argparse.Namespace) -> list[str]:
    """The words that repeat a command, without the folders of this machine."""
    words = [options.data, "--seeds", str(options.seeds), "--limit", f"{options.limit:g}"]
    words += ["--only", *options.only] if options.only else []
    words += ["--goals", *map(str, options.goals)] if options.goals else []
    return words + (["--note", options.note] if options.note else [])


if __name__ == "__main__":
    main()
