"""Views of examples: a picture as its numbers, and the examples that excite units most."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from wxb import views
from wxb.errors import WxbError
from wxb.network.build import build


def test_the_grid_has_the_numbers_of_the_picture(trained):
    run, data = trained["branches"]
    view = views.grid(run, data, example=4)
    picture = data.examples[run.split.test[4]]
    assert np.array_equal(view["picture"], picture)
    assert np.array_equal(view["window"], picture)
    drawn = view.svg()
    for number in np.unique(picture)[:20]:
        assert f">{number}<" in drawn
    assert view.arrays["window"].axes[0].ticks == ("red", "green", "blue")


def test_a_window_of_a_large_picture_is_in_the_middle_or_where_one_says():
    model = build("CONV-4-RELU-GAP, SOFTMAX", input_shape=(1, 40, 60), outputs=2)
    picture = np.random.default_rng(0).integers(0, 256, (1, 1, 40, 60), dtype=np.uint8)
    assert np.array_equal(views.grid(model, picture)["window"], picture[0, :, 6:34, 16:44])
    there = views.grid(model, picture, place="30,50")
    assert np.array_equal(there["window"], picture[0, :, 30:, 50:])
    assert there.arrays["window"].axes[1].ticks[0] == "30"
    with pytest.raises(WxbError, match="there is no place 40,0 in 40 rows and 60 columns"):
        views.grid(model, picture, place="40,0")


def test_the_exciting_examples_are_those_with_the_greatest_values(trained):
    run, data = trained["conv"]
    view = views.exciting(run, data, part="validation", layer="1", unit=2)
    rows = run.split.validation
    module = run.model()
    with torch.no_grad():
        output = module.get_submodule("1.CONV3-4")(module.scale(torch.from_numpy(data.examples[rows])))[:, 2]
    greatest = output.flatten(1).max(1).values.numpy()
    order = np.argsort(-greatest, kind="stable")[:8]
    assert np.allclose(view["values"][0], greatest[order], atol=1e-5)
    assert view["rows"][0].tolist() == rows[order].tolist()
    row, column = view["places"][0, 0]
    assert float(output[order[0], row, column]) == pytest.approx(view["values"][0, 0], abs=1e-5)
    padded = np.pad(data.examples[rows[order[0]]], ((0, 0), (1, 1), (1, 1)))
    assert np.array_equal(view["seen"][0, 0], padded[:, row : row + 3, column : column + 3])


def test_what_excites_units_of_rows_are_whole_rows(trained):
    run, data = trained["numbers"]
    view = views.exciting(run, data)
    assert view.facts["layer"] == "2.ELU"
    assert view["seen"].shape == (8, 8, 5)
    assert np.array_equal(view["seen"][3, 1], data.examples[view["rows"][3, 1]])
    assert (np.diff(view["values"], axis=1) <= 0).all()


def test_a_module_is_looked_through_with_an_array():
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    x = torch.randn(20, 3)
    view = views.exciting(module, x)
    assert view.facts["layer"] == "1"
    assert view["values"].shape == (4, 8)
    with pytest.raises(WxbError, match="there is no unit 4: 1 has 4 units"):
        views.exciting(module, x, unit=4)


def test_an_input_says_the_range_that_it_was_kept_within(trained):
    run, _ = trained["two"]
    view = views.maximizing(run, output="1")
    reached = int((np.abs(view["input"]) > 3 - 1e-3).sum())
    assert reached > 0
    assert view.facts["at the end of the range"] == reached
    said = f"Numbers are kept within 3 standard deviations of the mean; {reached} of 5 numbers lie at the end of"
    assert view.notes[1].startswith(said)
    assert view.notes[1] in view.svg().replace("\n", " ") or said[:40] in view.svg()
    assert "kept within 0 and 255" in views.maximizing(trained["branches"][0]).notes[1]
