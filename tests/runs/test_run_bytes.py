"""A byte that flipped in one run of a folder: it is shown as damaged, and the others are listed as before."""

from __future__ import annotations

import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wxb.cli.main import main
from wxb.errors import BUG
from wxb.runs.listing import runs


@pytest.mark.parametrize("name", ["run.json", "manifest.json"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_flipped_byte_hides_no_other_run_and_breaks_no_command(name, data, finished, tmp_path, capsys):
    shutil.rmtree(tmp_path / "all", ignore_errors=True)
    for one in ("good", "bad"):
        shutil.copytree(finished.path, tmp_path / "all" / one)
    path = tmp_path / "all" / "bad" / name
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1), label="place")
    content[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]), label="byte")
    path.write_bytes(content)
    states = {one.path.name: one.state for one in runs(tmp_path / "all")}
    assert states["good"] == "finished"
    assert states["bad"] in ("finished", "damaged")
    for words in (["runs", "all"], ["report", "all/bad"], ["verify", "all/bad"], ["resume", "all/bad"]):
        code = main([word.replace("all", str(tmp_path / "all")) for word in words])
        assert code != BUG, capsys.readouterr().err
        if words[0] == "verify":
            assert code in (1, 2, 3)
    capsys.readouterr()
    assert main(["runs", str(tmp_path / "all"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 2
