"""A report as one HTML file that needs nothing else: no script, no font, no picture from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from wxb.report.figures import Series, comparison, confusion, curves, reliability
from wxb.report.sentences import ABOUT_RUN, Found, about_examples, interval_text, score_text, test_score
from wxb.text import count, duration, large, percent, rounded


def page(found: Found) -> str:
    """The whole file. Every word that a user may have chosen is escaped."""
    title = f"{found['data']['name']}: {_score(found)}"
    style = (files("wxb.report") / "page.css").read_text(encoding="utf-8")
    sections = (_head, _result, _failures, _trust, _next, _training, _details)
    body = "\n".join(filter(None, (section(found) for section in sections)))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n"
        f"<footer>{escape(found['run']['name'])} · wxb {escape(found['run']['wxb'])}</footer>\n"
        "</main>\n</body>\n</html>\n"
    )


def _score(found: Found) -> str:
    return score_text(test_score(found)[0], found["measure"])


def _section(title: str, *parts: str) -> str:
    inner = "\n".join(filter(None, parts))
    return f"<section>\n<h2>{escape(title)}</h2>\n{inner}\n</section>" if inner else ""


def _paragraph(said: str, kind: str = "") -> str:
    return f"<p{f' class={kind}' if kind else ''}>{escape(said)}</p>" if said else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """A table whose first `words` columns are words and whose others are numbers."""
    kinds = ["" if i < words else ' class="number"' for i in range(len(head))]
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
    parts = ", ".join(f"{name} {count(data['split'][name])}" for name in ("train", "validation", "test"))
    return (
        f'<header>\n<p class="kicker">wxb report · {escape(made)}</p>\n<h1>{escape(data["name"])}</h1>\n'
        f"<p>{escape(about_examples(found))}; {escape(parts)} ({escape(data['split']['how'])})</p>\n"
        f'<p class="network"><code>{escape(network["short"])}</code><br>{count(network["parameters"])} parameters, '
        f"{large(network['multiply_adds'])} multiply-adds an example</p>\n</header>"
    )


def _result(found: Found) -> str:
    measure = found["measure"]
    score, interval = test_score(found)
    what = {"classes": "accuracy", "labels": "of the examples with all labels right", "numbers": "R²"}[found["task"]]
    rows = [("this network", score, (interval[0], interval[1]), _said(score, interval, measure))]
    for name, one in sorted(found["baselines"].items(), key=lambda item: -item[1]["score"]):
        rows.append((name, one["score"], tuple(one["interval"]), _said(one["score"], one["interval"], measure)))
    examples = (
        f"{what} on {count(found['test']['examples'])} test examples, 95 % interval {interval_text(interval, measure)}"
    )
    warned = "".join(f"<li>{escape(warning)}</li>" for warning in found["warnings"])
    return "\n".join(
        filter(
            None,
            (
                f'<div class="score"><b>{escape(score_text(score, measure))}</b><span>{escape(examples)}</span></div>',
                comparison(rows),
                f'<div class="warnings"><ul>{warned}</ul></div>' if warned else "",
                f"<div>{_paragraph(found['sentences']['baselines'])}{_paragraph(found['sentences']['generalization'])}</div>",
            ),
        )
    )


def _said(score: float, interval: Sequence[float], measure: str) -> str:
    return f"{score_text(score, measure)}  {interval_text((interval[0], interval[1]), measure)}"


def _failures(found: Found) -> str:
    mistakes = found["mistakes"]
    wrong = "The most confident mistakes" if found["task"] != "numbers" else "The farthest off"
    parts = [f"<h3>{wrong}</h3>" if mistakes else _paragraph("No mistake on the test examples.")]
    if mistakes and "picture" in mistakes[0]:
        parts.append('<ul class="mistakes">' + "".join(_mistake(one) for one in mistakes) + "</ul>")
    elif mistakes:
        head = ["row", "given", "predicted", "probability"]
        rows = [[str(one["row"]), one["given"], one["predicted"], _chance(one)] for one in mistakes[:12]]
        shown = 3 if mistakes[0]["probability"] is None else 4  # of all of them, or of none
        parts.append(_table(head[:shown], [row[:shown] for row in rows], words=3))
    matrix = ""
    if "confusion" in found:
        figure = confusion(found["confusion"], found["data"]["classes"])
        matrix = f'<div><h3>Given against predicted</h3><div class="wide">{figure}</div></div>'
    parts.append(f'<div class="pair">{matrix}<div>{_per_class(found)}</div></div>')
    return _section("Where it fails", *parts)


def _mistake(one: dict[str, Any]) -> str:
    where = one.get("file", f"row {one['row']}")
    chance = f", {_chance(one)}" if one["probability"] is not None else ""
    return (
        f'<li><img src="{escape(one["picture"])}" alt="{escape(where)}" title="{escape(where)}">'
        f"<strong>{escape(one['predicted'])}</strong>{chance}<br>"
        f'<span class="soft">given: {escape(one["given"])}</span></li>'
    )


def _chance(one: dict[str, Any]) -> str:
    return "" if one["probability"] is None else f"{100 * one['probability']:.0f} %"


def _per_class(found: Found) -> str:
    if "per_target" in found:
        targets = [
            (name, f"{one['r2']:.3f}", rounded(one["rmse"]), rounded(one["mae"]))
            for name, one in found["per_target"].items()
        ]
        return "<h3>Target by target</h3>" + _table(("target", "R²", "RMSE", "MAE"), targets)
    head = ("class" if found["task"] == "classes" else "label", "precision", "recall", "F1", "examples")
    rows = [
        (one["name"], *(percent(one[key]) for key in ("precision", "recall", "f1")), count(one["support"]))
        for one in found["per_class"]
    ]
    return f"<h3>{head[0].capitalize()} by {head[0]}</h3>" + _table(head, rows)


def _trust(found: Found) -> str:
    test = found["test"]
    facts = [("loss", f"{test['loss']:.4f}")]
    if found["task"] == "classes":
        facts.append(("balanced accuracy", score_text(test["balanced_accuracy"], "accuracy")))
    if found["task"] == "labels":
        facts.append(("single labels right", score_text(test["label_accuracy"], "accuracy")))
    if found["task"] == "numbers":
        facts += [
            (name, f"{rounded(test[key])}  [{', '.join(map(rounded, test[f'{key}_interval']))}]")
            for name, key in (("root mean squared error", "rmse"), ("mean absolute error", "mae"))
        ]
    if test.get("roc_area") is not None:
        facts.append(("area under the ROC curve", f"{test['roc_area']:.4f}"))
    if test.get("calibration_error") is not None:
        facts.append(("log loss", f"{test['log_loss']:.4f}"))
        facts.append(("calibration error", f"{100 * test['calibration_error']:.1f} points (expected, 15 bins)"))
    figure = reliability(found.get("calibration", []))
    return _section(
        "Can it be trusted",
        f'<div class="pair"><div>{_facts(facts)}</div>{figure}</div>',
        _paragraph(found["sentences"]["size"]),
        _paragraph(found["sentences"]["weights"]),
    )


def _next(found: Found) -> str:
    rows = "".join(
        f"<div><dt><code>{escape(one['command'])}</code></dt><dd>{escape(one['what'])}</dd></div>"
        for one in found["next"]
    )
    return _section("What to do next", f'<dl class="commands">{rows}</dl>', _paragraph(ABOUT_RUN))


def _training(found: Found) -> str:
    history = found["history"]
    validation = [line.get("validation") or {} for line in history]
    losses = [
        Series("training", "--train", [line.get("train_loss") for line in history]),
        Series("validation", "--validation", [scores.get("loss") for scores in validation]),
    ]
    key, title, unit = ("rmse", "validation RMSE", "") if found["measure"] == "r2" else ("accuracy", "accuracy", "%")
    factor = 1 if unit == "" else 100
    scores = [None if (value := line.get(key)) is None else factor * value for line in validation]
    figures = (
        curves("loss", losses, floor=0.0)
        + curves(title, [Series("validation", "--validation", scores)], unit)
    )  # fmt: skip
    seconds = [(name, duration(value)) for name, value in found["seconds"].items()]
    if found["examples_per_second"]:
        seconds.append(("throughput", f"{count(round(found['examples_per_second']))} examples a second"))
    return _section(
        "How it was trained",
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
    facts += [(f"note {i}", note) for i, note in enumerate(found["data"]["notes"], 1)]
    settings = "\n".join(f"{name} = {value}" for name, value in found["settings"].items())
    return _section("Everything else", _facts(facts), f"<h3>Settings</h3><pre>{escape(settings)}</pre>")
