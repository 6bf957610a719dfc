"""Views of a TEAM: layers before it are looked at as those of any network, its own by one group."""

from __future__ import annotations

import re

import numpy as np
import pytest

import wxb
from wxb import views
from wxb.errors import WxbError


def test_units_before_a_team_are_units_of_one_network(trained):
    run, data = trained["groups"]
    view = views.unit(run, data, layer="1", unit=2, place="3,4")
    assert view["after"][0] == pytest.approx(views.maps(run, data)["1.CONV3-4"][2, 3, 4], abs=1e-5)
    assert views.unit(run, data).facts["layer"] == "1.CONV3-4"
    assert views.exciting(run, data).facts["layer"] == "3.POOL2"


@pytest.mark.parametrize("view", [views.unit, views.exciting])
def test_units_of_a_team_are_refused_with_those_that_there_are(view, trained):
    run, data = trained["groups"]
    with pytest.raises(WxbError) as refused:
        view(run, data, layer="4.TEAM.2.1.FC-6")
    assert refused.value.what.startswith("4.TEAM.2.1.FC-6 has no single units: the members of a TEAM compute theirs")
    assert refused.value.fix == "one of 1.CONV3-4, 2.RELU, 3.POOL2"
    with pytest.raises(WxbError, match=f"^{view.__name__} shows single units, and the members of a TEAM"):
        view(*trained["team"])


def test_maps_of_a_team_are_those_of_one_group_in_low_rows(trained):
    run, data = trained["groups"]
    view = views.maps(run, data)
    assert {"4.TEAM.1.1.FC-6", "4.TEAM.2.1.FC-6"} <= set(view.arrays)
    drawn = view.svg()
    assert "4.TEAM.1.1.FC-6, 3x6" in drawn
    assert "4.TEAM.2.1.FC-6" not in drawn
    assert "Of the TEAM the layers of group 1 of 2 are drawn; its members stand in rows." in drawn


def test_maps_of_the_default_network_for_tables_fit_a_few_screens(tmp_path):
    rows = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    model = wxb.build("TEAM-5x8(FC-64-RELU-FC-64-RELU), SOFTMAX", input_shape=(4,), outputs=3)
    assert views.maps(model, rows).figure().get_size_inches()[1] < 20


def test_calibration_says_when_a_run_was_calibrated_in_training(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3)).astype(np.float32)
    data = wxb.load_data(rows, (rows[:, 0] + rng.normal(size=200) > 0).astype(np.int64))
    settings = {"epochs": 2, "bagging": True, "calibration": "temperature"}
    run = wxb.train(data, "TEAM-3x2(FC-4-RELU), SOFTMAX", out=tmp_path / "run", **settings)
    view = views.calibration(run, data)
    assert view.arrays["errors"].axes[0].ticks == ("as calibrated", "scaled")
    assert re.search("divided by a temperature at the end of training", view.notes[0])
    assert views.confusion(run, data)["class sizes"].sum() == len(run.split.train) + len(run.split.validation)
    assert view["errors"][0] == pytest.approx(run.evaluate(data, part="test").calibration_error, abs=1e-6)
