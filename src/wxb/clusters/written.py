"""The clusters on the disk: a table that a person can label from, and a sheet of each cluster's examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wxb import storage
from wxb.clusters.cluster import Clustering, Group
from wxb.errors import FAILED, WxbError
from wxb.text import count, csv_text, utf8
from wxb.views import examples
from wxb.views.drawing import Panel, can_draw, png_of, row_of_pictures, sheet, style
from wxb.views.view import Axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXAMPLES, CLUSTERS = "examples.csv", "clusters.csv"
SHEET = "clusters.png"
PICTURES = 12  # nearest to the middle of a cluster that are drawn,
ROWS = 4  # or rows
DRAWN = 40  # clusters


def write(found: Clustering, folder: Path) -> list[Path]:
    """Write examples.csv, clusters.csv and, with matplotlib, clusters.png into a new folder, and return their paths.

    examples.csv has a line for each example: its file or row, its cluster (-1: none), its distance from the middle of
    the cluster, and its label where it has one. clusters.csv has a line for each cluster, with an empty column `name`
    for a person to fill in. Raises WxbError if the folder holds something, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as error:
        raise WxbError(f"{folder} cannot be made: {error.strerror or error}", fix="another `out`") from error
    if taken:
        raise WxbError(f"{folder} exists and is not empty: its tables may hold names", fix="another `out`")
    contents: dict[str, str | bytes] = {EXAMPLES: csv_text(_examples(found)), CLUSTERS: csv_text(_clusters(found))}
    if can_draw():
        with style():
            contents[SHEET] = png_of(draw(found))
    for name, content in contents.items():
        try:
            storage.write(folder / name, content)
        except OSError as error:
            raise WxbError(f"{folder / name}: {error.strerror or error}", exit_code=FAILED) from error
    return [folder / name for name in contents]


def free_folder(name: str) -> Path:
    """A folder below clusters/ that is not there yet: "clusters/digits", "clusters/digits-2", …"""
    base = Path("clusters") / name.replace("/", "-")
    return next(
        one for number in range(1, 10_000) if not (one := Path(f"{base}-{number}" if number > 1 else base)).exists()
    )


def _examples(found: Clustering) -> list[list[str]]:
    data, told = found.data, found.data.told if found.agreement is not None else None
    rows = [["file" if data.files else "row", "cluster", "distance", *(["label"] if told else [])]]
    for place, row in enumerate(found.rows.tolist()):
        far = found.distances[place]
        rows.append(
            [
                _named(found, place),
                str(found.labels[place]),
                "" if np.isnan(far) else f"{far:.6g}",
                *([told.names[int(told.targets[row])]] if told else []),
            ]
        )
    return rows


def _clusters(found: Clustering) -> list[list[str]]:
    labelled = found.agreement is not None
    rows = [["cluster", "examples", "name", *(["most are", "share"] if labelled else []), "set apart by", "nearest"]]
    for group in found.groups:
        apart = ", ".join(f"{name} {far:+.2f}" for name, far in group.apart)
        nearest = [_named(found, int(one)) for one in group.members[:3]]
        label = [group.label, f"{group.share:.4f}"] if labelled else []
        rows.append([str(group.number), str(len(group.members)), "", *label, apart, " ".join(nearest)])
    return rows


def _named(found: Clustering, place: int) -> str:
    row = int(found.rows[place])
    return utf8(found.data.files[row]) if found.data.files else str(found.data.row_number(row))


def draw(found: Clustering) -> Figure:
    """For each cluster the examples nearest to its middle; of many clusters the largest."""
    panels = [panel for group in found.groups[:DRAWN] for panel in _panels(found, group)]
    notes = ["Of each cluster the examples nearest to its middle."]
    if len(found.groups) > DRAWN:
        notes.append(f"The {DRAWN} largest of {count(len(found.groups))} clusters are drawn.")
    return sheet(f"{found.data.name}: {found.how}; {found.about}", panels, notes)


def _panels(found: Clustering, group: Group) -> list[Panel]:
    title = f"{group.number}: {count(len(group.members))} examples" + f", {group.sentence}" * bool(group.sentence)
    data, nearest = found.data, found.rows[group.members]
    if not data.spatial:
        listed = examples.listed(data, nearest[:ROWS], Axis("example"))
        captions = [_named(found, int(one)) for one in group.members[:ROWS]]
        return examples.panels(title, listed, captions)
    return [row_of_pictures(title, data.examples[nearest[:PICTURES]], PICTURES)]
