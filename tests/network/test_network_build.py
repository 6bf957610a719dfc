"""From a plan to a model: paths, initial weights, scales, and what does not fit together."""

from __future__ import annotations

import copy
import io
import math
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import wxb
from wxb.data.dataset import Dataset, Split
from wxb.errors import WxbError
from wxb.network.build import Model, build
from wxb.network.heads import HEADS
from wxb.network.layers import set_generator
from wxb.network.moments import NUMBERS_AT_ONCE, moments
from wxb.notation import plan, read
from wxb.notation.expand import MOST_NESTED
from wxb.notation.named import NAMED


def dataset(examples, targets=None, task="classification", outputs=3) -> Dataset:
    """A data set of these examples; every fourth is a test example."""
    n = len(examples)
    if targets is None:
        targets = np.arange(n) % outputs
    rows = np.arange(n)
    split = Split(rows[rows % 4 != 0], rows[:0], rows[rows % 4 == 0], "by hand")
    return Dataset("made", examples, targets, task, tuple(f"t{i}" for i in range(outputs)), split)


def pictures(n=40, channels=3, seed=0):
    chance = np.random.default_rng(seed)
    examples = chance.integers(0, 256, (n, channels, 6, 5), dtype=np.uint8)
    examples[:, 0] //= 4  # channels differ
    return examples


def vectors(n=40, features=4, seed=0):
    return (np.random.default_rng(seed).normal(5, 3, (n, features)) * [1, 10, 100, 0.01]).astype(np.float32)


# --- paths ---


@pytest.mark.parametrize(
    "text",
    [
        "CONV-BN-RELU-RES(CONV-8-BN-RELU-CONV-16/2-BN)-CAT(CONV1-4, ID, CONV3-4-RELU)-GAP, SOFTMAX",
        "RES(RES(CONV-3, PAD)-CONV-8/2, CONV1-8/2)-GAP, SVM",
        "LEAKY(0.1)-FC-4-DROP(0.5), EUCLID",
    ],
)
def test_every_planned_layer_stands_under_its_path(text):
    model = build(text, input_shape=(3, 8, 8), outputs=10)
    modules = dict(model.named_modules())
    for layer in model.plan.layers:
        own = sum(parameter.numel() for parameter in modules[layer.path].parameters())
        assert own == layer.parameters, layer.path


def test_an_arm_s_and_a_shortcut_s_layers_are_named_by_their_block():
    model = build("CONV-8-RES(CONV-RELU-CONV-16/2)-GAP, SOFTMAX", input_shape=(3, 8, 8), outputs=10)
    names = {name.removesuffix(".weight") for name, _ in model.named_parameters() if name.endswith("weight")}
    assert {"2.RES.1.CONV3-8", "2.RES.3.CONV3-16", "2.RES.shortcut.1.CONV1-16", "2.RES.shortcut.2.BN"} < names


def test_named_networks_and_bindings_are_built_like_any_text():
    assert build("lenet5", input_shape=(1, 28, 28), outputs=10).plan.parameters == NAMED["lenet5"].parameters
    model = build("(CONV-RELU)*N-GAP, SOFTMAX", input_shape=(3, 8, 8), outputs=4, bindings={"N": 3})
    assert sum(layer.name == "CONV" for layer in model.plan.layers) == 3


def test_the_public_build_is_this_one():
    assert wxb.build is build


def test_a_network_needs_to_know_what_it_is_for():
    with pytest.raises(WxbError, match="a network needs data, or the shape of its input") as error:
        build("FC-6-RELU, SOFTMAX", input_shape=(4,))
    assert "input_shape=(3, 32, 32)" in error.value.fix


def test_a_copy_of_a_model_computes_the_same():
    model = build("CONV-BN-RELU-GAP, SOFTMAX", dataset(pictures()))
    x = torch.from_numpy(pictures())
    assert torch.equal(copy.deepcopy(model).eval()(x), model.eval()(x))


# --- initial weights ---


def weights(model, path):
    return model.get_submodule(path).weight.detach()


