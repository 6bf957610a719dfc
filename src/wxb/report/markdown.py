"""A report as Markdown: the page's words and numbers in the page's order, for reading in a terminal or a repository."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from wxb.report.sentences import ABOUT_RUN, Found, about_examples, interval_text, score_text, test_score
from wxb.text import count, duration, large, percent, rounded


def escaped(said: str) -> str:
    """Words that a user chose, on one line and without meaning to Markdown."""
    flat = re.sub(r"\s+", " ", said)
    return re.sub(r"([\\`*_\[\]<|~&])", r"\\\1", flat)


def markdown(found: Found) -> str:
    """The whole file."""
    blocks = [*_head(found), *_result(found), *_failures(found), *_trust(found), *_next(found), *_training(found)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    rule = ["---" if i < words else "---:" for i in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))


def _head(found: Found) -> list[str]:
    data, network = found["data"], found["network"]
    parts = ", ".join(f"{name} {count(data['split'][name])}" for name in ("train", "validation", "test"))
    return [
        f"# {escaped(data['name'])}: {score_text(test_score(found)[0], found['measure'])}",
        f"{about_examples(found)}; {parts} ({escaped(data['split']['how'])})",
        f"    {network['short']}",
        f"{count(network['parameters'])} parameters, {large(network['multiply_adds'])} multiply-adds an example. "
        f"Trained {found['run']['created'].split('T')[0]} by wxb {found['run']['wxb']}.",
    ]


def _result(found: Found) -> list[str]:
    measure = found["measure"]
    score, interval = test_score(found)
    name = "R²" if measure == "r2" else "accuracy"
    rows = [("**this network**", f"**{score_text(score, measure)}**", interval_text(interval, measure), "")]
    for baseline, one in sorted(found["baselines"].items(), key=lambda item: -item[1]["score"]):
        said = score_text(one["score"], measure)
        rows.append((baseline, said, interval_text(one["interval"], measure), escaped(one["about"])))
    return [
        "## How good it is",
        _table((f"on {count(found['test']['examples'])} test examples", name, "95 % interval", ""), rows),
        "\n".join(f"- **{escaped(warning)}**" for warning in found["warnings"]),
        escaped_sentence(found["sentences"]["baselines"]),
        escaped_sentence(found["sentences"]["generalization"]),
    ]


def escaped_sentence(said: str) -> str:
    """A sentence of ours: names in it are our own, and only a bar or a bracket could mean something."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", said)


def _failures(found: Found) -> list[str]:
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
    if "per_target" in found:
        head = ["target", "R²", "RMSE", "MAE"]
        rows = [
            [escaped(name), f"{one['r2']:.3f}", rounded(one["rmse"]), rounded(one["mae"])]
            for name, one in found["per_target"].items()
        ]
    else:
        head = ["class" if found["task"] == "classes" else "label", "precision", "recall", "F1", "examples"]
        rows = [
            [escaped(one["name"]), *(percent(one[key]) for key in ("precision", "recall", "f1")), count(one["support"])]
            for one in found["per_class"]
        ]
    blocks.append(_table(head, rows))
    if mistakes:
        head = ["file" if "file" in found["mistakes"][0] else "row", "given", "predicted", "probability"]
        shown = 3 if found["mistakes"][0]["probability"] is None else 4  # of all of them, or of none
        worst = "The most confident mistakes" if found["task"] != "numbers" else "The farthest off"
        blocks += [f"{worst}:", _table(head[:shown], [row[:shown] for row in mistakes], words=3)]
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


def _trust(found: Found) -> list[str]:
    test = found["test"]
    rows = [["loss", f"{test['loss']:.4f}"]]
    names = {
        "balanced_accuracy": "balanced accuracy",
        "label_accuracy": "single labels right",
        "roc_area": "area under the ROC curve",
        "log_loss": "log loss",
        "calibration_error": "calibration error (expected, 15 bins)",
        "rmse": "root mean squared error",
        "mae": "mean absolute error",
    }
    rows += [[name, rounded(test[key])] for key, name in names.items() if test.get(key) is not None]
    return [
        "## Can it be trusted",
        _table(["on the test examples", ""], rows),
        escaped_sentence(found["sentences"]["size"]),
        escaped_sentence(found["sentences"]["weights"]),
    ]


def _next(found: Found) -> list[str]:
    width = max(len(one["command"]) for one in found["next"])
    return [
        "## What to do next",
        "\n".join(f"    {one['command']:<{width}}   # {one['what']}" for one in found["next"]),
        ABOUT_RUN,
    ]


def _training(found: Found) -> list[str]:
    rows = [[name, duration(value)] for name, value in found["seconds"].items()]
    if found["examples_per_second"]:
        rows.append(["throughput", f"{count(round(found['examples_per_second']))} examples a second"])
    settings = "\n".join(f"    {name} = {value}" for name, value in found["settings"].items())
    environment = found["environment"]
    return [
        "## How it was trained",
        _table(["stage", "time"], rows) if rows else "",
        f"{escaped(str(environment['processor']))}, {environment['cores']} cores; "
        + ", ".join(f"{name} {version}" for name, version in environment["versions"].items()),
        settings,
    ]
