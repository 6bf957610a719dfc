"""Every view on every kind of network and data: it draws its arrays, or says in a sentence why it does not apply."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from tests.views.conftest import NETWORKS
from wxb import views
from wxb.errors import WxbError
from wxb.views.options import OPTIONS
from wxb.views.table import VIEWS, about_run, why_not


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_draws_or_says_why_it_does_not_apply(view, name, trained):
    run, data = trained[name]
    show = getattr(views, view)
    given = {"x": data} if "x" in inspect.signature(show).parameters and view != "graph" else {}
    if view == "comparison":
        given["against"] = str(run.path)
    if reason := why_not(view, about_run(run)):
        assert reason.startswith(f"{view} ")
        with pytest.raises(WxbError) as refused:
            show(run, **given)
        assert refused.value.what == reason
        return
    shown = show(run, **given)
    assert shown.name == view
    assert shown.arrays
    for key, one in shown.arrays.items():
        assert one.about, key
        if one.array.dtype.kind == "f":
            may_miss = (name in ("table", "columns") and key in ("input", "seen")) or (
                view == "calibration" and "bin" in one.about
            )
            missing = np.isnan(one.array) if may_miss else False
            assert (np.isfinite(one.array) | missing).all(), key
        else:
            assert one.array.dtype.kind in "biuU", key
    figure = shown.figure()
    assert 0.5 < figure.get_size_inches()[1] < 300
    assert shown.svg().startswith("<svg")


def test_every_network_of_the_battery_has_a_view_that_applies(trained):
    assert {name for name in NETWORKS if len(views.graph(trained[name][0]).arrays)} == set(NETWORKS)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_takes_the_options_that_the_table_says(view):
    parameters = inspect.signature(getattr(views, view)).parameters
    # a module alone needs examples for its graph; a run does not
    assert set(parameters) - {"of", "x"} == set(VIEWS[view].options) - {"x"}
    assert set(parameters) >= set(VIEWS[view].options)
    assert set(parameters) - {"of"} <= set(OPTIONS)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_a_line_and_a_docstring_on_its_arrays(view):
    assert VIEWS[view].about.endswith(".")
    assert len(VIEWS[view].about) <= 90
    assert "Arrays: " in inspect.getdoc(getattr(views, view))


def test_every_option_is_taken_by_some_view():
    assert {name for entry in VIEWS.values() for name in entry.flags} == set(OPTIONS)


def test_the_table_and_the_folder_of_views_agree(root):
    files = {path.stem for path in (root / "src" / "wxb" / "views" / "gallery").glob("[a-z]*.py")}
    assert files == set(VIEWS)