@pytest.mark.parametrize(
    ("text", "path", "variance"),
    [
        ("FC-400-RELU-FC-9-RELU, SVM", "1.FC-400", 2 / 300),
        ("FC-400-BN-DROP-RELU-FC-9-RELU, SVM", "1.FC-400", 2 / 300),
        ("FC-400-LEAKY-FC-9-RELU, SVM", "1.FC-400", 2 / 300),
        ("FC-400-MAXOUT-FC-9-RELU, SVM", "1.FC-400", 2 / 300),
        ("FC-400-TANH-FC-9-RELU, SVM", "1.FC-400", 2 / 700),
        ("FC-400-SIGMOID-RELU-FC-9-RELU, SVM", "1.FC-400", 2 / 700),
        ("RES(FC-400-RELU-FC-300)-FC-9-RELU, SVM", "1.RES.3.FC-300", 2 / 700),
        ("RES(FC-400-RELU-FC-300)-FC-9-RELU, SVM", "1.RES.1.FC-400", 2 / 300),
        ("CAT(FC-400-RELU, ID)-FC-9-RELU, SVM", "1.CAT.1.1.FC-400", 2 / 300),
    ],
)
def test_weights_are_drawn_with_he_s_or_glorot_s_variance(text, path, variance):
    drawn = weights(build(text, input_shape=(300,), outputs=3), path)
    # the variance of n normal numbers is itself uncertain by a share of sqrt(2 / n)
    assert float(drawn.var()) == pytest.approx(variance, rel=5 * math.sqrt(2 / drawn.numel()))
    assert abs(float(drawn.mean())) < 5 * math.sqrt(variance / drawn.numel())


def test_a_filter_s_fan_in_is_its_kernel_times_the_channels_of_its_group():
    model = build("CONV5x3-64-RELU-CONV3-96g4-TANH-GAP, SVM", input_shape=(8, 6, 6), outputs=3)
    assert float(weights(model, "1.CONV5x3-64").std()) == pytest.approx(math.sqrt(2 / (5 * 3 * 8)), rel=0.05)
    glorot = math.sqrt(2 / (9 * 64 / 4 + 9 * 96 / 4))
    assert float(weights(model, "3.CONV3-96").std()) == pytest.approx(glorot, rel=0.05)


def test_biases_begin_at_0_and_normalization_as_the_identity():
    model = build("CONV-BN-RELU-CONV-RELU-FC-4-RELU, SOFTMAX", input_shape=(3, 8, 8), outputs=3)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            assert not parameter.any()
        elif name.endswith("BN.weight"):
            assert torch.equal(parameter, torch.ones_like(parameter))


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_the_first_loss_is_near_the_logarithm_of_the_number_of_classes(classes):
    model = build("CONV-32-RELU-POOL-FC-64-RELU, SOFTMAX", dataset(pictures(), outputs=classes)).eval()
    loss = model.head.loss(model(torch.from_numpy(pictures())), torch.arange(40) % classes).mean()
    assert float(loss.detach()) == pytest.approx(math.log(classes), rel=0.1)


def test_weights_follow_from_seed_and_path_alone():
    def of(text, path, seed=0):
        return weights(build(text, input_shape=(3, 8, 8), outputs=10, seed=seed), path)

    first = of("CONV3-8-RELU-GAP, SOFTMAX", "1.CONV3-8")
    torch.manual_seed(99)  # torch's own generator has no part in it
    assert torch.equal(of("CONV3-8-RELU-POOL-FC-30-RELU, SVM", "1.CONV3-8"), first)
    assert not torch.equal(of("CONV3-8-RELU-GAP, SOFTMAX", "1.CONV3-8", seed=1), first)


def test_layers_of_one_shape_begin_with_different_weights():
    model = build("(FC-6-RELU)*2-CAT(FC-6, FC-6)-RELU, SVM", input_shape=(6,), outputs=3)
    drawn = [weights(model, path) for path in ("1.FC-6", "3.FC-6", "5.CAT.1.1.FC-6", "5.CAT.2.1.FC-6")]
    assert len({tuple(weight.sign().flatten().tolist()) for weight in drawn}) == 4


def test_building_leaves_torch_s_generator_to_others():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    build("CONV-BN-RELU-FC-8-RELU, SOFTMAX", input_shape=(3, 8, 8), outputs=10)
    assert torch.equal(torch.rand(3), expected)


# --- scales ---


