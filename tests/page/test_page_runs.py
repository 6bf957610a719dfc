"""What the page is told of runs: from their folders alone, in every state that they can be in."""

from __future__ import annotations

import json

from tests.runs.small import Epoch


def test_every_run_is_listed_with_its_state(client, running):
    listed = {one["name"]: one for one in client.get("/api/runs").json()["runs"]}
    assert {name: one["state"] for name, one in listed.items()} == {
        "finished": "finished", "stopped": "stopped", "running": "running", "newer": "damaged", "damaged": "damaged",
    }  # fmt: skip
    assert listed["finished"]["score"] == 0.9
    assert listed["finished"]["settings"]["learning_rate"] == 0.01
    assert listed["newer"]["problem"].endswith("was made by a newer wxb (9.0)")


def test_a_run_whose_process_has_gone_is_stopped(client, running):
    running.close()
    assert client.get("/api/runs/running").json()["state"] == "stopped"


def test_the_list_follows_what_is_in_the_folder(client, folder):
    client.get("/api/runs")
    (folder / "stopped").rename(folder / "renamed")
    names = {one["name"] for one in client.get("/api/runs").json()["runs"]}
    assert "renamed" in names
    assert "stopped" not in names


def test_a_run_that_cannot_be_read_says_why_and_what_to_do(client):
    told = client.get("/api/runs/newer").json()
    assert (told["state"], told["fix"]) == ("damaged", "pip install --upgrade wxb")


def test_curves_grow_with_the_history(client, running):
    assert client.get("/api/runs/running/curves").json()["step"] == [10]
    running.note(Epoch(2))
    told = client.get("/api/runs/running/curves").json()
    assert told["step"] == [10, 20]
    assert told["series"]["train_loss"]["max"] == [1, 0.5]
    assert told["series"]["validation_accuracy"]["min"] == [0.5, 0.5]


def test_a_line_that_is_being_written_waits_for_its_end(client, running):
    with (running.path / "history.jsonl").open("a") as history:
        history.write('{"epoch": 2, "st')
    assert client.get("/api/runs/running/curves").json()["step"] == [10]


def test_a_damaged_history_is_named(client, folder):
    with (folder / "stopped" / "history.jsonl").open("a") as history:
        history.write(json.dumps({"epoch": "two"}) + "\n")
    answered = client.get("/api/runs/stopped/curves")
    assert answered.status_code == 400
    assert "history.jsonl is damaged" in answered.json()["what"]


def test_a_report_is_shown_of_a_finished_run_only(client):
    assert client.get("/api/runs/finished/report").text == "<p>text"
    refused = client.get("/api/runs/stopped/report")
    assert refused.status_code == 400
    assert "has no report yet" in refused.json()["what"]
