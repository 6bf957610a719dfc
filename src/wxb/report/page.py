"""A report as one HTML file that needs nothing else: no script, no font, no picture from outside."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from wxb.report.figures import Series, agreement, comparison, confusion, curves, pair_map, reliability, rises
from wxb.report.recipe import recipe
from wxb.report.sentences import (
    ABOUT_RUN,
    Found,
    about_confusion,
    about_data,
    about_filters,
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
from wxb.text import count, duration, large, visible

MOST_TARGETS = 6  # whose numbers are drawn


def page(found: Found) -> str:
    """The whole file. Every word that a user may have chosen is escaped."""
    title = f"{found['data']['name']}: {headline(found)}"
    style = (files("wxb.report") / "page.css").read_text(encoding="utf-8")
    sections = (_head, _result, _failures, _learned, _words, _trust, _next, _training, _details)
    body = "\n".join(filter(None, (section(found) for section in sections)))
    return visible(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n"
        f"<footer>{escape(found['run']['name'])} · wxb {escape(found['run']['wxb'])}</footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def _section(title: str, *parts: str) -> str:
    inner = "\n".join(filter(None, parts))
    return f"<section>\n<h2>{escape(title)}</h2>\n{inner}\n</section>" if inner else ""


def _paragraph(said: str, kind: str = "") -> str:
    return f"<p{f' class={kind}' if kind else ''}>{escape(said)}</p>" if said else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: Collection[int] = (0,)) -> str:
    """A table whose columns at the places `words` are words and whose others are numbers."""
    kinds = ["" if i in words else ' class="number"' for i in range(len(head))]
    top = "".join(f"<th{kind}>{escape(cell)}</th>" for kind, cell in zip(kinds, head, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>\n"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead>\n<tbody>\n{body}</tbody></table></div>'


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    return '<dl class="facts">' + "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>\n" for a, b in rows) + "</dl>"


# --- the paper, from its title on ------------------------------------------------------------------------------------


def _head(found: Found) -> str:
    data, network = found["data"], found["network"]
    made = found["run"]["created"].split("T")[0]
    return (
        f'<header>\n<p class="kicker">wxb report · {escape(made)}</p>\n<h1>{escape(data["name"])}</h1>\n'
        f"<p>{escape(about_data(found))}</p>\n"
        f'<p class="network"><code>{escape(network["short"])}</code><br>{count(network["parameters"])} parameters, '
        f"{large(network['multiply_adds'])} multiply-adds per example</p>\n</header>"
    )


def _result(found: Found) -> str:
    warned = "".join(f"<li>{escape(as_options(warning))}</li>" for warning in found["warnings"])
    warnings = f'<div class="warnings"><ul>{warned}</ul></div>' if warned else ""
    if found["test"] is None:
        said = _paragraph(found["sentences"]["generalization"])
        return f'<div class="score"><b>{headline(found)}</b></div>\n{warnings}\n{said}'
    measure = measure_of(found)
    score, interval = test_score(found)
    rows = [("this network", score, interval, f"{measure.text(score)}  {measure.interval_text(interval)}")]
    for name, one in sorted(found["baselines"].items(), key=lambda item: -item[1]["score"]):
        low, high = one["interval"]
        text = f"{measure.text(one['score'])}  {measure.interval_text((low, high))}"
        rows.append((name, one["score"], (low, high), text))
    examples = f"{measure.title} {tested(found)}, 95 % interval {measure.interval_text(interval)}"
    return "\n".join(
        filter(
            None,
            (
                f'<div class="score"><b>{escape(measure.text(score))}</b><span>{escape(examples)}</span></div>',
                comparison(rows),
                warnings,
                f"<div>{_paragraph(found['sentences']['baselines'])}{_paragraph(found['sentences']['generalization'])}"
                f"{_paragraph(found['sentences'].get('decision', ''))}</div>",
            ),
        )
    )


def _failures(found: Found) -> str:
    if found["test"] is None:
        return ""
    mistakes = found["mistakes"]
    parts = [f"<h3>{TASKS[found['task']].worst}</h3>" if mistakes else _paragraph("No mistake on the test examples.")]
    if mistakes and "picture" in mistakes[0]:
        parts.append('<ul class="mistakes">' + "".join(_mistake(one) for one in mistakes) + "</ul>")
    elif mistakes:
        head = ["row", "given", "predicted", "probability"]
        rows = [[str(one["row"]), one["given"], one["predicted"], _probability(one)] for one in mistakes[:12]]
        shown = 3 if mistakes[0]["probability"] is None else 4  # of all of them, or of none
        columns = columns_shown(found)
        rows = [
            [*row[:shown], *(one["values"][column] for column in columns)]
            for row, one in zip(rows, mistakes, strict=False)
        ]
        parts.append(_table([*head[:shown], *columns], rows, words_shown(found, shown)))
    matrix = "".join(
        f"<div><h3>Given against predicted{f': {escape(name)}' if len(found['points']) > 1 else ''}</h3>"
        f"{agreement(pairs)}</div>"
        for name, pairs in list(found.get("points", {}).items())[:MOST_TARGETS]
    )
    if "confusion" in found:
        cut = about_confusion(found)
        figure = confusion(found["confusion"], found.get("confusion_classes", found["data"]["classes"]))
        matrix = f'<div><h3>Given against predicted</h3>{_paragraph(cut)}<div class="wide">{figure}</div></div>'
    parts.append(f'<div class="pair">{matrix}<div>{_per_class(found)}</div></div>')
    return _section("Where it fails", *parts)


def _learned(found: Found) -> str:
    inside = found.get("inside", {})
    parts = []
    if "pair" in inside:
        pair = inside["pair"]
        parts.append(
            f"<div><h3>The pair that is confused most</h3>{_paragraph(about_pair(pair))}"
            f"{pair_map(pair['points'], (pair['classes'][0], pair['classes'][1]))}</div>"
        )
    if "filters" in inside:
        one = inside["filters"]
        said = about_filters(one)
        parts.append(
            f'<div><h3>What the first layer looks for</h3>{_paragraph(said)}<img class="filters" '
            f'src="{escape(one["picture"])}" alt="{escape(said)}"></div>'
        )
    if "importance" in inside:
        one = inside["importance"]
        columns = [(each["column"], each["rise"], tuple(each["interval"])) for each in one["columns"]]
        parts.append(f"<div><h3>Which columns matter</h3>{_paragraph(about_importance(one))}{rises(columns)}</div>")
    return _section("What it has learned", f'<div class="pair learned">{"".join(parts)}</div>') if parts else ""


def _mistake(one: dict[str, Any]) -> str:
    where = one.get("file", f"row {one['row']}")
    probability = f", {_probability(one)}" if one["probability"] is not None else ""
    return (
        f'<li><img src="{escape(one["picture"])}" alt="{escape(where)}" title="{escape(where)}">'
        f"<strong>{escape(one['predicted'])}</strong>{probability}<br>"
        f'<span class="soft">given: {escape(one["given"])}</span></li>'
    )


def _probability(one: dict[str, Any]) -> str:
    return "" if one["probability"] is None else f"{100 * one['probability']:.0f} %"


def _per_class(found: Found) -> str:
    table = results_shown(found)
    if table is None:
        return ""
    head, rows, cut = table
    return f"<h3>{head[0].capitalize()} by {head[0]}</h3>" + _paragraph(cut) + _table(head, rows)


def _words(found: Found) -> str:
    if (words := telling_words(found)) is None:
        return ""
    said, head, rows = words
    return _section("What it goes by", _paragraph(said), _table(head, rows, (0, 1)))


def _trust(found: Found) -> str:
    figure = reliability(found.get("calibration", []))
    rows = measured(found)
    facts = _facts(rows) if rows else ""
    return _section(
        "Can it be trusted",
        f'<div class="pair"><div>{facts}</div>{figure}</div>',
        _paragraph(found["sentences"]["size"]),
        _paragraph(found["sentences"]["weights"]),
    )


def _next(found: Found) -> str:
    rows = "".join(
        f"<div><dt><code>{_command(one['command'])}</code></dt><dd>{escape(one['what'])}</dd></div>"
        for one in found["next"]
    )
    return _section("What to do next", recipe(found), f'<dl class="commands">{rows}</dl>', _paragraph(ABOUT_RUN))


def _command(said: str) -> str:
    """A command that breaks between its words only: a browser also breaks after the hyphens of an option."""
    words = (escape(word) for word in said.split(" "))
    return " ".join(f'<span class="option">{word}</span>' if word.startswith("-") else word for word in words)


def _training(found: Found) -> str:
    history = found["history"]
    validation = [line.get("validation") or {} for line in history]
    losses = [
        Series("training", "train", [line.get("train_loss") for line in history]),
        Series("validation", "validation", [scores.get("loss") for scores in validation]),
    ]
    figures = curves("loss", losses, floor=0.0)
    for measure in TASKS[found["task"]].validated:
        unit, factor = ("%", 100) if measure.form == "share" else ("", 1)
        values = [None if (value := line.get(measure.name)) is None else factor * value for line in validation]
        figures += curves(measure.title, [Series("validation", "validation", values)], unit)
    seconds = [(name, duration(value)) for name, value in found["seconds"].items()]
    if found["examples_per_second"]:
        seconds.append(("throughput", f"{count(round(found['examples_per_second']))} examples per second"))
    return _section(
        "How it was trained",
        _paragraph(found["sentences"].get("curves", "")),
        f'<div class="pair">{figures}</div>' if figures else "",
        f"<h3>Time</h3>{_facts(seconds)}" if seconds else "",
    )


def _details(found: Found) -> str:
    environment = found["environment"]
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items())
    machine = ", ".join(f"{key} {value}" for key, value in environment["machine"].items())
    facts = [
        ("network", found["network"]["text"]),
        ("data", found["data"]["fingerprint"]),
        ("processor", f"{environment['processor']}, {environment['cores']} cores, {environment['memory_gib']} GiB"),
        ("machine", machine),
        ("versions", versions),
    ]
    facts += [(f"note {i}", as_options(note)) for i, note in enumerate(found["data"]["notes"], 1)]
    settings = "\n".join(f"{name} = {value}" for name, value in found["settings"].items())
    return _section("Everything else", _facts(facts), f"<h3>Settings</h3><pre>{escape(settings)}</pre>")
