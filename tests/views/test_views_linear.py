"""Linear networks: templates, contributions and the three viewpoints; and what a network says in a plane."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tests.network.test_network_worked_examples import BIASES, PICTURE, WEIGHTS, network
from wxb import views
from wxb.errors import WxbError
from wxb.network.build import build
from wxb.views.plane import prepared
from wxb.views.subject import subject


def test_templates_are_the_rows_of_w_in_the_shape_of_a_picture():
    model = network("SOFTMAX", (1, 2, 2), 3, weights=WEIGHTS, biases=BIASES)
    view = views.templates(model)
    assert view["templates"].shape == (3, 1, 2, 2)
    assert view["templates"].reshape(3, 4).tolist() == WEIGHTS
    assert view["biases"].tolist() == BIASES


def test_contributions_of_the_lecture_s_picture_add_up_to_its_scores():
    model = network("SOFTMAX", (1, 2, 2), 3, weights=WEIGHTS, biases=BIASES)
    view = views.contributions(model, PICTURE, output="0")
    assert view["contributions"][0].reshape(-1).tolist() == pytest.approx([11.2, -115.5, 2.4, 4.0])
    assert view["contributions"].sum((1, 2, 3)) + view["biases"] == pytest.approx([-96.8, 437.9, 60.75])
    assert views.contributions(model, PICTURE).facts["output"] == "1"


@pytest.mark.parametrize("name", ["linear", "two"])
def test_contributions_and_bias_add_up_to_the_score_of_a_run(name, trained):
    run, data = trained[name]
    view = views.contributions(run, data, example=2)
    added = view["contributions"].reshape(len(view["scores"]), -1).sum(1) + view["biases"]
    assert np.allclose(added, view["scores"], atol=1e-4)
    assert np.allclose(view["scores"], run.predict(data.examples[run.split.test[2]]).scores[0], atol=1e-4)


def test_contributions_to_numbers_are_in_their_own_units(tmp_path):
    import wxb

    rows = np.random.default_rng(0).normal(size=(90, 3)).astype(np.float32)
    data = wxb.load_data(rows, 5000 + 300 * rows.sum(1))
    run = wxb.train(data, "EUCLID", epochs=3, out=tmp_path / "run")
    view = views.contributions(run, data)
    assert np.allclose(view["contributions"].sum(1) + view["biases"], view["scores"], rtol=1e-5)
    assert 3000 < view["scores"][0] < 7000


def test_a_module_of_one_linear_layer_is_linear():
    module = nn.Linear(3, 2)
    view = views.contributions(module, torch.ones(1, 3))
    assert np.allclose(view["contributions"], module.weight.detach())
    with pytest.raises(WxbError, match=r"^Sequential is not linear"):
        views.templates(nn.Sequential(nn.Linear(3, 2)))


def test_an_output_that_is_not_there_is_refused_with_the_nearest(trained):
    run, data = trained["linear"]
    with pytest.raises(WxbError, match=r"^99 is not an output of this network; 9 is\n  there are 0, 1, 2"):
        views.contributions(run, data, output="99")


def test_networks_that_are_not_linear_have_no_templates():
    model = build("FC-4-RELU, SOFTMAX", input_shape=(5,), outputs=3)
    with pytest.raises(WxbError, match=r"^templates is for a linear network, such as SOFTMAX alone"):
        views.templates(model)


# --- planes ---


def test_scores_of_a_plane_are_those_of_the_network(trained):
    run, data = trained["plane"]
    view = views.regions(run, data)
    y, x = 30, 100
    point = np.array([[view["x"][x], view["y"][y]]], np.float32)
    assert np.allclose(view["scores"][y, x], run.predict(point).scores[0], atol=1e-5)
    assert view["answers"][y, x] == run.predict(point).values[0]
    assert np.allclose(view["probabilities"][y, x], run.predict(point).probabilities[0], atol=1e-5)
    ordered = np.sort(view["scores"], axis=2)
    assert np.array_equal(view["margins"], ordered[..., -1] - ordered[..., -2])
    assert np.array_equal(view["given"], data.targets[run.split.test])


def test_the_plane_goes_through_the_three_examples(trained):
    run, data = trained["conv"]
    view = views.regions(run, data, part="test", examples="0,5,9")
    rows = run.split.test[[0, 5, 9]]
    scores = run.predict(data.examples[rows]).scores
    for (u, v), expected in zip(view["examples"], scores, strict=True):
        corner = view["scores"][np.abs(view["y"] - v).argmin(), np.abs(view["x"] - u).argmin()]
        assert np.abs(corner - expected).max() < 0.2 * np.abs(scores).max() + 0.2
    flat = prepared(subject(run, "regions"), data.examples[rows]).flatten(1).double()
    sides = [float((flat[a] - flat[b]).norm()) for a, b in ((0, 1), (0, 2), (1, 2))]
    at = view["examples"]
    assert [np.linalg.norm(at[a] - at[b]) for a, b in ((0, 1), (0, 2), (1, 2))] == pytest.approx(sides)


def test_a_linear_network_is_affine_on_a_plane(trained):
    run, data = trained["linear"]
    found = views.viewpoints(run, data)["plane scores"]
    assert np.allclose(np.diff(found, 2, axis=0), 0, atol=1e-4)
    assert np.allclose(np.diff(found, 2, axis=1), 0, atol=1e-4)


def test_three_different_predictions_are_chosen(trained):
    run, data = trained["linear"]
    view = views.regions(run, data)
    said = run.predict(data.examples[run.split.test[:200]]).values
    assert len(view["examples"]) == 3
    assert len(set(said.tolist())) >= 3
    assert len(np.unique(view["answers"])) >= 3


def test_a_line_of_one_feature_is_drawn_as_a_curve(trained):
    run, data = trained["line"]
    view = views.regions(run, data)
    assert view["scores"].shape == (401, 1)
    assert np.allclose(view["scores"][7], run.predict(view["x"][7:8, None].astype(np.float32)).values[0], atol=1e-4)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("0,5", '`examples="0,5"`: expected three numbers of examples'),
        ("0,5,99999", "there is no example 99999: the part has"),
        ("4,4,4", "examples 4, 4, 4 lie on a line"),
    ],
)
def test_three_examples_that_make_no_plane_are_refused(given, said, trained):
    run, data = trained["linear"]
    with pytest.raises(WxbError, match=f"^{said}"):
        views.regions(run, data, examples=given)


def test_the_three_viewpoints_agree(trained):
    run, data = trained["linear"]
    view = views.viewpoints(run, data, example=1)
    scores = run.predict(data.examples[run.split.test[1]]).scores[0]
    assert np.allclose(view["scores"], scores, atol=1e-4)
    assert np.array_equal(view["weights"], views.templates(run)["templates"])
    drawn = view.svg()
    for head in ("Algebraic", "Visual", "Geometric"):
        assert head in drawn


def test_a_warped_grid_is_what_the_layers_make_of_its_points(trained):
    run, data = trained["plane"]
    view = views.warped(run, data)
    assert [name for name in view.arrays if "example" not in name] == [
        "input",
        "1.FC-2",
        "2.SIGMOID",
        "5.FC-2",
        "given",
        "names",
    ]
    point = view["input"][3, 11].astype(np.float32)
    there = views.maps(run, point[None])
    assert np.allclose(view["1.FC-2"][3, 11], there["1.FC-2"], atol=1e-5)
    assert np.allclose(view["5.FC-2"][3, 11], there["5.FC-2"], atol=1e-5)
    assert np.array_equal(view["examples of input"], data.examples[run.split.test])
    with pytest.raises(WxbError, match=r"^warped is for data of two features"):
        views.warped(trained["linear"][0])
