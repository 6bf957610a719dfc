"""The report's three files: complete, alike, self-contained, and safe whatever a class is called."""

from __future__ import annotations

import base64
import io
import json
import re
import time
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import jsonschema
import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image

import wxb
from wxb.report import markdown, page, report_files
from wxb.report.pictures import picture
from wxb.report.sentences import about_data
from wxb.settings.spelling import as_options
from wxb.text import percent

NUMBER = {"type": "number"}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
TEXT = {"type": "string"}
INTERVAL = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
SCORES = {
    "type": "object",
    "required": ["examples", "loss"],
    "properties": {
        "examples": {"type": "integer"},
        "loss": NUMBER,
        "accuracy": SHARE,
        "exact_match": SHARE,
        "interval": INTERVAL,
    },
    "anyOf": [
        {"required": ["accuracy", "interval"]},
        {"required": ["exact_match", "interval", "label_accuracy"]},
        {"required": ["r2", "r2_interval", "rmse", "rmse_interval", "mae", "mae_interval"]},
    ],
}
SCHEMA = {
    "type": "object",
    "required": [
        "schema", "run", "data", "network", "task", "measure", "test", "train", "baselines", "mistakes", "history",
        "epochs", "seconds", "examples_per_second", "size", "settings", "environment", "sentences", "warnings", "next",
    ],
    "properties": {
        "schema": {"const": "wxb/report/1"},
        "run": {"type": "object", "required": ["name", "wxb", "created"]},
        "data": {
            "type": "object",
            "required": ["name", "task", "kind", "examples", "shape", "classes", "counts", "split", "fingerprint"],
        },
        "network": {"type": "object", "required": ["text", "short", "head", "parameters", "multiply_adds"]},
        "task": {"enum": ["classification", "multilabel", "regression"]},
        "measure": {"enum": ["accuracy", "exact_match", "r2"]},
        "test": SCORES,
        "train": SCORES,
        "baselines": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["score", "interval", "about", "seconds"],
                "properties": {"score": NUMBER, "interval": INTERVAL, "about": TEXT, "seconds": NUMBER},
            },
        },
        "mistakes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["row", "given", "predicted", "probability"],
                "properties": {"row": {"type": "integer"}, "probability": {"anyOf": [SHARE, {"type": "null"}]}},
            },
        },
        "per_class": {
            "type": "array",
            "items": {"type": "object", "required": ["name", "precision", "recall", "f1", "support"]},
        },
        "confusion": {"type": "array", "items": {"type": "array", "items": {"type": "integer", "minimum": 0}}},
        "calibration": {
            "type": "array",
            "items": {"type": "object", "required": ["low", "high", "examples", "confidence", "accuracy"]},
        },
        "history": {"type": "array", "items": {"type": "object", "required": ["epoch", "step", "train_loss"]}},
        "seconds": {"type": "object", "additionalProperties": NUMBER},
        "size": {"type": "object", "required": ["parameters", "examples", "by_weights", "by_error"]},
        "sentences": {"type": "object", "additionalProperties": TEXT},
        "warnings": {"type": "array", "items": TEXT},
        "next": {"type": "array", "items": {"type": "object", "required": ["command", "what"]}},
    },
}  # fmt: skip


class Reader(HTMLParser):
    """Notes every tag, and that each is closed in order."""

    VOID = ("meta", "br", "img", "link", "line", "circle", "rect", "polyline")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def test_report_json_keeps_its_schema(found):
    jsonschema.validate(json.loads(report_files(found)["report.json"]), SCHEMA)


def test_classes_have_confusion_and_a_roc_area_where_there_are_two(found_of):
    assert found_of("pictures")["test"]["roc_area"] is None
    binary = found_of("binary")
    assert 0.5 < binary["test"]["roc_area"] <= 1
    assert np.sum(binary["confusion"]) == binary["test"]["examples"] == 30


def test_markdown_and_page_come_from_the_json_alone(found):
    stored = json.loads(report_files(found)["report.json"])
    assert report_files(stored) == report_files(found)


def test_the_page_is_one_file_without_scripts_or_anything_from_outside(found):
    html = page(found)
    reader = read(html)
    names = {tag for tag, _ in reader.tags}
    assert not names & {"script", "link", "iframe", "object", "base", "form"}
    for _, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "data:").startswith("data:image/png;base64,") or name not in attributes
    assert "http://" not in html
    assert "https://" not in html
    assert "@import" not in html
    assert "url(" not in html


def test_figures_of_the_page_are_whole_svg_with_words_for_those_who_do_not_see(found):
    figures = re.findall(r"<svg.*?</svg>", page(found), flags=re.DOTALL)
    assert len(figures) >= 2
    for figure in figures:
        assert ElementTree.fromstring(figure).attrib["aria-label"]


def test_names_that_mean_something_to_html_are_shown_as_they_are(found):
    reader = read(page(found))
    words = " ".join(reader.words)
    assert "<i>blobs</i>" in words
    assert '<script>alert("1")</script>' in words
    assert "i" not in [tag for tag, _ in reader.tags]


def test_names_that_mean_something_to_markdown_are_shown_as_they_are(found):
    text = markdown(found)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or []]
    assert not [child for child in inline if child.type in ("html_inline", "link_open", "em_open", "code_inline")]
    assert not [token for token in tokens if token.type == "html_block"]
    words = "".join(child.content for child in inline)
    assert "a|b *c* `d` [e](f)" in words
    for table in re.findall(r"(?:^\|.*\n?)+", text, flags=re.MULTILINE):
        columns = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(columns) == 1