@pytest.mark.parametrize(
    "examples", [pictures(), vectors(), pictures().astype(np.float32) / 7], ids=["u8", "rows", "f32"]
)
def test_std_brings_the_training_part_to_mean_0_and_deviation_1(examples):
    data = dataset(examples)
    model = build("FC-6-RELU, SOFTMAX", data)
    assert model.scale.mean.shape == ((3, 1, 1) if examples.ndim == 4 else (4,))
    scaled = model.scale(torch.from_numpy(examples[data.split.train])).double()
    axes = (0, 2, 3) if examples.ndim == 4 else (0,)
    assert scaled.mean(axes).abs().max() < 1e-5
    assert (scaled.var(axes, unbiased=False) - 1).abs().max() < 1e-5


def test_the_test_part_has_no_share_in_the_scale():
    examples = vectors()
    data = dataset(examples)
    changed = examples.copy()
    changed[data.split.test] += 1000
    for scale in ("std", "range"):
        one, other = (
            build("FC-6-RELU, SOFTMAX", data, normalize=scale),
            build("FC-6-RELU, SOFTMAX", dataset(changed), normalize=scale),
        )
        assert torch.equal(one.scale.mean, other.scale.mean)
        assert torch.equal(one.scale.std, other.scale.std)


@given(st.integers(1, 60), st.integers(0, 100))
def test_statistics_are_those_of_a_float_copy(n, seed):
    examples = np.random.default_rng(seed).integers(0, 256, (n, 2, 3, 4), dtype=np.uint8)
    mean, std = moments(examples, np.arange(n))
    whole = examples.astype(np.float64)
    np.testing.assert_allclose(mean, whole.mean((0, 2, 3)), rtol=1e-14)
    np.testing.assert_allclose(std, whole.std((0, 2, 3)), rtol=1e-12)


def test_statistics_of_more_numbers_than_are_taken_at_once_are_exact():
    side = 128
    count = 2 * NUMBERS_AT_ONCE // side**2 + 3
    examples = np.zeros((count, 1, side, side), dtype=np.uint8)
    examples[::2] = 255
    mean, std = moments(examples, np.arange(count))
    share = (count + 1) // 2 / count
    assert mean[0] == pytest.approx(255 * share, rel=1e-14)
    assert std[0] == pytest.approx(255 * math.sqrt(share * (1 - share)), rel=1e-12)


def test_range_takes_bytes_to_0_to_1_and_numbers_by_their_training_part():
    x = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 1, 1, 3)
    model = build(
        "FC-6-RELU, SOFTMAX", dataset(np.ascontiguousarray(pictures(channels=1)[:, :, :1, :3])), normalize="range"
    )
    torch.testing.assert_close(model.scale(x).flatten(), torch.tensor([0.0, 0.2, 1.0]))
    data = dataset(vectors())
    scaled = build("FC-6-RELU, SOFTMAX", data, normalize="range").scale(torch.from_numpy(data.part("train")[0]))
    torch.testing.assert_close(scaled.amin(0), torch.zeros(4))
    torch.testing.assert_close(scaled.amax(0), torch.ones(4))


def test_none_leaves_examples_as_they_are():
    examples = pictures()
    model = build("FC-6-RELU, SOFTMAX", dataset(examples), normalize="none")
    assert torch.equal(model.scale(torch.from_numpy(examples)), torch.from_numpy(examples).float())


@pytest.mark.parametrize("scale", ["std", "range"])
@pytest.mark.parametrize("constant", [0.0, 0.1, -1e6, 12345.678])
def test_a_column_that_never_changes_is_divided_by_1(scale, constant):
    examples = vectors()
    examples[:, 2] = constant
    model = build("FC-6-RELU, SOFTMAX", dataset(examples), normalize=scale)
    assert float(model.scale.std[2]) == 1
    assert float(model.scale(torch.from_numpy(examples))[:, 2].abs().max()) == 0


@pytest.mark.parametrize("scale", ["std", "range"])
def test_a_column_that_changes_in_its_last_bit_only_is_divided_by_1(scale):
    examples = vectors()
    examples[:, 2] = 1e6
    examples[::3, 2] = np.nextafter(np.float32(1e6), np.float32(2e6))
    assert float(build("SOFTMAX", dataset(examples), normalize=scale).scale.std[2]) == 1


