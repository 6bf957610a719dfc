"""Columns that matter, places of examples in the features of a layer, and the loss around the trained weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import wxb
from wxb import views
from wxb.errors import WxbError
from wxb.network.build import build
from wxb.views.gallery.embedding import principal


def test_a_column_that_says_all_matters_and_noise_does_not(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 3)).astype(np.float32)
    run = wxb.train(wxb.load_data(rows, 100 * rows[:, 1]), "EUCLID", epochs=30, out=tmp_path / "run")
    data = wxb.load_data(rows, 100 * rows[:, 1])
    view = views.importance(run, data)
    low, high = view["intervals"].T
    assert low[1] > 0.2
    assert view["rises"][1] > 20 * max(abs(view["rises"][0]), abs(view["rises"][2]))
    assert (low <= view["rises"]).all()
    assert (view["rises"] <= high).all()
    assert view["falls"][1] > 0.3
    assert np.array_equal(view["rises"], views.importance(run, data)["rises"])


def test_examples_without_weight_do_not_count_for_importance(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 2)).astype(np.float32)
    first = np.arange(400) < 200
    numbers = np.where(first, rows[:, 0], rows[:, 1])
    data = wxb.load_data(rows, numbers, weight=np.where(first, 1.0, 1e-9))
    run = wxb.train(data, "EUCLID", epochs=30, out=tmp_path / "run")
    rises = views.importance(run, data)["rises"]
    assert rises[0] > 0.3
    assert abs(rises[1]) < 0.05


def test_importance_is_of_answers_as_the_run_decides_them(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 2)).astype(np.float32)
    classes = (rows[:, 0] + rng.normal(size=400) > 1.2).astype(np.int64)
    data = wxb.load_data(rows, classes)
    run = wxb.train(data, "SOFTMAX", epochs=20, optimize="balanced", out=tmp_path / "run")
    accuracy = run.evaluate(data).accuracy
    most_probable = run.predict(data.examples[data.split.test]).probabilities.argmax(1)
    assert accuracy != (most_probable == classes[data.split.test]).mean()
    assert views.importance(run, data).facts["before"] == pytest.approx(accuracy)


def test_the_importance_of_a_table_is_that_of_its_columns(trained):
    run, data = trained["table"]
    view = views.importance(run, data)
    assert view.arrays["rises"].axes[0].ticks == ("size", "colour", "day")


def test_pictures_have_no_columns(trained):
    run, data = trained["linear"]
    with pytest.raises(WxbError, match=r"^importance is for tables and rows of numbers; saliency is for pictures"):
        views.importance(run, data)


def test_principal_components_are_those_of_the_covariance():
    features = np.random.default_rng(0).normal(size=(60, 5)) @ np.diag([5, 3, 1, 0.5, 0.1])
    points, shares = principal(features)
    values = np.linalg.eigvalsh(np.cov(features.T))[::-1]
    assert points.var(0, ddof=1) == pytest.approx(values[:2])
    assert shares == pytest.approx(values[:2] / values.sum())
    assert abs(np.corrcoef(points.T)[0, 1]) < 1e-9
    assert principal(features[:, :1])[0][:, 1].tolist() == [0.0] * 60


def test_examples_lie_where_their_features_say(trained):
    run, data = trained["conv"]
    view = views.embedding(run, data, layer="8.FC-8")
    rows = run.split.test
    assert view["rows"].tolist() == rows.tolist()
    seen = []
    model = run.model()
    model.get_submodule("8.FC-8").register_forward_hook(
        lambda module, given, output: seen.append(output.detach().clone())
    )
    with torch.no_grad():
        logits = model(torch.from_numpy(data.examples[rows]))
    expected, shares = principal(seen[0].double().numpy())
    assert np.allclose(view["points"], expected, atol=1e-4)
    assert np.allclose(view["explained"], shares, atol=1e-6)
    assert view["wrong"].tolist() == (logits.argmax(1).numpy() != data.targets[rows]).tolist()
    assert views.embedding(run, data).facts["layer"] == "9.RELU"


def test_neighbours_are_the_nearest_in_the_features_of_the_layer(trained):
    run, data = trained["conv"]
    view = views.embedding(run, data, layer="8.FC-8", example=7)
    rows = run.split.test
    features = np.stack([views.maps(run, data, example=place, layer="8.FC-8")["8.FC-8"] for place in range(len(rows))])
    distances = np.linalg.norm(features.astype(float) - features[7], axis=1)
    assert view["neighbours"][0] == 7
    assert view["distances"] == pytest.approx(np.sort(distances)[:10], abs=1e-4)
    assert view["distances"] == pytest.approx(distances[view["neighbours"]], abs=1e-4)
    assert np.array_equal(view["pictures"], data.examples[rows[view["neighbours"]]])
    assert view["captions"][0].startswith(str(data.targets[rows[7]]))
    assert "example 7, and its nearest of the shown ones" in view.svg()
    with pytest.raises(WxbError, match=f"there is no example {len(rows)}: the test part has {len(rows)} examples"):
        views.embedding(run, data, example=len(rows))


def test_an_example_is_among_those_that_are_shown(trained, monkeypatch):
    from wxb.views.gallery import embedding

    monkeypatch.setattr(embedding, "EXAMPLES", 20)
    run, data = trained["linear"]
    for example in (0, 5, 448):
        view = views.embedding(run, data, example=example)
        assert len(set(view["rows"].tolist())) == 20
        assert view["rows"][view["neighbours"][0]] == run.split.test[example]
    assert view.notes[0] == "20 of 449 examples are shown, spread evenly over the part."


def test_neighbours_of_a_row_are_rows_of_the_table(trained):
    run, data = trained["table"]
    view = views.embedding(run, data, example=2)
    first = data.columns.words(data.examples[run.split.test[2]])
    assert view["columns"][0, 1:].tolist() == list(first.values())
    assert f"size {first['size']}" in view.svg()


def test_t_sne_keeps_groups_apart_and_comes_out_the_same(trained):
    pytest.importorskip("openTSNE")
    from wxb.views import tsne

    rng = np.random.default_rng(0)
    groups = np.arange(90) % 3
    features = rng.normal(size=(90, 8)) + 20 * np.eye(8)[groups]
    found = tsne.places(features, principal(features)[0])
    assert np.array_equal(found, tsne.places(features, principal(features)[0]))
    centres = np.stack([found[groups == one].mean(0) for one in range(3)])
    nearest = ((found[:, None] - centres) ** 2).sum(2).argmin(1)
    assert nearest.tolist() == groups.tolist()
    run, data = trained["plane"]
    view = views.embedding(run, data, method="tsne")
    assert view["tsne"].shape == view["points"].shape
    assert "sizes of groups mean" in view.svg()


def test_what_t_sne_cannot_show_is_refused(trained, monkeypatch):
    from wxb.views import tsne

    run, data = trained["plane"]
    with pytest.raises(WxbError, match=r"^umap is not a method of embedding\n  fix: one of pca, tsne"):
        views.embedding(run, data, method="umap")
    with pytest.raises(WxbError, match="t-SNE needs 10 examples, and there are 4"):
        tsne.places(np.ones((4, 2)), np.ones((4, 2)))
    monkeypatch.setitem(__import__("sys").modules, "openTSNE", None)
    with pytest.raises(
        WxbError, match=r"t-SNE needs openTSNE, which is not installed\n  fix: pip install 'wxb\[tsne\]'"
    ):
        views.embedding(run, data, method="tsne")


def test_a_team_is_embedded_by_its_first_group_or_the_one_that_is_named(trained):
    run, data = trained["groups"]
    view = views.embedding(run, data)
    assert view.facts["layer"] == "4.TEAM.1.2.RELU"
    assert view.facts["features"] == 3 * 6
    assert view.notes[0].startswith("4.TEAM.1.2.RELU is of group 1 of 2 of the TEAM")
    assert views.embedding(run, data, layer="4.TEAM.2.2").facts["group"] == "group 2 of 2"


@pytest.fixture
def ring():
    return wxb.load_data("ring", examples=90)


def test_the_loss_over_two_weights_is_the_loss_with_these_weights(ring):
    model = build("FC-3-TANH, SOFTMAX", ring, seed=1)
    view = views.surface(model, ring, weights="1.FC-3.weight[0,0] 1.FC-3.weight[2,1]")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    rows = ring.split.train
    x, y = torch.from_numpy(ring.examples[rows]), torch.from_numpy(ring.targets[rows])
    row, column = 9, 41
    with torch.no_grad():
        weight = model.get_submodule("1.FC-3").weight
        assert float(weight[0, 0]) == pytest.approx(view["x"][25])
        weight[0, 0], weight[2, 1] = view["x"][column], view["y"][row]
        expected = float(model.head.loss(model.eval()(x), y).mean())
    assert view["losses"][row, column] == pytest.approx(expected, rel=1e-4)
    model.load_state_dict(before)
    with torch.no_grad():
        assert view.facts["loss"] == pytest.approx(float(model.head.loss(model(x), y).mean()), rel=1e-4)


def test_descents_go_down_and_start_in_the_corners(ring):
    model = build("FC-3-TANH, SOFTMAX", ring, seed=1)
    view = views.surface(model, ring, weights="1.FC-3.weight[0,0] 1.FC-3.weight[0,1]")
    along = view["path losses"]
    assert (along[:, -1] <= along[:, 0] + 1e-6).all()
    assert along[:, -1].min() < view["losses"].mean()
    assert view["paths"].shape == (4, 31, 2)


def test_random_directions_are_as_long_as_the_filters(ring):
    from wxb.views.directions import random

    model = build("CONV-4-BN-RELU-GAP, SOFTMAX", input_shape=(1, 8, 8), outputs=3)
    plane = random(model)
    assert set(plane.first) == {"1.CONV3-4.weight", "5.FC-3.weight"}
    for name, direction in plane.first.items():
        weight = model.get_parameter(name)
        assert torch.allclose(direction.flatten(1).norm(dim=1), weight.flatten(1).norm(dim=1), rtol=1e-5)
        assert not torch.equal(direction, plane.second[name])


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ("1.FC-3.weight[0,0]", "expected two weights"),
        ("1.FC-3.wait[0,0] 1.FC-3.bias[0]", "is no weight; 1.FC-3.weight[…] is"),
        ("1.FC-3.weight[3,0] 1.FC-3.bias[0]", "there is no 1.FC-3.weight[3,0]: 1.FC-3.weight has the shape (3, 2)"),
        ("1.FC-3.bias[0] 1.FC-3.bias[0]", "1.FC-3.bias[0] is named twice"),
    ],
)
def test_weights_that_are_not_there_are_refused(weights, said, ring):
    model = build("FC-3-TANH, SOFTMAX", ring)
    with pytest.raises(WxbError) as refused:
        views.surface(model, ring, weights=weights)
    assert said in refused.value.what
    assert refused.value.fix == '`weights="1.FC-3.weight[0,0] 1.FC-3.weight[0,1]"`'