def test_both_files_say_the_score_the_baselines_and_every_warning(found):
    score = found["test"].get("accuracy", found["test"].get("exact_match"))
    said = percent(score) if score is not None else f"{found['test']['r2']:.3f}"
    words = " ".join(" ".join(read(page(found)).words).split())  # however many tags a sentence has
    plain = re.sub(r"\\(.)", r"\1", markdown(found))
    for text in (words, plain):
        assert said in text
        assert "nearest neighbour" in text
        for warning in found["warnings"]:
            assert " ".join(as_options(warning).split()) in text
        for one in found["next"]:
            assert one["command"] in text


def test_mistakes_show_their_pictures_and_files(found_of):
    found = found_of("pictures")
    reader = read(page(found))
    pictures = [attributes for tag, attributes in reader.tags if tag == "img"]
    assert len(pictures) == len(found["mistakes"]) > 0
    assert pictures[0]["alt"] == found["mistakes"][0]["file"]
    assert found["mistakes"][0]["file"].startswith("<dir>/")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_holds_the_pixels_it_was_made_of(channels):
    example = np.random.default_rng(0).integers(0, 256, (channels, 5, 7)).astype(np.uint8)
    data = base64.b64decode(picture(example).removeprefix("data:image/png;base64,"))
    shown = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(shown, example[0] if channels == 1 else np.moveaxis(example, 0, -1))


def test_a_dark_picture_is_shown_up_to_its_white_and_a_large_one_small():
    data = base64.b64decode(picture(np.full((1, 400, 200), 16, np.uint8), white=16).split(",")[1])
    shown = Image.open(io.BytesIO(data))
    assert shown.size == (48, 96)
    assert np.asarray(shown).min() == 255


def test_the_same_findings_give_the_same_bytes_in_no_time(found):
    report_files(found)
    began = time.perf_counter()
    first = report_files(found)
    assert time.perf_counter() - began < 0.5
    assert report_files(found) == first


def test_the_page_prints_and_follows_light_and_dark(found_of):
    html = page(found_of("rows"))
    assert "@media print" in html
    assert "prefers-color-scheme: dark" in html


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("pictures", "120 pictures 3x8x8 in 3 classes"),
        ("rows", "120 rows of 2 features in 3 classes"),
        ("labels", "120 rows of 2 features with 3 labels"),
        ("numbers", "120 rows of 2 features with 3 targets"),
    ],
)
def test_examples_are_called_what_they_are(kind, said, found_of):
    found = found_of(kind)
    assert about_data(found).startswith(f"{said}; train ")
    assert said in markdown(found)
    assert said in page(found)


def test_a_table_of_mistakes_has_no_column_of_probabilities_where_there_are_none(found):
    if "picture" in found["mistakes"][0]:
        return
    has = found["mistakes"][0]["probability"] is not None
    assert ("| predicted | probability |" in markdown(found)) == has
    assert ('<th>predicted</th><th class="number">probability</th>' in page(found)) == has


def test_a_run_on_a_table_shows_the_rows_of_its_mistakes_and_numbers_against_given_ones(tmp_path):
    rng = np.random.default_rng(0)
    sizes, towns = rng.uniform(30, 99, 200), ["Köln<b>", ""] * 100
    lines = [f"{size:.1f},{town},{3 * size + rng.normal(0, 9):.0f}" for size, town in zip(sizes, towns, strict=True)]
    (tmp_path / "flats.csv").write_text("\n".join(["size,town,price", *lines]) + "\n")
    data = wxb.load_data(tmp_path / "flats.csv", target="price")
    run = wxb.train(data, "FC-8-RELU, EUCLID", epochs=2, out=tmp_path / "run")
    worst = run.report.mistakes[0]
    size, town, price = lines[worst.row].split(",")
    assert worst.values == {"size": f"{float(size):g}", "town": town}
    assert worst.given == price
    points = run.report.points["price"]
    assert len(points) == len(data.split.test)
    assert [given for given, _ in points] == data.targets[data.split.test, 0].tolist()
    page, markdown = ((run.path / name).read_text() for name in ("report.html", "report.md"))
    assert page.count("<circle") >= len(points)
    assert "<b>" not in page.split("The farthest off")[1].split("</table>")[0]
    assert "| row | given | predicted | size | town |" in markdown
    assert markdown.startswith(f"# flats: R² {run.report.test['r2']:.3f}")


def test_commands_of_the_page_do_not_break_after_the_hyphens_of_an_option(found):
    commands = [one["command"] for one in found["next"]]
    html = page(found)
    options = [word for command in commands for word in command.split() if word.startswith("-")]
    assert options
    assert all(f'<span class="option">{word}</span>' in html for word in options)
    assert ".option { white-space: nowrap; }" in html


def test_texts_among_the_mistakes_stand_left_and_numbers_right_and_warnings_name_options(tmp_path):
    lines = [f"{i % 17 / 3:.2f},{('Rome', 'Oslo')[i % 2]},{(i * 7) % 5 % 2},{i % 3 % 2}" for i in range(200)]
    (tmp_path / "t.csv").write_text("\n".join(["x,town,a,b", *lines]))
    data = wxb.load_data(tmp_path / "t.csv", target=["a", "b"])
    run = wxb.train(data, "FC-2-RELU, SIGMOIDS", epochs=1, out=tmp_path / "run")
    marked, html = (run.path / "report.md").read_text(), (run.path / "report.html").read_text()
    head = next(line for line in marked.splitlines() if line.startswith("| row"))
    rule = marked.splitlines()[marked.splitlines().index(head) + 1]
    sides = dict(zip(head.split(" | ")[-2:], rule.split(" | ")[-2:], strict=True))
    assert sides == {"x": "---:", "town |": "--- |"}
    assert '<th class="number">x</th><th>town</th>' in html
    for text in (marked, html):
        assert "taken as labels; --task regression takes them as numbers" in text
        assert "`" not in text
