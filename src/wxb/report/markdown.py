"""A report as Markdown: the content of the page, in its order, for a terminal or a repository."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from wxb.report.recipe import in_words
from wxb.report.sentences import (
    ABOUT_RUN,
    Found,
    about_data,
    about_importance,
    about_pair,
    columns_shown,
    headline,
    measure_of,
    measured,
    results_shown,
    telling_words,
    test_score,
    tested,
    words_shown,
)
from wxb.settings.spelling import as_options
from wxb.tasks import TASKS
from wxb.text import count, duration, large, one_line, rounded, visible


def escaped(said: str) -> str:
    """A user's text on one line, with the characters escaped that mean something in Markdown."""
    flat = re.sub(r"\s+", " ", said)
    return re.sub(r"([\\`*_\[\]<|~&])", r"\\\1", flat)


def markdown(found: Found) -> str:
    """The whole file."""
    blocks = [
        *_head(found),
        *_result(found),
        *_failures(found),
        *_learned(found),
        *_words(found),
        *_trust(found),
        *_next(found),
        *_training(found),
    ]
    return visible("\n\n".join(block for block in blocks if block) + "\n")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: Collection[int] = (0,)) -> str:
    rule = ["---" if i in words else "---:" for i in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))


def _head(found: Found) -> list[str]:
    data, network = found["data"], found["network"]
    return [
        f"# {escaped(data['name'])}: {headline(found)}",
        escaped(about_data(found)),
        f"    {one_line(network['short'])}",
        f"{count(network['parameters'])} parameters, {large(network['multiply_adds'])} multiply-adds per example. "
        f"Trained {found['run']['created'].split('T')[0]} by wxb {found['run']['wxb']}.",
    ]


def _result(found: Found) -> list[str]:
    warned = "\n".join(f"- **{escaped(as_options(warning))}**" for warning in found["warnings"])
    if found["test"] is None:
        return ["## How good it is", warned, escaped_sentence(found["sentences"]["generalization"])]
    measure = measure_of(found)
    score, interval = test_score(found)
    rows = [("**this network**", f"**{measure.text(score)}**", measure.interval_text(interval), "")]
    for baseline, one in sorted(found["baselines"].items(), key=lambda item: -item[1]["score"]):
        low, high = one["interval"]
        rows.append((baseline, measure.text(one["score"]), measure.interval_text((low, high)), escaped(one["about"])))
    return [
        "## How good it is",
        _table((tested(found), measure.title, "95 % interval", ""), rows),
        warned,
        escaped_sentence(found["sentences"]["baselines"]),
        escaped_sentence(found["sentences"]["generalization"]),
        escaped(found["sentences"].get("decision", "")),
    ]


def escaped_sentence(said: str) -> str:
    """One of our own sentences, with the few characters escaped that may occur in it."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", said)


def _failures(found: Found) -> list[str]:
    if found["test"] is None:
        return []
    mistakes = [
        (
            escaped(one.get("file", str(one["row"]))),
            escaped(one["given"]),
            escaped(one["predicted"]),
            "" if one["probability"] is None else f"{100 * one['probability']:.0f} %",
        )
        for one in found["mistakes"][:12]
    ]
    blocks = ["## Where it fails"]
    if results := results_shown(found):
        head, rows, cut = results
        blocks.append(cut)
        blocks.append(_table(head, [[escaped(row[0]), *row[1:]] for row in rows]))
    if mistakes:
        first = found["mistakes"][0]
        head = ["file" if "file" in first else "row", "given", "predicted", "probability"]
        shown = 3 if first["probability"] is None else 4  # of all of them, or of none
        columns = columns_shown(found)
        rows = [
            [*row[:shown], *(escaped(one["values"][column]) for column in columns)]
            for row, one in zip(mistakes, found["mistakes"], strict=False)
        ]
        head = [*head[:shown], *map(escaped, columns)]
        blocks += [f"{TASKS[found['task']].worst}:", _table(head, rows, words_shown(found, shown))]
    else:
        blocks.append("No mistake on the test examples.")
    if "confusion" in found and len(found["confusion"]) <= 20:
        names = [escaped(name) for name in found["data"]["classes"]]
        table = [
            [name, *(str(cell) if cell else "·" for cell in row)]
            for name, row in zip(names, found["confusion"], strict=True)
        ]
        blocks += ["Given (rows) against predicted (columns):", _table(["", *names], table)]
    return blocks


def _learned(found: Found) -> list[str]:
    inside = found.get("inside", {})
    blocks = []
    if "pair" in inside:
        blocks.append(f"Confused most: {escaped(about_pair(inside['pair']))}")
    if "importance" in inside:
        one = inside["importance"]
        rows = [
            (
                escaped(each["column"]),
                rounded(each["rise"], 3),
                f"[{', '.join(rounded(end, 3) for end in each['interval'])}]",
            )
            for each in one["columns"]
        ]
        blocks += [
            escaped_sentence(about_importance(one)),
            _table(("column", "rise of the loss", "95 % interval"), rows),
        ]
    return ["## What it has learned", *blocks] if blocks else []


def _words(found: Found) -> list[str]:
    if (words := telling_words(found)) is None:
        return []
    said, head, rows = words
    shown = _table(head, [[escaped(cell) for cell in row] for row in rows], (0, 1))
    return ["## What it goes by", escaped_sentence(said), shown]


def _trust(found: Found) -> list[str]:
    return [
        "## Can it be trusted",
        _table(["on the test examples", ""], rows) if (rows := measured(found)) else "",
        escaped_sentence(found["sentences"]["size"]),
        escaped_sentence(found["sentences"]["weights"]),
    ]


def _next(found: Found) -> list[str]:
    width = max(len(one_line(one["command"])) for one in found["next"])
    return [
        "## What to do next",
        in_words(found),
        "\n".join(f"    {one_line(one['command']):<{width}}   # {one_line(one['what'])}" for one in found["next"]),
        ABOUT_RUN,
    ]


def _training(found: Found) -> list[str]:
    rows = [[name, duration(value)] for name, value in found["seconds"].items()]
    if found["examples_per_second"]:
        rows.append(["throughput", f"{count(round(found['examples_per_second']))} examples per second"])
    settings = "\n".join(f"    {name} = {one_line(str(value))}" for name, value in found["settings"].items())
    environment = found["environment"]
    return [
        "## How it was trained",
        escaped_sentence(found["sentences"].get("curves", "")),
        _table(["stage", "time"], rows) if rows else "",
        f"{escaped(str(environment['processor']))}, {environment['cores']} cores; "
        + ", ".join(f"{name} {version}" for name, version in environment["versions"].items()),
        settings,
    ]
