"""Several devices that share each batch: the gradient of the whole batch, and the same weights on all of them."""

import dataclasses
import io
import os
import pickle
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from wxb.data import load_data
from wxb.errors import WxbError
from wxb.learning import devices
from wxb.learning.events import Change
from wxb.learning.loop import learn
from wxb.learning.machine import Machine, choose
from wxb.learning.recipe import Recipe
from wxb.learning.share import Share
from wxb.network.build import build
from wxb.network.pretrained import freeze

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are listed in /proc")
CPU = Machine("cpu", "float32", 1)
DROPPING = "CONV-8-RELU-DROP(0.3)-POOL-FC-16-TANH-DROP(0.5), SOFTMAX"
BUSY = Recipe(
    steps=3, batch_size=53, devices=2, optimizer="adam", learning_rate=0.01, mixup=0.4, cutout=3, l2=0.01, clip=1.0,
    augment="flip,shift-1", class_weight="balanced", label_smoothing=0.1, ema=0.9,
)  # fmt: skip


@pytest.fixture(scope="module")
def digits():
    return load_data("digits")


def trained(data, network, recipe, state=None, events=()):
    """The losses, the final tensors and the state after the second step of a training."""
    model = build(network, data, seed=recipe.seed)
    losses, second = [], None
    for record in learn(model, data, recipe, CPU, state, events):
        losses.append(record.loss)
        second = record.state() if record.step == 2 else second
    return losses, model.state_dict(), second


def shares(rows, micro_batches, count):
    """What each of `count` devices computes."""
    made = [Share.__new__(Share) for _ in range(count)]
    for rank, share in enumerate(made):
        share.rank, share.count = rank, count
    return [share.parts(rows, micro_batches) for share in made]


@given(st.integers(1, 9), st.integers(1, 20), st.integers(0, 200))
def test_devices_divide_a_batch_without_gap_or_overlap(count, micro_batches, more):
    rows = torch.arange(count + more)
    found = shares(rows, min(micro_batches, len(rows)), count)
    assert torch.equal(torch.cat([part for parts, _ in found for part in parts]), rows)
    assert all(parts and all(len(part) for part in parts) for parts, _ in found)
    assert [int(parts[0][0]) for parts, _ in found] == [first for _, first in found]
    assert max(len(parts) for parts, _ in found) - min(len(parts) for parts, _ in found) <= 1


@pytest.mark.parametrize("events", [(), (Change(1, "l2", 0.5), Change(2, "learning_rate", 0.002))])
def test_two_devices_learn_the_bits_of_two_micro_batches(digits, events):
    alone = dataclasses.replace(BUSY, devices=1, accumulate=2, batch_size=27)
    shared = dataclasses.replace(BUSY, batch_size=54)
    losses, weights, _ = trained(digits, DROPPING, shared, events=events)
    expected, other, _ = trained(digits, DROPPING, alone, events=events)
    assert losses == expected
    for name, tensor in other.items():
        assert torch.equal(weights[name], tensor), name


def table():
    rng = np.random.default_rng(0)
    examples = rng.normal(size=(120, 5))
    return load_data(examples, examples @ np.arange(5.0) + rng.normal(size=120))


@pytest.mark.parametrize(
    ("data", "network", "settings"),
    [
        (table, "TEAM-5x2(FC-8-RELU), EUCLID", {"bagging": True}),
        (
            lambda: load_data("digits"),
            "HIST-FC-8-RELU, SOFTMAX",
            {"accumulate": 4, "batch_size": 5, "reduction": "sum"},
        ),
    ],
)
def test_three_devices_learn_what_one_does(data, network, settings):
    recipe = Recipe(**{"steps": 3, "batch_size": 20, "learning_rate": 0.01, **settings})
    losses, weights, _ = trained(data(), network, dataclasses.replace(recipe, devices=3))
    expected, other, _ = trained(data(), network, recipe)
    assert losses == pytest.approx(expected, rel=1e-4)
    for name, tensor in other.items():
        torch.testing.assert_close(weights[name], tensor, rtol=1e-3, atol=1e-4)


def test_the_running_statistics_are_the_mean_over_the_devices(digits):
    network = "FC-8-BN-RELU, SOFTMAX"
    recipe = Recipe(steps=1, batch_size=40, devices=2, shuffle=False, epochs=1)
    _, tensors, _ = trained(digits, network, recipe)
    model = build(network, digits, seed=0)
    layer = next(module for name, module in model.named_modules() if name.endswith("BN"))
    means = []
    layer.register_forward_pre_hook(lambda module, inputs: means.append(inputs[0].detach().mean(0)))
    for half in digits.split.train[:40].reshape(2, 20):
        model.train()(torch.from_numpy(digits.model_inputs[half]))
    name = next(name for name in tensors if name.endswith("running_mean"))
    torch.testing.assert_close(tensors[name], 0.1 * (means[0] + means[1]) / 2, rtol=1e-5, atol=1e-6)


