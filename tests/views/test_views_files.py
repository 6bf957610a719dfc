"""A view as a file: figures in light and dark, arrays without pickles, names that cannot be written."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image

from wxb import views
from wxb.errors import WxbError
from wxb.views.drawing import DARK, bars, sheet
from wxb.views.view import Axis, Values, View


def draw(view):
    from wxb.views.drawing import Panel

    panel = Panel("<b>$5", 1, lambda axes: bars(axes, ["$x$", "<b>", "日"], view["a"]), left=1)
    return sheet(view.title, [panel], view.notes)


@pytest.fixture
def view():
    array = np.array([1.0, -2.5, np.nan])
    values = Values(array, (Axis("place", "pixels", ("$x$", "<b>", "日")),), "numbers", "inches")
    return View("maps", "A <i>title</i> of $money$\x1b[31m", {"a": values}, draw, {"given": "<b>"}, ("A note & more.",))


@pytest.fixture
def finite(view):
    from dataclasses import replace

    return replace(view, arrays={"a": Values(np.array([1.0, -2.5, 0]), view.arrays["a"].axes, "numbers")})


def test_a_view_is_written_in_the_form_that_its_name_ends_in(finite, tmp_path):
    for suffix in ("png", "svg", "html", "npz", "json"):
        assert finite.save(tmp_path / f"view.{suffix}") == tmp_path / f"view.{suffix}"
    with Image.open(tmp_path / "view.png") as picture:
        assert picture.width == 960
    assert (tmp_path / "view.svg").read_text().startswith("<svg")
    assert len(list(tmp_path.iterdir())) == 5


def test_json_has_every_number_with_its_axes_and_null_where_there_is_none(view, tmp_path):
    found = json.loads(view.save(tmp_path / "view.json").read_text())
    assert found["arrays"]["a"] == {
        "about": "numbers", "unit": "inches", "shape": [3], "values": [1.0, -2.5, None],
        "axes": [{"name": "place", "unit": "pixels", "ticks": ["$x$", "<b>", "日"]}],
    }  # fmt: skip
    assert found["facts"] == {"given": "<b>"}


def test_npz_needs_no_pickle(view, tmp_path):
    with np.load(view.save(tmp_path / "view.npz"), allow_pickle=False) as found:
        assert np.array_equal(found["a"], view["a"], equal_nan=True)
        about = json.loads(str(found["about"]))
    assert about["view"] == "maps"
    assert about["arrays"]["a"]["shape"] == [3]


def test_names_are_escaped_wherever_they_are_shown(finite, tmp_path):
    page = finite.save(tmp_path / "view.html").read_text()
    assert "<b>" not in page
    assert "<i>" not in page
    assert "\x1b" not in page
    assert "$x$" in page
    assert "A note" in page


def test_ink_and_paper_follow_light_and_dark(finite):
    drawn = finite.svg()
    head, _, rest = drawn.partition("</style>")
    assert "prefers-color-scheme:dark" in head
    for light, dark in DARK.items():
        assert light in head
        assert dark in head
        assert light not in rest
    assert rest.count("var(--view-ink)") > 3
    assert finite._repr_html_().startswith("<div><svg")


def test_the_same_view_gives_the_same_bytes(finite):
    assert finite.svg() == finite.svg()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("view.pdf", "view.pdf is not the name of a view's file\n  fix: a name that ends in .png, .svg, .html, .npz"),
        ("view", "view is not the name of a view's file"),
        ("none/view.png", "cannot be written: there is no folder"),
        ("folder.png", "cannot be written: it is a folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused(name, said, finite, tmp_path):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(WxbError, match=re.escape(said)):
        finite.save(tmp_path / name)


def test_axes_and_names_must_fit_the_array():
    with pytest.raises(ValueError, match="1 axes for an array of 2 dimensions"):
        Values(np.zeros((2, 2)), (Axis("row"),), "x")
    with pytest.raises(ValueError, match="1 names for 2 places of row"):
        Values(np.zeros(2), (Axis("row", ticks=("a",)),), "x")


def test_without_matplotlib_arrays_are_written_and_figures_refused(finite, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    finite.save(tmp_path / "view.npz")
    with pytest.raises(WxbError, match="a figure needs matplotlib, which is not installed"):
        finite.save(tmp_path / "view.png")
    assert not (tmp_path / "view.png").exists()
    assert "<td>numbers</td>" in finite._repr_html_()
    assert "matplotlib, which is not installed" in finite._repr_html_()


def test_a_view_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"'wxb\.views' has no attribute 'mapz'"):
        views.mapz  # noqa: B018
    assert "maps" in dir(views)


def test_long_names_keep_both_ends_and_numbers_stand_clear_of_them():
    from wxb.views.drawing import NAME, NAMES, Panel, middle_cut, style

    names = [f"a_column_of_the_table={place}_many" for place in range(30)]
    assert len({middle_cut(name, NAME) for name in names}) == 30
    assert {len(middle_cut(name, NAME)) for name in names} == {NAME}
    values = np.linspace(-0.000123456, 0.0000456, 30)
    with style():
        panel = Panel("", 0.17 * 30, lambda axes: bars(axes, names, values), left=NAMES)
        figure = sheet("title", [panel])
        figure.draw_without_rendering()
        texts = figure.axes[0].texts
        boxes = [text.get_window_extent() for text in texts]
    for name, number in zip(boxes[::2], boxes[1::2], strict=True):
        assert name.x0 >= 0
        assert name.x1 < number.x0
        assert number.x1 <= figure.bbox.x1
    assert all(above.y0 >= below.y1 - 1 for above, below in zip(boxes[:-2:2], boxes[2::2], strict=True))
