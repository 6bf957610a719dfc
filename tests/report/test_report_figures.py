"""Figures: right places, right colours, and none that breaks on odd data."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxb.report.figures import Series, agreement, comparison, confusion, curves, reliability, tick_text, ticks, viridis


@pytest.mark.parametrize("share", np.linspace(0, 1, 41))
def test_colours_are_viridis(share):
    expected = 255 * np.array(matplotlib.colormaps["viridis"](share)[:3])
    assert np.abs(np.array(viridis(share)) - expected).max() < 5


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(3, 10))
def test_ticks_are_round_few_and_within(low, span, most):
    high = low + span
    found = ticks(low, high, most)
    assert 1 <= len(found) <= most + 1
    slack = 1e-6 * max(abs(low), abs(high), span)
    assert all(low - slack <= value <= high + slack for value in found)
    if len(found) > 1:
        steps = np.diff(found)
        assert np.allclose(steps, steps[0], rtol=1e-4)
        leading = steps[0] / 10 ** math.floor(math.log10(steps[0]) + 1e-9)
        assert min(abs(leading - factor) for factor in (1, 2, 5, 10)) < 1e-3


def numbers_in(figure: str, attribute: str) -> list[float]:
    return [float(value) for value in re.findall(rf'{attribute}="(-?[\d.]+)"', figure)]


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True, width=32)), max_size=30))
def test_curves_of_any_values_are_valid_and_within_their_frame(values):
    figure = curves("loss", [Series("training", "train", values)])
    if not any(value is not None and math.isfinite(value) for value in values):
        assert figure == ""
        return
    root = ElementTree.fromstring(figure)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    points = root.findall("polyline")[0].attrib["points"].split()
    for point in points:
        x, y = map(float, point.split(","))
        assert 0 <= x <= width
        assert 0 <= y <= height


def test_labels_of_lines_that_end_together_stand_apart():
    figure = curves("loss", [Series("training", "train", [2, 1.0]), Series("validation", "validation", [2, 1.001])])
    places = [float(y) for y, name in re.findall(r'y="([\d.]+)" style="[^"]*">(\w+)<', figure)]
    assert abs(places[0] - places[1]) >= 14


def test_bars_are_as_long_as_their_scores():
    rows = [("this network", 0.8, (0.7, 0.9), "80 %"), ("majority", 0.4, (0.3, 0.5), "40 %")]
    widths = [float(w) for w in re.findall(r'<rect [^>]*width="([\d.]+)"', comparison(rows))]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)


def test_the_axis_of_the_bars_does_not_cross_their_names():
    rows = [("this network", 0.8, (0.7, 0.9), "80 %"), ("linear", 0.4, (0.3, 0.5), "40 %")]
    figure = comparison(rows)
    names = [float(y) for y in re.findall(r'y="([\d.]+)" class="row (?:own|other)"', figure)]
    lines = [(float(a), float(b)) for a, b in re.findall(r'y1="([\d.]+)" x2="1.0" y2="([\d.]+)" class="axis"', figure)]
    assert len(names) == len(lines) == 2
    assert not any(top < name < bottom for name in names for top, bottom in lines)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.25, "0.25"), (-3, "-3"), (400_000, "400,000"), (1.2e6, "1.2 M"), (-3e9, "-3 G"), (1e16, "1e+16"), (0, "0")],
)
def test_a_tick_is_a_short_number_without_a_power_of_ten(value, said):
    assert tick_text(value) == said


def test_axes_write_thousands_apart():
    assert ">400,000<" in agreement([(100_000, 150_000), (500_000, 480_000)])
    assert ">58,000<" in curves("error", [Series("validation", "validation", [59_400, 51_100])])


@pytest.mark.parametrize("scale", [1e-5, 1, 1e3, 59_400, -400_000, 1_020_000, 3e9, 1e16])
def test_no_digit_of_a_tick_is_cut_off_at_the_left(scale):
    values = [scale, 1.1 * scale]
    for figure in (curves("error", [Series("validation", "validation", values)]), agreement([values, values[::-1]])):
        labels = re.findall(r'<text x="([\d.]+)" [^>]*text-anchor="end">([^<]+)<', figure)
        assert labels
        assert all(float(x) >= 7.7 * len(said) for x, said in labels)  # a digit of 12 px is at most 7.7 wide


def test_a_score_below_zero_has_no_bar_but_its_number():
    figure = comparison([("this network", -0.3, (-0.5, -0.1), "−0.300")])
    assert 'width="0.0"' in figure
    assert "−0.300" in figure


def test_calibrated_dots_lie_on_the_diagonal():
    figure = reliability([{"low": 0.4, "high": 0.5, "examples": 9, "confidence": 0.45, "accuracy": 0.45}])
    line = re.search(r'<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)" class="diagonal"', figure)
    x1, y1, x2, y2 = map(float, line.groups())
    x, y = numbers_in(figure, "cx")[0], numbers_in(figure, "cy")[0]
    assert (x - x1) / (x2 - x1) == pytest.approx(0.45, abs=0.01)
    assert (y - y1) / (y2 - y1) == pytest.approx(0.45, abs=0.01)
    assert reliability([]) == ""


@pytest.mark.parametrize("classes", [1, 2, 10, 13, 24])
def test_every_count_of_a_confusion_matrix_is_written(classes):
    table = np.arange(classes * classes).reshape(classes, classes)
    figure = confusion(table.tolist(), [f"class number {i}" for i in range(classes)])
    cells = re.findall(r'class="cell"[^>]*>(\d+)<', figure)
    assert sorted(map(int, cells)) == [value for value in range(classes * classes) if value]
    ElementTree.fromstring(figure)


def test_a_row_without_examples_does_not_break_the_matrix():
    assert confusion([[0, 0], [1, 2]], ["a", "b"]).count("<rect") == 4


def test_many_classes_become_one_picture():
    table = np.eye(100, dtype=int)
    figure = confusion(table.tolist(), [str(i) for i in range(100)])
    assert "data:image/png;base64," in figure
    assert len(figure) < 20_000


def test_up_to_64_classes_have_their_names_on_the_confusion_matrix():
    names = [f"class-{number}" for number in range(26)]
    figure = confusion(np.eye(26, dtype=int).tolist(), names)
    assert all(figure.count(f">{name}</text>") == 2 for name in names)  # given and predicted


def test_predicted_numbers_are_drawn_against_given_ones_on_one_scale():
    figure = agreement([(0.0, 0.0), (10.0, 10.0), (5.0, 10.0)])
    dots = [(float(a), float(b)) for a, b in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', figure)]
    diagonal = re.search(r'<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)" class="diagonal"', figure)
    low_x, low_y, high_x, high_y = map(float, diagonal.groups())
    assert dots == [(low_x, low_y), (high_x, high_y), ((low_x + high_x) / 2, high_y)]
    assert agreement([]) == ""
    assert "<circle" in agreement([(3.0, 3.0)])


def test_the_figures_are_narrow_enough_for_a_phone():
    rows = [("nearest neighbour", 0.5, (0.4, 0.6), "-12.345  [-12.460, -12.039]")] * 3
    for figure in (comparison(rows), agreement([(0, 1)]), curves("loss", [Series("training", "train", [1, 2])])):
        width = float(re.search(r'width="([\d.]+)"', figure)[1])
        assert width <= 436  # 12 pixels of text are 10 on 364
