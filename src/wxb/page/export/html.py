"""A run as one HTML file that needs nothing else: its report, its network drawn, and a small network to try."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from wxb.data.kinds import kind_of
from wxb.data.split import spread
from wxb.data.tables.columns import Category, Date, Number
from wxb.data.tables.encoding import encoding
from wxb.errors import WxbError
from wxb.page import built
from wxb.runs.matching import decision_of, filled, target_offsets
from wxb.runs.run import Run
from wxb.tasks import TASKS
from wxb.text import count, large
from wxb.text import shape as shape_text

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.network.build import Model
    from wxb.views.gallery.graph import Node

MOST_BYTES = 2 * 2**20  # of the weights of a network that a file holds,
MOST_MULTIPLY_ADDS = 200_000_000  # and of the work for an answer: about half a second
MOST_NUMBERS = 200_000  # of the examples that a file holds
EXAMPLES = 12
SCRIPT = "/single.js"  # of the built page
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
ROW, LANE, LEFT = 44, 9, 14


def html(run: Run) -> tuple[str, str]:
    """The file, and why the network cannot be tried in it; empty if it can.

    Raises WxbError if the run has not finished.
    """
    text = run.text("report.html")
    model = run.model()
    why = ""
    try:
        held = _held(run, model)
        trying = _section("Try it", f'<script type="application/json" id="wxb-network">{in_script(held)}</script>'
                                    '<div id="wxb-try"></div>')  # fmt: skip
        script = f"<script>\n{_script()}</script>\n"
    except WxbError as problem:
        why, script = problem.what, ""
        trying = _section("Try it", f"<p>The network cannot be tried in this file: {escape(why)}.</p>")
    style = (files("wxb.page.export") / "export.css").read_text(encoding="utf-8")
    head = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n<link rel="icon" href="data:,">\n'
    head += f"<style>\n{style}</style>\n</head>"
    from wxb.views.gallery.graph import planned

    text = text.replace("</head>", head, 1)
    text = text.replace("<section>", f"{trying}\n<section>", 1)
    last = text.rindex("<section>")  # the details
    text = f"{text[:last]}{_section('The network', drawn(planned(model.plan)))}\n{text[last:]}"
    return text.replace("</body>", f"{script}</body>", 1), why


def _section(title: str, inside: str) -> str:
    return f"<section>\n<h2>{title}</h2>\n{inside}\n</section>"


@cache
def _script() -> str:
    found = built.files().get(SCRIPT)
    if found is None:
        raise WxbError("the page of this installation was built before networks could be tried in a file")
    return found.decode().replace("</script", "<\\/script")


def in_script(value: Any) -> str:
    """A value as JSON that no text in it can end."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")


# --- what is tried ---------------------------------------------------------------------------------------------------


def _held(run: Run, model: Model) -> dict[str, Any]:
    """All that answers in a browser take. Raises WxbError if the network is none that can be tried there."""
    from wxb.page.export.program import Program

    _script()
    if model.plan.multiply_adds > MOST_MULTIPLY_ADDS or 4 * model.plan.parameters > MOST_BYTES:
        raise WxbError(
            f"it has {count(model.plan.parameters)} parameters and {large(model.plan.multiply_adds)} multiply-adds, "
            f"at most {count(MOST_BYTES // 4)} and {large(MOST_MULTIPLY_ADDS)} are tried in a browser"
        )
    about, fitted = run.summary, run.preparation
    if TASKS[about.task].of_inputs:
        raise WxbError("it gives its input again, which is not shown here; wxb view RUN reconstruction draws it")
    program = Program(model)
    decision = decision_of(run)
    data = _data(run)
    spatial = kind_of(about.input).spatial
    columns, how = _columns(run) if fitted is not None else (_numbers(run, data), None)
    return {
        "task": about.task,
        "head": about.head,
        "classes": list(about.classes) or [str(place) for place in range(about.outputs)],
        "kind": "picture" if spatial else "numbers" if fitted is None else "row",
        "input": about.input,
        "bytes": run.data.dtype == "uint8",
        "ink": _ink(data) if spatial else {"paper": 0, "ink": 255},
        "columns": [] if spatial else columns,
        "encoding": how,
        "program": program.plain,
        "decision": None if decision is None else decision.tolist(),
        "offsets": np.broadcast_to(target_offsets(run), about.outputs).tolist(),
        "examples": _examples(run, data),
    }