def test_frozen_layers_keep_their_statistics_to_the_bit(digits):
    model = build("FC-8-BN-RELU-FC-8-BN-RELU, SOFTMAX", digits)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    before["2.BN.running_mean"] = model.state_dict()["2.BN.running_mean"].normal_().clone()
    freeze(model, ("1.FC-8", "2.BN"))
    for _ in learn(model, digits, Recipe(steps=2, batch_size=60, devices=3), CPU):
        pass
    changed = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert not {name for name in changed if name.startswith(("1.", "2."))}
    assert {"4.FC-8.weight", "5.BN.running_mean"} <= changed


def test_a_training_on_devices_goes_on_from_its_state_with_the_same_bits(digits):
    recipe = dataclasses.replace(BUSY, optimizer="muon", steps=4)
    network = "CONV-8-BN-RELU-POOL-FC-16-RELU-DROP(0.5), SOFTMAX"
    losses, weights, second = trained(digits, network, recipe)
    rest, resumed, _ = trained(digits, network, recipe, second)
    assert rest == losses[2:]
    for name, tensor in weights.items():
        assert torch.equal(resumed[name], tensor), name


@ON_LINUX
def test_a_device_that_ends_is_named_and_nothing_is_left(digits):
    model = build("FC-8-RELU, SOFTMAX", digits)
    records = learn(model, digits, Recipe(steps=50, batch_size=40, devices=3), CPU)
    next(records)
    others = children()
    assert len(others) == 2
    os.kill(others[-1], signal.SIGKILL)
    with pytest.raises(WxbError, match="device 3 of 3 has stopped") as caught:
        list(records)
    assert caught.value.detail == "it was killed by signal 9"
    assert caught.value.fix == "train again with `devices=1`, if its memory was too small"
    assert caught.value.exit_code == 1
    assert not set(others) & set(children())


@ON_LINUX
def test_a_device_that_cannot_begin_is_named(digits, monkeypatch):
    monkeypatch.setattr(devices, "_packed", lambda step: b"no pickle")
    with pytest.raises(WxbError, match="device 2 of 2 has stopped") as caught:
        next(learn(build("FC-8-RELU, SOFTMAX", digits), digits, Recipe(batch_size=40, devices=2), CPU))
    assert "UnpicklingError" in caught.value.detail
    assert not children()


@ON_LINUX
def test_a_training_that_is_left_ends_its_devices(digits):
    records = learn(build("FC-8-RELU, SOFTMAX", digits), digits, Recipe(steps=50, batch_size=40, devices=2), CPU)
    next(records)
    assert len(children()) == 1
    records.close()
    assert not children()


def children():
    """The processes that this one has started and that follow its steps, in the order of their start."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == os.getpid() and b"wxb.learning.devices" in words:
            found.append(int(entry.name))
    return sorted(found)


def test_mapped_examples_are_handed_over_by_the_name_of_their_file(tmp_path):
    np.arange(60, dtype=np.uint8).tofile(tmp_path / "pack")
    mapped = np.memmap(tmp_path / "pack", np.uint8, "r", shape=(6, 10))
    for view in (mapped, mapped[2:5]):
        packed = io.BytesIO()
        devices._Pickler(packed).dump({"examples": view})
        found = pickle.loads(packed.getvalue())["examples"]
        assert isinstance(found, np.memmap)
        assert np.array_equal(found, view)
    packed = io.BytesIO()
    devices._Pickler(packed).dump(mapped[:, ::2])  # no piece of the file as it lies there
    assert np.array_equal(pickle.loads(packed.getvalue()), mapped[:, ::2])


def test_a_gpu_and_batches_that_are_too_small_are_refused(digits, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for device in ("cuda", "auto"):
        with pytest.raises(WxbError, match=r"`devices=2`: only processes on the CPU share a batch, not GPUs"):
            choose(device, devices=2)
    monkeypatch.undo()
    with pytest.raises(WxbError, match=r"`devices=4`: a batch of 2 examples is too small for so many"):
        next(learn(build("FC-8-RELU, SOFTMAX", digits), digits, Recipe(batch_size=3, devices=4), CPU))


def test_the_cores_are_shared_out(monkeypatch):
    monkeypatch.setattr("wxb.learning.machine.physical_cores", lambda: 8)
    assert choose("cpu", devices=1).threads == 8
    assert choose("cpu", devices=2).threads == 4
    assert choose("cpu", devices=3).threads == 2
    assert choose("cpu", devices=16).threads == 1
    assert choose("cpu", threads=5, devices=2).threads == 5
