"""`wxb cluster`: groups of examples that are alike, found without labels."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wxb.cli import options, printing
from wxb.cli.answers.clusters import Cluster, ClusterFacts
from wxb.errors import WxbError
from wxb.paths import exists
from wxb.settings import DATA
from wxb.settings.setting import spell
from wxb.text import count

if TYPE_CHECKING:
    from wxb.clusters.cluster import Clustering
    from wxb.data.dataset import Dataset
    from wxb.runs.run import Run

PARTS = ("all", "train", "validation", "test")
METHODS = ("kmeans", "mixture", "hdbscan")
OWN = ("k", "method", "on", "part", "most", "out")
SHOWN = 30  # clusters


def cluster(
    source: str,
    k: int | None,
    method: str,
    on: str | None,
    part: str,
    most: int | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Group the examples of data that are alike; of a run's data, by what its network makes of them.

    SOURCE is what wxb train takes as DATA, without labels too, or a run. Without --k the number of clusters is chosen.
    A folder is written: clusters.csv, in which you can name each cluster, examples.csv with the cluster of each
    example, and clusters.png with examples of each. Labels serve to say how well clusters agree with them, only.

    \b
    wxb cluster photos/
    wxb cluster runs/digits-3f2a --k 10
    wxb cluster customers.csv --method mixture --target segment
    """
    from wxb.clusters.cluster import cluster as found_in
    from wxb.clusters.written import free_folder, write

    try:
        of, data = subject(source, given, quiet)
        found = found_in(of, data, k=k, method=method, on=on, part=part, most=most, seed=given.get("seed") or 0)
        files = write(found, free_folder(found.data.name) if out is None else out)
    except WxbError as problem:
        raise as_flags(problem) from problem
    if as_json:
        printing.result_json(answer(found, files))
        return
    show(found, files)


def subject(source: str, given: Mapping[str, Any], quiet: bool) -> tuple[Run | Dataset, Dataset | None]:
    """The run, or the data set, that is clustered."""
    from wxb.cli.loading import load
    from wxb.cli.misnamed import refuse_missing_run
    from wxb.data.itself import RECONSTRUCTION
    from wxb.runs.folder import SUMMARY
    from wxb.runs.run import Run

    asked = {name: value for name, value in given.items() if value is not None}
    if exists(Path(source) / SUMMARY):
        run = Run.open(source)
        return run, run.unchanged_data(asked.get("data_dir"))
    refuse_missing_run(source, "wxb cluster")
    return load(source, {**asked, "task": RECONSTRUCTION}, quiet), None


def show(found: Clustering, files: list[Path]) -> None:
    """Print what was found, a line for each cluster, and the files."""
    from wxb.clusters.cluster import lines
    from wxb.views.drawing import INSTALL, NEEDED, can_draw

    width = printing.columns(sys.stdout)
    for label, text in lines(found):
        printing.result(printing.labelled(label, text, width))
    rows = [("cluster", "examples", "what sets it apart")]
    rows += [(str(one.number), count(len(one.members)), one.sentence) for one in found.groups[:SHOWN]]
    if not any(row[2] for row in rows[1:]):
        rows = [row[:2] for row in rows]  # type: ignore[misc]  # nothing tells the clusters apart in words
    printing.result(printing.table(rows, numbers=(0, 1)))
    if len(found.groups) > SHOWN:
        printing.result(f"and {count(len(found.groups) - SHOWN)} smaller ones")
    printing.result(printing.labelled("files", "  ".join(map(str, files))))
    if not can_draw():
        printing.result(printing.labelled("note", f"{NEEDED}: {INSTALL}", width))
    printing.result(printing.labelled("next", f"name the clusters in {files[1]}"))


def answer(found: Clustering, files: list[Path]) -> Cluster:
    """What `--json` holds."""
    labelled = found.agreement is not None
    groups = [
        ClusterFacts(
            one.number,
            len(one.members),
            one.label if labelled else None,
            one.share if labelled else None,
            dict(one.apart),
        )
        for one in found.groups
    ]
    return Cluster(
        data=found.data.name,
        examples=len(found.rows),
        how=found.how,
        tried={str(k): value for k, value in found.tried.items()},
        silhouette=found.silhouette,
        agreement=found.agreement,
        clusters=groups,
        none=int((found.labels < 0).sum()),
        files=[str(file) for file in files],
    )


def as_flags(problem: WxbError) -> WxbError:
    """The error with this command's options spelled as the command line does."""
    what, detail, fix = (spell(text, OWN, _flag) for text in (problem.what, problem.detail, problem.fix))
    return WxbError(what, detail, fix, problem.exit_code)


def _flag(name: str, value: str | None) -> str:
    text = (value or "").strip('"')
    return f"--{name} {text}".rstrip()


LOADED = ("target", "drop", "types", "missing", "header", "data_dir", "examples", "noise", "size", "ink", "max_pixels")

command = options.Command(
    cluster,
    [
        click.Argument(["source"]),
        options.SectionedOption(["--k"], type=options.Whole(2), help="How many clusters; else chosen."),
        options.SectionedOption(
            ["--method"], type=options.OneOf(METHODS), default="kmeans",
            help="kmeans, a mixture of Gaussians, or hdbscan, which leaves out what lies between.",
        ),
        options.SectionedOption(
            ["--on"], metavar="WHAT",
            help="code of a run, numbers (pixels, columns), or a designed feature such as HOG; else the code of a run, "
            "the numbers of data.",
        ),
        options.SectionedOption(
            ["--part"], type=options.OneOf(PARTS), default="all", help="Part of the data."
        ),
        options.SectionedOption(["--most"], type=options.Whole(2), help="Examples to look at; else all."),
        options.SectionedOption(
            ["--out"], type=click.Path(path_type=Path), metavar="FOLDER", help="A new folder; else one in clusters/."
        ),
        *options.params(DATA, *LOADED),
        options.DATA_SEED,
        options.JSON,
        options.QUIET,
    ],
)  # fmt: skip
