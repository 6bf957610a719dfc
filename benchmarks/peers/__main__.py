"""Compare: `python -m benchmarks.peers mnist --seeds 3` writes benchmarks/results/peers/mnist.json and docs/peers.md.

Every training is a row of that file. It is saved when it ends, and is not run again: an interrupted comparison goes on
where it was when the same command is given again.
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
    """Run what has no row yet, each seed's trainings in turn."""
    given = options().parse_args(arguments)
    path = given.out or results.path("peers", given.data)
    result: dict[str, Any] = {"data": given.data, "sessions": [], "rows": []}
    if path.exists():
        result = json.loads(path.read_text())
    waiting = outstanding(result["rows"], given.data, given.seeds, given.only, given.goals, given.again)
    if not waiting:
        print("nothing to run: every row is there; --again runs them once more", file=sys.stderr)
    else:
        compare(given, result, waiting, path)
    if not given.out:
        pages.write()


def options() -> argparse.ArgumentParser:
    """What a comparison is made with."""
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
    """Name, goal (None: all goals in one training) and seed of what is to run, in turn within each seed.

    What failed once would fail with other seeds too, so that no other row of it is run.
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
    given: argparse.Namespace, result: dict[str, Any], waiting: list[tuple[str, float | None, int]], path: Path
) -> None:
    """Run what waits and save the file behind each training."""
    peers = {peer.name: peer for peer in PEERS[given.data]}
    result["sessions"].append(results.session(f"python -m benchmarks.peers {shlex.join(typed(given))}", given.note))
    about = result["sessions"][-1]["machine"]
    folder = given.data_dir or os.environ.get("WXB_DATA")
    data_dir = str(Path(folder).resolve()) if folder else None
    failed: set[str] = set()
    with tempfile.TemporaryDirectory() as scratch:
        session = Session(
            given.data,
            data_dir,
            prepare(DATA_SETS.get(given.data, given.data), data_dir, Path(scratch)),
            given.environments.resolve(),
            Path(scratch),
            given.limit,
        )
        for name in {name for name, *_ in waiting} & peers.keys():
            session.python(peers[name].environment)  # so that what is missing is said at once
        for place, (name, goal, seed) in enumerate(waiting, start=1):
            if name in failed:
                continue
            found = one(session, peers.get(name), goal, seed, about)
            found["session"] = len(result["sessions"]) - 1
            key = (name, goal, seed)
            kept = [row for row in result["rows"] if (row["name"], row["goal"], row["seed"]) != key]
            result["rows"] = [*kept, found]
            results.save(result, path)
            if found["ended"] == "error":
                failed.add(name)
            print(f"  {place} of {len(waiting)}: {table.said(found)}", file=sys.stderr)


def one(session: Session, peer: Peer | None, goal: float | None, seed: int, about: dict[str, Any]) -> Row:
    """The row of a training, with the command and the versions that it had; no peer: wxb."""
    if peer is not None:
        return session.peer_row(peer, goal, seed) | {"versions": session.versions(peer)}
    assert goal is not None
    release = f"{about['wxb']} at {about['commit']}" if about["commit"] else about["wxb"]
    found = session.wxb_row(goal, seed)
    return found | {
        "command": shlex.join(("wxb", "train", *WXB[session.data][goal])),
        "versions": {"wxb": release, "torch": about["torch"]},
    }


def typed(given: argparse.Namespace) -> list[str]:
    """The words of a command that make the same comparison; folders of this machine are left out."""
    words = [given.data, "--seeds", str(given.seeds), "--limit", f"{given.limit:g}"]
    words += ["--only", *given.only] if given.only else []
    words += ["--goals", *map(str, given.goals)] if given.goals else []
    return words + (["--note", given.note] if given.note else [])


if __name__ == "__main__":
    main()