def test_without_data_bytes_are_taken_to_0_to_1_and_numbers_left():
    white = torch.full((1, 3, 8, 8), 255, dtype=torch.uint8)
    assert build("FC-6-RELU, SVM", input_shape=(3, 8, 8), outputs=2).scale(white).unique().tolist() == [1.0]
    assert build("FC-6-RELU, SVM", input_shape=(2,), outputs=2).scale(torch.tensor([[3.0, 4.0]])).tolist() == [
        [3.0, 4.0]
    ]


def test_scales_are_saved_with_the_weights():
    assert {"scale.mean", "scale.std"} < set(build("FC-6-RELU, SOFTMAX", dataset(pictures())).state_dict())


def test_numbers_are_given_in_their_own_units_and_learned_in_standard_deviations():
    targets = (np.arange(40)[:, None] * [1000.0, 0.01] + [5e4, 1]).astype(np.float32)
    data = dataset(vectors(), targets, "regression", 2)
    model = build("FC-6-RELU, EUCLID", data)
    learned = targets[data.split.train].astype(np.float64)
    mean, std = torch.from_numpy(learned.mean(0)).float(), torch.from_numpy(learned.std(0)).float()
    assert model.restore is not None
    torch.testing.assert_close(
        model.restore(torch.tensor([[0.0, 0.0], [1.0, -1.0]])), torch.stack([mean, mean + std * torch.tensor([1, -1])])
    )
    scores, goals = torch.tensor([[2.0, 0.0], [0.0, -3.0]]), torch.tensor([[1.0, 2.0], [0.0, 0.0]])  # in deviations
    loss = model.head.loss(mean + std * scores, mean + std * goals)
    torch.testing.assert_close(loss, torch.tensor([1.0 + 4.0, 9.0]), rtol=1e-3, atol=0)


# --- what a model takes and gives ---


@pytest.mark.parametrize(
    "name", [name for name in HEADS if name not in ("SELF", "TAGS")]
)  # as many as it takes: test_tasks_reconstruction; for every word: test_network_sentence
def test_a_model_takes_raw_examples_and_gives_float_logits(name):
    model = build(f"CONV-4-RELU-FC-6-RELU, {name}", input_shape=(3, 6, 5), outputs=3).eval()
    raw = torch.from_numpy(pictures())
    assert model(raw).shape == (40, 3)
    assert model(raw).dtype == torch.float32
    assert model(raw[:1]).shape == (1, 3)
    last = model(raw.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(last, model(raw))
    torch.testing.assert_close(model(raw.float()), model(raw))


# --- what does not fit together ---


@pytest.mark.parametrize(
    ("head", "task", "message"),
    [
        ("SOFTMAX", "regression", "SOFTMAX does not fit the data: its targets are numbers"),
        ("SOFTMAX", "multilabel", "SOFTMAX does not fit the data: its targets are several yes/no labels per example"),
        ("SVM", "multilabel", "SVM does not fit the data: its targets are several yes/no labels per example"),
        ("SIGMOIDS", "classification", "SIGMOIDS does not fit the data: its targets are classes"),
        ("EUCLID", "multilabel", "EUCLID does not fit the data: its targets are several yes/no labels per example"),
    ],
)
def test_a_head_that_cannot_learn_the_targets_is_refused(head, task, message):
    targets = np.arange(40) % 3 if task == "classification" else np.zeros((40, 3), np.float32)
    with pytest.raises(WxbError) as error:
        build(f"FC-4-RELU, {head}", dataset(vectors(), targets, task))
    assert error.value.what == message
    fitting = error.value.fix.removeprefix("end the network in ").split(", ")
    assert fitting == [name for name, known in HEADS.items() if task in known.tasks]
    build(f"FC-4-RELU, {fitting[0]}", dataset(vectors(), targets, task))


def test_a_plan_for_other_examples_is_refused():
    planned = plan(read("FC-4-RELU, SOFTMAX"), (5,), 3)
    with pytest.raises(WxbError) as error:
        build(planned, dataset(vectors()))
    assert error.value.what == "the network takes 5 and has 3 outputs; made has examples of 4 and needs 3 outputs"


# --- a model is a module like any other ---

EVERYTHING = (
    "CONV3-8-RES(CONV3-8-BN-RELU-DROP-CONV3-8)(0.5)-RELU-RES(CONV-16/2, PAD)-CAT(CONV1-2-MAXOUT, ID)-GAP-FC-6-BN, {}"
)


def through_torch(model: Model) -> Model:
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize("head", [name for name in HEADS if name != "TAGS"])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model)), through_torch])
def test_a_model_that_has_predicted_is_copied_and_pickled(copied, head):
    model = build(EVERYTHING.format(head), input_shape=(3, 8, 8), outputs=3)
    x = torch.randint(0, 256, (4, 3, 8, 8), dtype=torch.uint8)
    set_generator(model, torch.Generator().manual_seed(0))
    model(x).sum().backward()
    expected = model.eval()(x)
    other = copied(model)
    assert list(other.state_dict()) == list(model.state_dict())
    assert torch.equal(other(x), expected)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1)
    assert torch.equal(model(x), expected)
    assert not torch.equal(other(x), expected)  # it computes with its own weights


