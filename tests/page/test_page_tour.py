"""The tour: what its scenes ask of the server, and the commands that they show."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import numpy as np

import wxb
from wxb.cli.main import group
from wxb.notation import read
from wxb.notation.named import NAMED
from wxb.page import tour

SCENES = Path(__file__).resolve().parents[2] / "page" / "src" / "tour" / "scenes.ts"


def paths() -> list[str]:
    """The addresses of all scenes, in their order."""
    return re.findall(r'^ +path: "([a-z0-9-]+)",$', SCENES.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_digits_of_the_tour_are_those_of_the_data_set(client):
    sent = client.get("/api/tour/digits").json()
    data = wxb.load_data("digits")
    values = np.frombuffer(sent["pictures"].encode("ascii"), np.uint8) - ord("a")
    np.testing.assert_array_equal(values.reshape(-1, 64), data.examples[: tour.DIGITS].reshape(-1, 64))
    assert sent["labels"] == data.targets[: tour.DIGITS].tolist()
    assert sent["side"] == 8


def test_the_named_networks_of_the_tour_have_their_published_counts(client):
    sent = client.get("/api/tour/networks").json()
    assert [one["name"] for one in sent] == list(tour.NETWORKS)
    assert all(one["parameters"] == one["published"] == NAMED[one["name"]].parameters for one in sent)


def test_every_command_of_a_scene_is_one_that_wxb_takes():
    sources = SCENES.read_text(encoding="utf-8")
    commands = [
        first or second for first, second in re.findall(r"command:\s+(?:\"(.*)\"|'(.*)'),$", sources, re.MULTILINE)
    ]
    assert len(commands) > 20
    for line in (part for command in commands for part in command.split(" && ")):
        program, name, *words = shlex.split(line)
        assert program == "wxb"
        command = group.get_command(click.Context(group), name)
        assert command is not None, line
        given = command.make_context(name, words).params
        if name in ("train", "show"):
            text = [word for word in given["words"] if word in NAMED or "SOFTMAX" in word or "SVM" in word]
            assert all(read(NAMED[word].text if word in NAMED else word) for word in text)


def test_the_documentation_lists_every_scene():
    listed = re.findall(r"`([a-z0-9-]+)`", (SCENES.parents[3] / "docs" / "page.md").read_text(encoding="utf-8"))
    assert [path for path in listed if path in paths()] == paths()