def _data(run: Run) -> Dataset | None:
    """The run's own data, if they are still there."""
    try:
        return run.unchanged_data()
    except WxbError:
        return None


def _ink(data: Dataset | None) -> dict[str, float]:
    from wxb.page.networks import ink

    return {"paper": 0, "ink": 255} if data is None else ink(data.examples)


def _columns(run: Run) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The columns of a row, and how its features are made. Raises WxbError if a column is free text."""
    fitted = run.preparation
    assert fitted is not None
    if fitted.texts:
        raise WxbError(f"the column {next(iter(fitted.texts)).name} is free text, which is read by wxb only")
    known = {column.name: column for column in fitted.used}
    columns = []
    for name in fitted.names:
        column = known.get(name)
        kind = "date" if isinstance(column, Date) else "number" if isinstance(column, Number) else "category"
        values = column.code if isinstance(column, Category) else {}
        columns.append({"name": name, "kind": kind, "values": list(values), "codes": list(values.values())})
    return columns, {name: array.tolist() for name, array in encoding(fitted)._asdict().items()}


def _numbers(run: Run, data: Dataset | None) -> list[dict[str, Any]]:
    """The features of an array as columns."""
    features = run.summary.input[0]
    names = data.features if data is not None and data.features else ("x", "y") if features == 2 else ()
    names = names or tuple(f"number {place}" for place in range(features))
    return [{"name": name, "kind": "number", "values": [], "codes": []} for name in names]


def _examples(run: Run, data: Dataset | None) -> list[dict[str, Any]]:
    """Some examples of the test part, as the data have them, and what they are."""
    if data is None or not len(run.split.test):
        return []
    size = int(np.prod(data.examples.shape[1:]))
    rows = spread(run.split.test, min(EXAMPLES, MOST_NUMBERS // max(1, size)))
    units = data.targets_in_units()
    found = []
    for row in rows:
        values = filled(run, np.asarray(data.examples[row : row + 1])).ravel()
        plain = [None if value != value else value for value in values.tolist()]
        found.append({"values": plain, "given": TASKS[data.task].text(units[row], data.classes)})
    return found


# --- the network, drawn ----------------------------------------------------------------------------------------------


def drawn(nodes: list[Node]) -> str:
    """The layers with their shapes from the input to the output, joined by lines, as an SVG."""
    edges = sorted(
        ((start, end) for end, node in enumerate(nodes) for start in node.before if start != end - 1),
        key=lambda edge: edge[1] - edge[0],
    )
    lanes: list[list[tuple[int, int]]] = []
    arcs = []
    for start, end in edges:
        free = (place for place, taken in enumerate(lanes) if all(end <= a or start >= b for a, b in taken))
        lane = next(free, len(lanes))
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append((start, end))
        arcs.append((start, end, lane))
    left = LEFT + LANE * len(lanes)
    lines = []
    for place, node in enumerate(nodes):
        y = place * ROW + ROW // 2
        if place - 1 in node.before:
            lines.append(f'<line x1="{left}" x2="{left}" y1="{y - ROW}" y2="{y}"/>')
        told = [shape_text(node.output)]
        told += [f"{large(node.parameters)} parameters"] if node.parameters else []
        told += [f"{large(node.multiply_adds)} multiply-adds"] if node.multiply_adds else []
        x = left + 16 + 14 * min(node.depth, 4)
        lines.append(
            f'<circle cx="{left}" cy="{y}" r="3.5"/><text class="layer" x="{x}" y="{y - 2}">{escape(node.layer)}</text>'
            f'<text x="{x}" y="{y + 13}">{" · ".join(told)}</text>'
        )
    for start, end, lane in arcs:
        x, first, last = left - LANE * (lane + 1), start * ROW + ROW // 2, end * ROW + ROW // 2
        lines.append(f'<path d="M{left} {first}H{x}V{last}H{left}"/>')
    high = len(nodes) * ROW
    return (
        f'<div class="wide"><svg class="graph" width="640" height="{high}" viewBox="0 0 640 {high}" role="img" '
        f'aria-label="the layers of the network">{"".join(lines)}</svg></div>'
    )