def test_a_model_of_numbers_is_pickled_with_their_units():
    data = dataset(vectors(), (np.arange(80).reshape(40, 2) * 100).astype(np.float32), "regression", 2)
    model = build("FC-4-RELU, EUCLID", data)
    other = pickle.loads(pickle.dumps(model))
    scores, targets = torch.tensor([[1.0, 2.0]]), torch.tensor([[50.0, 900.0]])
    assert torch.equal(other.head.loss(scores, targets), model.head.loss(scores, targets))


def test_a_layer_that_is_replaced_is_used():
    model = build("FC-4-RELU, SVM", input_shape=(3,), outputs=2)
    model.get_submodule("2").add_module("RELU", torch.nn.Tanh())
    x = torch.randn(5, 3)
    expected = model.get_submodule("3.FC-2")(model.get_submodule("1.FC-4")(x).tanh())
    assert torch.equal(model(x), expected)


def test_a_model_is_printed_as_its_layers_under_their_paths():
    model = build("CONV3-8-RES(CONV3-8-RELU)(0.5)-CAT(ID, CONV1-2)-GAP, SVM", input_shape=(3, 8, 8), outputs=2)
    assert str(model) == (
        "Model(\n"
        "  (1.CONV3-8): Convolution(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))\n"
        "  (2.RES): Residual(\n"
        "    survival=0.5\n"
        "    (1.CONV3-8): Convolution(8, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))\n"
        "    (2.RELU): ReLU(inplace=True)\n"
        "    (shortcut): Identity()\n"
        "  )\n"
        "  (3.CAT): Concat(\n"
        "    (1): Identity()\n"
        "    (2): Chain(\n"
        "      (1.CONV1-2): Convolution(8, 2, kernel_size=(1, 1), stride=(1, 1))\n"
        "    )\n"
        "  )\n"
        "  (4.GAP): GlobalAverage()\n"
        "  (5.FC-2): Affine(in_features=10, out_features=2, bias=True)\n"
        "  (scale): Standardize()\n"
        ")"
    )


def test_a_forward_looks_up_no_layer_by_name(monkeypatch):
    model = build(EVERYTHING.format("SVM"), input_shape=(3, 8, 8), outputs=3)

    def refused(self: torch.nn.Module, name: str) -> None:
        raise AssertionError(f"{name} was looked up")

    monkeypatch.setattr(torch.nn.Module, "get_submodule", refused)
    monkeypatch.setattr(torch.nn.Module, "named_children", refused)
    model(torch.randint(0, 256, (4, 3, 8, 8), dtype=torch.uint8))


@pytest.mark.parametrize("form", ["RES({}-TANH)", "CAT({}, ID)-FC-4-TANH"])
def test_the_deepest_blocks_are_built_trained_copied_and_saved(form, tmp_path):
    text = "FC-4"
    for _ in range(MOST_NESTED):
        text = form.format(text)
    model = build(f"{text}, SOFTMAX", input_shape=(4,), outputs=3)
    logits = model(torch.ones(2, 4))
    logits.sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    torch.save(model, tmp_path / "model.pt")
    for other in (copy.deepcopy(model), torch.load(tmp_path / "model.pt", weights_only=False)):
        assert torch.equal(other(torch.ones(2, 4)), logits)
