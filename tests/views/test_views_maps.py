"""Activation maps: of every layer, as torch's own hooks see them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import wxb
from wxb import views
from wxb.errors import WxbError
from wxb.network.build import build

TEXT = "CONV-4-BN-RELU-RES(CONV-4-RELU-CONV-4)-RELU-CAT(CONV1-2, CONV3-3)-POOL-FC-5-TANH, SOFTMAX"


@pytest.fixture
def model():
    return build(TEXT, input_shape=(1, 8, 8), outputs=3)


def pictures(count=2, channels=1):
    return np.random.default_rng(0).integers(0, 256, (count, channels, 8, 8), dtype=np.uint8)


def test_every_layer_s_map_is_what_a_hook_sees(model):
    x = pictures()
    seen = {}
    for layer in model.plan.layers:
        model.get_submodule(layer.path).register_forward_hook(
            lambda module, given, output, path=layer.path: seen.setdefault(path, output.detach().clone())
        )
    model.eval()(torch.from_numpy(x[1:]))
    view = views.maps(model, x, example=1)
    assert len(seen) == len(model.plan.layers) > 10
    for path, output in seen.items():
        assert np.array_equal(view[path], output[0].numpy()), path
    assert np.array_equal(view["input"], x[1])


def test_a_map_before_a_relu_is_not_the_one_that_the_relu_overwrote(model):
    view = views.maps(model, pictures())
    assert view["2.BN"].min() < 0
    assert np.array_equal(view["3.RELU"], view["2.BN"].clip(0))


def test_a_block_gives_the_sum_and_the_joined_maps(model):
    view = views.maps(model, pictures())
    assert np.allclose(view["4.RES"], view["4.RES.3.CONV3-4"] + view["3.RELU"])
    assert np.array_equal(view["6.CAT"], np.concatenate([view["6.CAT.1.1.CONV1-2"], view["6.CAT.2.1.CONV3-3"]]))


def test_members_of_a_team_have_an_axis_of_their_own():
    team = build("TEAM-3(FC-8-RELU), SOFTMAX", input_shape=(5,), outputs=2)
    view = views.maps(team, np.ones((1, 5), np.float32))
    assert view["1.TEAM.1.1.FC-8"].shape == (3, 8)
    assert view.arrays["1.TEAM.1.1.FC-8"].axes[0].name == "member"
    assert view["output"].shape == (2,)


class Plain(nn.Module):
    """A module as people write them: a layer used twice, a sum without a module, dropout."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True))
        self.again = nn.Conv2d(4, 4, 3, padding=1)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        x = self.stem(x)
        x = x + torch.relu(self.again(self.again(x)))
        return self.head(self.drop(x).mean((2, 3)))


def test_a_bare_module_shows_its_layers_by_their_paths():
    module = Plain().train()
    x = torch.randn(2, 3, 6, 6)
    view = views.maps(module, x, example=1)
    assert list(view.arrays) == ["input", "stem.0", "stem.1", "again", "again (2)", "drop", "head"]
    assert np.allclose(view["stem.0"], module.stem[0](x[1:])[0].detach())
    assert np.allclose(view["again (2)"], module.again(module.again(module.stem(x[1:])))[0].detach(), atol=1e-6)
    assert module.training
    assert module.drop.training
    assert view.figure().get_size_inches()[0] == pytest.approx(4.8)


class Tokens(nn.Module):
    """A module that takes keywords and returns a mapping, as models of text do."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(10, 6)
        self.score = nn.Linear(6, 3)

    def forward(self, input_ids, mask):
        return {"logits": self.score(self.embed(input_ids) * mask[..., None])}


def test_a_module_may_take_keywords_and_return_a_mapping():
    x = {"input_ids": torch.tensor([[1, 2, 3], [4, 5, 6]]), "mask": torch.ones(2, 3)}
    view = views.maps(Tokens(), x, example=1)
    assert view["embed"].shape == (3, 6)
    assert [axis.name for axis in view.arrays["embed"].axes] == ["token", "feature"]
    assert view["score"].shape == (3, 3)


def test_a_layer_is_named_by_its_path_or_by_a_part_that_no_other_has(model):
    x = pictures()
    for name in ("1", "1.CONV3-4", "1.conv3-4"):
        assert list(views.maps(model, x, layer=name).arrays) == ["input", "1.CONV3-4"]
    assert list(views.maps(model, x, layer="4.RES").arrays) == ["input", "4.RES"]
    assert list(views.maps(model, x, layer="BN").arrays) == ["input", "2.BN"]


def test_a_layer_that_is_not_there_is_refused_with_the_nearest(model):
    with pytest.raises(
        WxbError, match=r"^FC-6 is not a layer of this network; 8\.FC-5 is\n  there are scale, 1\.CONV3-4"
    ):
        views.maps(model, pictures(), layer="FC-6")
    with pytest.raises(
        WxbError, match=r"^RELU is 3 layers: 3\.RELU, 4\.RES\.2\.RELU, 5\.RELU\n  fix: `layer=\"3.RELU\"`"
    ):
        views.maps(model, pictures(), layer="RELU")


def test_an_example_that_is_not_there_is_refused(model, trained):
    with pytest.raises(WxbError, match=r"^there is no example 2: example has 2 examples\n  fix: a number from 0 to 1"):
        views.maps(model, pictures(), example=2)
    run, data = trained["plane"]
    with pytest.raises(WxbError, match=r"^there is no example 99: the validation part has 13 examples"):
        views.maps(run, data, example=99, part="validation")


def test_strange_subjects_and_examples_are_refused(model):
    with pytest.raises(WxbError, match=r"^int is neither a run nor a module of torch"):
        views.maps(3)
    with pytest.raises(WxbError, match="is no run: which examples"):
        views.maps(model)
    with pytest.raises(WxbError, match="is no batch of examples"):
        views.maps(model, np.zeros(3))
    with pytest.raises(WxbError, match="a file needs a run"):
        views.maps(model, "picture.png")


def test_an_example_of_a_run_is_that_of_its_part_with_what_is_given_and_predicted(trained):
    run, data = trained["conv"]
    view = views.maps(run, data, example=3, part="validation")
    row = run.split.validation[3]
    assert np.array_equal(view["input"], data.examples[row])
    assert view.facts["given"] == data.classes[data.targets[row]]
    predicted = run.predict(data.examples[row]).texts(0)
    assert view.facts["predicted"] == f"{predicted[0]} ({predicted[1]})"
    assert view.arrays["10.FC-10"].axes[0].ticks == data.classes


def test_a_row_of_a_table_is_prepared_as_the_network_does(trained):
    run, data = trained["table"]
    view = views.maps(run, data)
    logits = run.predict(data.examples[run.split.test[:1]]).scores[0]
    assert np.allclose(view["3.FC-2"], logits, atol=1e-5)


def test_a_run_is_shown_by_its_folder_and_its_own_data(tmp_path):
    run = wxb.train(wxb.load_data("ring", examples=80), "FC-4-RELU, SOFTMAX", epochs=1, out=tmp_path / "run")
    assert np.array_equal(views.maps(str(run.path))["1.FC-4"], views.maps(run)["1.FC-4"])


def test_the_scores_of_tags_are_those_of_the_words(trained):
    run, data = trained["tags"]
    shown = views.maps(run, data)
    row = run.split.test[0]
    scores = shown[list(shown.arrays)[-1]]
    assert scores.shape == (len(data.classes), int((data.targets[row] >= 0).sum()))
    assert scores.min() > -1e6
