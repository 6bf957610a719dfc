"""What the page is told of runs: from their folders alone, in every state that they can be in."""

from __future__ import annotations

import json
import os
import time

import pytest

from tests.page.conftest import TOKEN
from tests.runs.small import Epoch
from wxb.runs import aside


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


@pytest.mark.parametrize("buckets", ["-1", "0", "1", "0.5", "9999999"])
def test_curves_have_a_bucket_at_least(client, buckets):
    told = client.get(f"/api/runs/finished/curves?buckets={buckets}").json()
    assert 1 <= len(told["step"]) <= 5


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


def change(client, path: str, **body: object):
    return client.post(path, json=body, headers={"x-wxb-token": TOKEN})


def test_a_label_is_kept_in_the_folder_of_the_run(client, folder):
    said = {"name": "the first", "tags": ["small", "<script>"], "note": "learned\nwell"}
    assert change(client, "/api/runs/finished/label", **said).status_code == 200
    listed = {one["name"]: one["label"] for one in client.get("/api/runs").json()["runs"] if "label" in one}
    assert listed["finished"] == said
    assert listed["stopped"] == {"name": "", "tags": [], "note": ""}
    assert json.loads((folder / "finished" / "label.json").read_text()) == said
    assert verify_files(folder / "finished") == []
    change(client, "/api/runs/finished/label")
    assert not (folder / "finished" / "label.json").exists()


def verify_files(run) -> list[str]:
    from wxb.runs.folder import KEPT
    from wxb.runs.summary import read_summary
    from wxb.runs.verify import file_differences

    return file_differences(run, read_summary, KEPT)[0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 5000,
        b'{"name": "\\ud800"}',
        b'{"tags": [""]}',
        b'{"name": 3}',
        b'{"name": "' + b"x" * 200 + b'"}',
    ],
)
def test_a_label_of_another_form_is_refused(client, body):
    answered = client.post("/api/runs/finished/label", content=body, headers={"x-wxb-token": TOKEN})
    assert (answered.status_code, answered.json()["what"]) == (400, "what was sent is not understood")


def test_a_label_that_was_damaged_does_not_hide_its_run(client, folder):
    (folder / "finished" / "label.json").write_text('{"name": ')
    listed = {one["name"]: one for one in client.get("/api/runs").json()["runs"]}
    assert listed["finished"]["label"]["name"] == ""


def test_a_deleted_run_can_be_brought_back(client, folder):
    before = {path.name: path.read_bytes() for path in (folder / "finished").iterdir()}
    assert change(client, "/api/runs/finished/delete").status_code == 200
    told = client.get("/api/runs").json()
    assert "finished" not in [one["name"] for one in told["runs"]]
    (gone,) = told["deleted"]
    assert gone["name"] == "finished"
    assert change(client, f"/api/deleted/{gone['key']}/bring-back").json() == {"name": "finished"}
    assert {path.name: path.read_bytes() for path in (folder / "finished").iterdir()} == before
    assert client.get("/api/runs").json()["deleted"] == []


def test_a_run_is_not_brought_back_over_another(client, folder):
    gone = change(client, "/api/runs/finished/delete").json()
    (folder / "stopped").rename(folder / "finished")
    answered = change(client, f"/api/deleted/{gone['key']}/bring-back")
    assert answered.status_code == 400
    assert "nothing was brought back" in answered.json()["what"]


def test_a_deleted_run_is_removed_when_asked_for(client, folder):
    gone = change(client, "/api/runs/finished/delete").json()
    assert change(client, f"/api/deleted/{gone['key']}/delete").status_code == 200
    assert list((folder / ".deleted").iterdir()) == []
    assert change(client, f"/api/deleted/{gone['key']}/delete").status_code == 400


def test_deleted_runs_are_removed_after_a_week(client, folder):
    change(client, "/api/runs/finished/delete")
    kept = change(client, "/api/runs/stopped/delete").json()
    (old,) = [one for one in aside.deleted(folder) if one.name == "finished"]
    week_ago = time.time() - aside.KEPT - 1
    os.utime(old.path.parent, (week_ago, week_ago))
    aside.remove_old(folder)
    assert [one.key for one in aside.deleted(folder)] == [kept["key"]]


def test_what_is_being_written_or_holds_more_than_a_run_is_not_deleted(client, folder, running):
    (folder / "stopped" / "thesis.txt").write_text("years of work")
    for name, why in (("running", "is writing"), ("stopped", "holds more than a run"), ("damaged", "is damaged")):
        answered = change(client, f"/api/runs/{name}/delete")
        assert answered.status_code == 400
        assert why in answered.json()["what"]
        assert (folder / name / "run.json").exists()


@pytest.mark.parametrize("key", ["..", "%2e%2e", "finished", "0" * 16])
def test_no_key_leads_out_of_what_was_deleted(client, folder, key):
    assert change(client, f"/api/deleted/{key}/delete").status_code in (400, 404)
    assert (folder / "finished" / "run.json").exists()


def test_a_thousand_runs_are_listed_in_two_seconds(folder, client):
    text = {path.name: path.read_bytes() for path in (folder / "finished").iterdir() if path.is_file()}
    for place in range(1000):
        (folder / f"run-{place}").mkdir()
        for name in ("run.json", "settings.toml", "manifest.json"):
            (folder / f"run-{place}" / name).write_bytes(text[name])
    began = time.process_time()
    assert len(client.get("/api/runs").json()["runs"]) == 1004
    assert time.process_time() - began < 2
    began = time.process_time()
    client.get("/api/runs")
    assert time.process_time() - began < 0.5
