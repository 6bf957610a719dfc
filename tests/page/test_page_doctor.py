"""The doctor on a run's page: a process of its own says what it does, what it found, and can be stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.page.conftest import TOKEN
from tests.page.test_page_trainings import until
from wxb.page import examined as examining

ALLOWED = {"x-wxb-token": TOKEN}


def told_by(client: Any, name: str, *states: str) -> Any:
    """What is told of a run's examination once it is in one of the states."""
    until(lambda: client.get(f"/api/runs/{name}/doctor").json()["state"] in states, seconds=240)
    return client.get(f"/api/runs/{name}/doctor").json()


def examined(client: Any, name: str) -> Any:
    assert client.post(f"/api/runs/{name}/doctor", headers=ALLOWED).status_code == 200
    return told_by(client, name, "done", "failed")


def saying(monkeypatch: Any, *lines: dict[str, Any], then: str = "") -> None:
    """In place of the doctor, a process that says the lines."""
    script = "import sys, time\n" + "".join(f"print({json.dumps(line)!r}, flush=True)\n" for line in lines) + then
    monkeypatch.setattr("wxb.page.doctor.COMMAND", (sys.executable, "-c", script))


def finding(command: str) -> dict[str, Any]:
    return {"kind": "found", "findings": [{"proof": {"command": command}}, {"proof": None}]}


def test_a_run_that_cannot_be_examined_says_why(client):
    assert client.get("/api/runs/finished/doctor").json() == {"state": "none"}
    assert client.post("/api/runs/finished/doctor").status_code == 403
    assert client.get("/api/runs/none/doctor").status_code == 404
    failed = examined(client, "damaged")
    assert failed["state"] == "failed"
    assert "run.json" in failed["problem"]["what"]


def test_what_the_doctor_does_is_told_while_it_works_and_it_can_be_stopped(client, monkeypatch):
    doing = {"kind": "doing", "text": "looks for D1: labels", "spent": 0.5, "budget": 3.0}
    ran = {"kind": "ran", "remedy": "", "score": 0.5}
    saying(monkeypatch, ran, doing, then="time.sleep(600)")
    assert client.post("/api/runs/finished/doctor", headers=ALLOWED).status_code == 200
    until(lambda: client.get("/api/runs/finished/doctor").json()["doing"] is not None)
    told = client.get("/api/runs/finished/doctor").json()
    assert told["state"] == "working"
    assert told["doing"]["text"] == "looks for D1: labels"
    assert [one["score"] for one in told["ran"]] == [0.5]
    assert client.post("/api/runs/finished/doctor/stop").status_code == 403
    assert client.post("/api/runs/finished/doctor/stop", headers=ALLOWED).status_code == 200
    assert told_by(client, "finished", "stopped")["found"] is None


def test_two_runs_are_examined_at_once_and_no_third(client, folder, monkeypatch):
    saying(monkeypatch, then="time.sleep(600)")
    for name in ("finished", "stopped"):
        assert client.post(f"/api/runs/{name}/doctor", headers=ALLOWED).status_code == 200
    refused = client.post("/api/runs/newer/doctor", headers=ALLOWED)
    assert refused.status_code == 400
    assert refused.json()["what"] == "finished and stopped are being examined"
    for name in ("finished", "stopped"):
        client.post(f"/api/runs/{name}/doctor/stop", headers=ALLOWED)


def test_a_doctor_that_dies_is_no_answer(client, monkeypatch):
    saying(monkeypatch, then="sys.exit(9)")
    told = examined(client, "finished")
    assert (told["state"], told["found"]) == ("failed", None)
    assert told["problem"]["what"] == "the examination ended without an answer"


def test_a_proved_remedy_becomes_a_run_and_another_finding_does_not(client, folder, monkeypatch):
    saying(monkeypatch, finding("wxb train ring 'FC-4-TANH, SOFTMAX' --examples 100 --epochs 1"))
    assert client.post("/api/runs/finished/doctor/train/0", headers=ALLOWED).status_code == 404
    examined(client, "finished")
    assert client.post("/api/runs/finished/doctor/train/0").status_code == 403
    for place in ("1", "2", "-1", "x"):
        answered = client.post(f"/api/runs/finished/doctor/train/{place}", headers=ALLOWED)
        assert answered.status_code in (400, 404), place
    name = client.post("/api/runs/finished/doctor/train/0", headers=ALLOWED).json()["name"]
    until(lambda: (folder / name / "report.html").exists(), seconds=120)
    assert json.loads((folder / name / "run.json").read_text())["network"] == "FC-4-TANH-FC-C, SOFTMAX"


def test_a_run_is_examined_with_its_side_runs_told(trained, capfdbinary, monkeypatch):
    monkeypatch.setattr(examining, "end_with_input", lambda: None)
    monkeypatch.setattr("sys.argv", ["examined", str(trained / "table")])
    monkeypatch.setattr(examining, "PAUSE", 0.0)
    examining.main()
    lines = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    found = lines[-1]
    assert found["kind"] == "found"
    assert found["stands"] in ("nothing", "slowly", "over", "good")
    assert found["measure"]["form"] == "score"
    ran = [line for line in lines if line["kind"] == "ran"]
    assert (ran[0]["remedy"], ran[0]["share"]) == ("", 1.0)
    assert ran[0]["score"] == pytest.approx(found["scores"]["network"])
    texts = [line["text"] for line in lines if line["kind"] == "doing"]
    assert any(text.startswith("looks for D1: ") for text in texts)
    assert any(text.startswith("trains it as it is, step 1 of ") for text in texts)
    spent = [line["spent"] for line in lines if line["kind"] == "doing"]
    assert spent == sorted(spent)


def test_the_doctor_ends_with_the_page(trained):
    ended = subprocess.run(
        [sys.executable, "-m", "wxb.page.examined", str(trained / "digits")],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    assert b"found" not in ended.stdout
    assert ended.stderr == b""
