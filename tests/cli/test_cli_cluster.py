"""`wxb cluster`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import valid


def test_the_command_writes_tables_to_name_clusters_in(call):
    ended = call("cluster", "digits", "--k", "10", "--most", "300")
    assert ended.code == 0, ended.err
    assert "agreement with labels (ARI) 0." in ended.out
    folder = Path("clusters/digits")
    clusters = list(csv.DictReader((folder / "clusters.csv").read_text().splitlines()))
    assert list(clusters[0]) == ["cluster", "examples", "name", "most are", "share", "set apart by", "nearest"]
    assert sum(int(one["examples"]) for one in clusters) == 300
    examples = list(csv.DictReader((folder / "examples.csv").read_text().splitlines()))
    assert list(examples[0]) == ["row", "cluster", "distance", "label"]
    nearest = clusters[0]["nearest"].split()[0]
    assert next(one for one in examples if one["row"] == nearest)["cluster"] == "0"
    assert (folder / "clusters.png").read_bytes().startswith(b"\x89PNG")
    second = valid(call("cluster", "digits", "--k", "10", "--most", "300", "--json").json)
    assert second["files"][1] == "clusters/digits-2/clusters.csv"  # names that were given stay


def test_without_matplotlib_the_tables_are_written(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ended = call("cluster", "digits", "--k", "3", "--most", "60")
    assert ended.code == 0, ended.err
    assert "a figure needs matplotlib, which is not installed: pip install 'wxb[plots]'" in " ".join(ended.out.split())
    assert sorted(file.name for file in Path("clusters/digits").iterdir()) == ["clusters.csv", "examples.csv"]


@pytest.mark.parametrize(
    ("arguments", "what", "fix"),
    [
        (["digits", "--k", "1"], "--k 1: expected a whole number of at least 2", ""),
        (["digits", "--k", "50", "--most", "20"], "50 clusters of 20 different points", "--k 20"),
        (["digits", "--method", "kmean"], "expected kmeans, mixture, hdbscan", "--method kmeans"),
        (["digits", "--method", "hdbscan", "--k", "3"], "hdbscan finds how many", "leave out --k"),
        (["digits", "--on", "code"], "a data set has no code", "a run"),
        (["digits", "--on", "colours"], "COLOURS is no designed feature", "HOG"),
        (["nothing"], "nothing is neither a data set nor a folder", ""),
        (["digits", "--k", "3", "--most", "9", "--out", "taken"], "taken exists and is not empty", "another --out"),
    ],
)
def test_a_mistake_is_a_sentence_with_a_way_out(call, arguments, what, fix):
    Path("taken").mkdir()
    Path("taken/notes.txt").write_text("mine")
    ended = call("cluster", *arguments)
    assert ended.code == 2
    assert what in ended.err
    assert fix in ended.err
    assert Path("taken/notes.txt").read_text() == "mine"
