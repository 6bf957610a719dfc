"""Attribution: each method against its definition, and the verdicts on them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import wxb
from wxb import views
from wxb.errors import WxbError
from wxb.network.build import build
from wxb.views.attribution import METHODS, applicable, question, scores, shuffled, windows
from wxb.views.subject import subject

TEXT = "CONV-6-RELU-POOL-CONV-8-RELU-FC-10-RELU, SOFTMAX"


@pytest.fixture
def asked():
    model = build(TEXT, input_shape=(1, 12, 12), outputs=3, seed=3)
    x = np.random.default_rng(0).integers(0, 256, (1, 12, 12), dtype=np.uint8)
    return question(subject(model, "saliency"), x, 1)


def test_the_gradient_is_the_numeric_one(asked):
    found = METHODS["gradient"](asked).double()
    model = asked.module.double()
    x, step = asked.input.double(), 1e-5
    for row, column in ((0, 0), (5, 7), (11, 3)):
        shifted = x.clone()
        shifted[0, 0, row, column] += step
        slope = (scores(model, shifted)[0, 1] - scores(model, x)[0, 1]) / step
        assert float(found[0, row, column]) == pytest.approx(float(slope), abs=1e-4)


def test_integrated_gradients_add_up_to_the_difference_of_scores(asked):
    found = METHODS["integrated"](asked)
    with torch.no_grad():
        difference = asked.score(asked.input) - asked.score(torch.zeros_like(asked.input))
    assert float(found.sum()) == pytest.approx(float(difference), abs=2e-2)


def test_integrated_gradients_are_the_sum_over_the_path(asked):
    points, weights = np.polynomial.legendre.leggauss(50)
    total = torch.zeros_like(asked.input[0])
    for point, weight in zip(points, weights, strict=True):
        x = (asked.input * float((point + 1) / 2)).requires_grad_()
        total += float(weight / 2) * torch.autograd.grad(asked.score(x).sum(), x)[0][0]
    assert torch.allclose(METHODS["integrated"](asked), asked.input[0] * total, atol=1e-5)


def test_of_a_linear_network_gradients_are_weights_and_integrated_ones_contributions(trained):
    run, data = trained["linear"]
    view = views.saliency(run, data, example=4)
    linear = views.contributions(run, data, example=4)
    place = linear.facts["place"]
    assert np.allclose(view["gradient"], views.templates(run)["templates"][place], atol=1e-5)
    assert np.allclose(view["smoothgrad"], view["gradient"], atol=1e-5)
    assert np.allclose(view["integrated"], linear["contributions"][place], atol=1e-4)


def test_grad_cam_is_its_formula(asked):
    layers = dict(asked.module.named_modules())
    seen = {}
    handle = layers["5.RELU"].register_forward_hook(lambda module, given, output: seen.setdefault("maps", output))
    score = asked.score(asked.input.clone().requires_grad_())
    handle.remove()
    (slope,) = torch.autograd.grad(score.sum(), seen["maps"])
    expected = torch.zeros(1, 1, *seen["maps"].shape[2:])
    for channel in range(seen["maps"].shape[1]):
        expected[0, 0] += slope[0, channel].mean() * seen["maps"][0, channel].detach()
    expected = nn.functional.interpolate(expected.clamp_min(0), (12, 12), mode="bilinear", align_corners=False)
    assert torch.allclose(METHODS["gradcam"](asked), expected[0], atol=1e-5)


def test_occlusion_is_the_mean_fall_over_the_windows_of_a_pixel(asked):
    found = METHODS["occlusion"](asked)
    masks = windows(12, 12)
    assert masks.any(0).all()
    with torch.no_grad():
        whole = float(asked.score(asked.input))
        falls = [whole - float(asked.score(asked.input.masked_fill(mask, 0.0))) for mask in masks]
    for row, column in ((0, 0), (6, 5), (11, 11)):
        expected = np.mean([fall for fall, mask in zip(falls, masks, strict=True) if mask[row, column]])
        assert float(found[0, row, column]) == pytest.approx(expected, abs=1e-5)


def test_guided_backpropagation_lets_only_what_is_above_0_pass(asked):
    with torch.no_grad():
        for parameter in asked.module.parameters():
            parameter.abs_()
    asked.input.abs_()
    assert torch.allclose(METHODS["guided"](asked), METHODS["gradient"](asked))
    with torch.no_grad():
        dict(asked.module.named_modules())["8.FC-3"].weight.neg_()
    assert not METHODS["guided"](asked).any()
    assert METHODS["gradient"](asked).any()


def test_methods_leave_the_network_as_it_was(trained):
    run, data = trained["conv"]
    model = run.model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    inplace = [layer.inplace for layer in model.modules() if isinstance(layer, nn.ReLU)]
    views.saliency(model, data)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert [layer.inplace for layer in model.modules() if isinstance(layer, nn.ReLU)] == inplace
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_a_shuffled_network_has_the_same_weights_elsewhere_in_its_upper_half(asked):
    other = shuffled(asked, 0)
    pairs = [(a, b) for a, b in zip(asked.module.parameters(), other.module.parameters(), strict=True) if a.ndim > 1]
    assert [torch.equal(a, b) for a, b in pairs] == [True, True, False, False]
    assert all(torch.equal(a.reshape(-1).sort().values, b.reshape(-1).sort().values) for a, b in pairs)
    assert torch.equal(shuffled(asked, 0).score(asked.input), other.score(asked.input))


def test_curves_begin_and_end_with_the_whole_and_the_mean(trained):
    run, data = trained["conv"]
    view = views.saliency(run, data, example=1)
    for place in range(len(view["correlations"])):
        assert view["deletion"][place, 0] == pytest.approx(view["insertion"][place, -1], abs=1e-4)
        assert view["deletion"][place, -1] == pytest.approx(view["insertion"][place, 0], abs=1e-4)


@pytest.mark.slow
def test_guided_backpropagation_fails_where_gradients_and_grad_cam_pass(tmp_path):
    data = wxb.load_data("digits")
    run = wxb.train(data, "(CONV-16-RELU)*3-POOL-(CONV-32-RELU)*2-GAP, SOFTMAX", epochs=8, out=tmp_path / "run")
    found = {name: [] for name in ("gradient", "guided", "gradcam")}
    for example in range(8):
        view = views.saliency(run, data, example=example)
        names = view.arrays["correlations"].axes[0].ticks
        for name, alike in zip(names, view["correlations"], strict=True):
            if name in found:
                found[name].append(alike)
    means = {name: float(np.mean(values)) for name, values in found.items()}
    assert means["guided"] > 0.5 > max(means["gradient"], means["gradcam"]), means


def test_methods_that_do_not_apply_say_why(trained):
    run, data = trained["designed"]
    view = views.saliency(run, data)
    assert view.arrays["correlations"].axes[0].ticks == ("occlusion",)
    assert "Without gradient: designed features have no gradient." in view.notes
    with pytest.raises(WxbError, match=r"^gradcam does not apply to this network: no layer gives maps$"):
        views.saliency(trained["numbers"][0], trained["numbers"][1], method="gradcam")
    with pytest.raises(WxbError, match=r"^gradcan is not a method; gradcam is"):
        views.saliency(run, data, method="gradcan")


def test_a_bare_module_is_asked_too():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(4 * 36, 5))
    view = views.saliency(module, torch.rand(1, 3, 8, 8), output="2", method="integrated")
    assert view.facts["output"] == "2"
    assert view["integrated"].shape == (3, 8, 8)
    assert module[1].inplace


def test_every_method_has_a_reason_or_none(asked):
    assert set(applicable(asked)) == set(METHODS)


def test_an_input_is_found_that_makes_an_output_greater(trained):
    run, _ = trained["conv"]
    view = views.maximizing(run, output="7")
    assert view["values"][-1] > view["values"][0] + 0.02
    assert view["stored"].min() >= 0
    assert view["stored"].max() <= 255
    scores = run.predict(view["stored"].round().astype(np.uint8)).scores[0]
    assert scores[7] == pytest.approx(view["values"][-1], abs=0.02)
    unit = views.maximizing(run, layer="5.CONV3-6", unit=3)
    assert unit["values"][-1] > unit["values"][0]
    assert views.maximizing(run, output="7")["input"].tolist() == view["input"].tolist()


def test_a_unit_needs_its_layer_and_designed_features_have_no_gradient(trained):
    run, _ = trained["conv"]
    with pytest.raises(WxbError, match=r"^`unit` needs a `layer`"):
        views.maximizing(run, unit=3)
    with pytest.raises(WxbError, match=r"^there is no unit 9: 5\.CONV3-6 has 6 units"):
        views.maximizing(run, layer="5", unit=9)
    with pytest.raises(WxbError, match=r"^maximizing follows gradients to the input, and designed features have none"):
        views.maximizing(trained["designed"][0])
