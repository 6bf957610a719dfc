"""Runs beside each other: the numbers of wxb compare, and the examples that changed sides."""

from __future__ import annotations

import numpy as np
import pytest

import wxb
from wxb import views
from wxb.errors import WxbError
from wxb.runs.compare import compare


@pytest.fixture(scope="module")
def pictures(trained, tmp_path_factory):
    run, data = trained["linear"]
    other = wxb.train(data, "FC-16-RELU, SOFTMAX", epochs=2, out=tmp_path_factory.mktemp("other") / "wider")
    return run, other, data


def test_the_numbers_are_those_of_wxb_compare(pictures):
    run, other, data = pictures
    view = views.comparison(run, data, against=str(other.path))
    (pair,) = compare([run, other], data).pairs
    assert view["differences"].tolist() == [[pair.differences["accuracy"].value]]
    assert view["intervals"][0, 0].tolist() == list(pair.differences["accuracy"].interval)
    assert (view["better"][0], view["worse"][0], view["p"][0]) == (pair.better, pair.worse, pair.p)
    settings = view.arrays["settings"].axes[0].ticks
    assert settings[0] == "network"
    assert "epochs" in settings
    assert view["settings"][settings.index("epochs")].tolist() == ["1", "2"]
    assert view["validation accuracy"].shape == (2, 2)


def test_examples_that_changed_sides_are_wrong_in_one_run_and_right_in_the_other(pictures):
    run, other, data = pictures
    view = views.comparison(run, data, against=str(other.path))
    rows, better = view["rows"], view["changed better"]
    first, second = (one.predict(data.examples[rows]).values == data.targets[rows] for one in (run, other))
    assert len(rows) > 0
    assert second.tolist() == better.tolist()
    assert first.tolist() == (~better).tolist()
    assert np.array_equal(view["pictures"], data.examples[rows])
    assert view["words"][:, 0].tolist() == [data.classes[one] for one in data.targets[rows]]
    drawn = view.svg()
    assert f"wider, now right: {min(10, better.sum())}" in drawn
    assert "→" in drawn


def test_rows_that_changed_are_those_of_the_table(trained, tmp_path):
    run, data = trained["table"]
    other = wxb.train(data, "FC-4-TANH, SOFTMAX", epochs=20, out=tmp_path / "other")
    view = views.comparison(run, data, against=str(other.path))
    for row, cells in zip(view["rows"], view["columns"], strict=True):
        assert cells[1:].tolist() == list(data.columns.words(data.examples[row]).values())


def test_runs_of_one_feature_are_drawn_over_each_other(trained, tmp_path):
    run, data = trained["line"]
    others = [wxb.train(data, "FC-8-RELU, EUCLID", epochs=1, l2=l2, out=tmp_path / f"l2-{l2:g}") for l2 in (0.01, 0.1)]
    view = views.comparison(run, data, against=",".join(str(one.path) for one in others))
    assert view["fits"].shape == (3, len(view["x"]), 1)
    places = view["x"][[0, 100, 400]].astype(np.float32)
    for fit, one in zip(view["fits"], [run, *others], strict=True):
        assert fit[[0, 100, 400], 0] == pytest.approx(one.predict(places[:, None]).values.reshape(-1), abs=1e-4)
    assert view.arrays["differences"].axes[0].ticks == ("l2-0.01", "l2-0.1")
    assert view["differences"].shape == (2, 2)
    drawn = view.svg()
    assert all(said in drawn for said in ("what each run says", "l2-0.01, closer", "R²: difference from the first"))


def test_what_cannot_be_compared_is_refused(trained):
    run, data = trained["plane"]
    with pytest.raises(WxbError, match=r"^comparison needs another run\n  fix: `against="):
        views.comparison(run, data)
    with pytest.raises(WxbError, match="learned regression"):
        views.comparison(run, data, against=str(trained["line"][0].path))
    with pytest.raises(WxbError, match="were not tested on the same examples"):
        views.comparison(run, data, against=str(trained["two"][0].path))
    with pytest.raises(WxbError, match=r"^comparison needs a run: a module alone has no history"):
        views.comparison(run.model(), data)


def test_curves_have_what_layers_did_in_the_watched_steps(trained, tmp_path):
    data = trained["linear"][1]
    run = wxb.train(data, "FC-12-RELU-FC-8-TANH, SOFTMAX", epochs=1, watch=5, out=tmp_path / "run")
    view = views.curves(run)
    watched = run.watched
    assert view["watched steps"].tolist() == [one.step for one in watched]
    for name, key, paths in [
        ("gradient norm", "gradient_norm", ("1.FC-12", "3.FC-8", "5.FC-10")),
        ("update ratio", "update_ratio", ("1.FC-12", "3.FC-8", "5.FC-10")),
        ("dead units", "dead", ("2.RELU",)),
        ("saturated outputs", "saturated", ("4.TANH",)),
    ]:
        assert view.arrays[name].axes[0].ticks == paths
        assert view[name].tolist() == [[getattr(one.layers[path], key) for one in watched] for path in paths]
    drawn = view.svg()
    assert "update ratio of each layer" in drawn
    assert "dead units of each layer, %" in drawn
    assert "mathdefault" not in drawn
    plain = views.curves(trained["linear"][0])
    assert "watched steps" not in plain.arrays
    assert "update ratio" not in plain.svg()
