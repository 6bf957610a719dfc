"""`wxb report`: a run's report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from wxb.cli import options, printing, results
from wxb.errors import WxbError
from wxb.text import count, examples, percent

WEAKEST = 3  # classes that are named


def report(run: str, markdown: bool, as_json: bool) -> None:
    """A run's report in a few lines, and where its page with curves and pictures lies."""
    from wxb.runs.run import Run

    if markdown and as_json:
        raise WxbError("--markdown and --json are two forms of one thing", fix="one of them")
    opened = Run.open(run)
    found = located(opened.report, opened.path)
    if as_json:
        content = {name: value for name, value in found.items() if name != "schema"}
        printing.result_json(found["schema"], content)
    elif markdown:
        printing.result(opened.text("report.md").rstrip("\n"))
    else:
        width = printing.columns(sys.stdout)
        for label, text in lines(found):
            printing.result(printing.labelled(label, text, width))
        printing.result(printing.labelled("page", str(opened.path / "report.html")))


def located(found: dict[str, Any], path: Path) -> dict[str, Any]:
    """A report that says where its run lies: as `run.path`, and in the commands to go on with."""
    from wxb.runs.folder import RUN

    commands = [{**one, "command": one["command"].replace(RUN, str(path))} for one in found["next"]]
    return {**found, "run": {**found["run"], "path": str(path)}, "next": commands}


def lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The report's essence: what was trained on what, how good it is, where it fails, whether it can be trusted."""
    data, network, said = found["data"], found["network"], found["sentences"]
    parts = ", ".join(f"{part} {count(data['split'][part])}" for part in ("train", "validation", "test"))
    counted = examples(data["examples"], data["kind"], tuple(data["shape"]))
    scores = {name: one["score"] for name, one in found["baselines"].items()}
    return [
        ("data", f"{data['name']}: {counted}; {parts} ({data['split']['how']})"),
        ("network", f"{network['short']}   {count(network['parameters'])} parameters"),
        ("test", results.BETWEEN.join(results.scores(found["test"], scores))),
        *(("", sentence) for sentence in (said["baselines"], said["generalization"]) if sentence),
        *([("weakest", weakest(found["per_class"]))] if found.get("per_class") else []),
        *(("trust" if place == 0 else "", sentence) for place, sentence in enumerate(trust(found))),
        *(("warning", warning) for warning in found["warnings"]),
        *(("next" if place == 0 else "", one["command"]) for place, one in enumerate(found["next"])),
    ]


def weakest(per_class: list[dict[str, Any]]) -> str:
    """The classes with the lowest F1: "8 (F1 94.1 %), 1 (F1 95.5 %)"."""
    ranked = sorted(per_class, key=lambda one: float(one["f1"]))[:WEAKEST]
    return ", ".join(f"{one['name']} (F1 {percent(one['f1'])})" for one in ranked)


def trust(found: dict[str, Any]) -> list[str]:
    """Calibration, and the sentences on the number of examples and on which weights were taken."""
    error = found["test"].get("calibration_error")
    calibration = "" if error is None else f"Confidence and accuracy differ by {percent(error)} on average."
    said = found["sentences"]
    return [sentence for sentence in (calibration, said["size"], said["weights"]) if sentence]


command = options.Command(
    report,
    [
        click.Argument(["run"]),
        options.switch("--markdown", help="The whole report as Markdown."),
        options.JSON,
    ],
)
