"""What training takes of memory, held against what torch keeps; and the refusal of what does not fit."""

from __future__ import annotations

import os
from math import prod
from pathlib import Path

import numpy as np
import pytest
import torch

from wxb.data import load_data
from wxb.errors import WxbError
from wxb.learning.events import MicroBatches
from wxb.learning.optimizers import optimizers
from wxb.learning.recipe import OPTIMIZERS, Recipe
from wxb.network import memory
from wxb.network.build import build
from wxb.notation import Plan, plan, read
from wxb.notation.layers import LAYERS
from wxb.training import Training

MIB, GIB = 2**20, 2**30
BATCH = 8


def planned(text: str, shape: tuple[int, ...] = (4, 8, 8), outputs: int = 3) -> Plan:
    return plan(read(text), shape, outputs)


def kept(plan_: Plan) -> int:
    """Bytes of the tensors that torch keeps for the backward pass of a batch, beside weights and buffers."""
    model = build(plan_, normalize="none")
    own = {tensor.untyped_storage().data_ptr() for tensor in model.state_dict().values()}
    storages: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            storages[storage.data_ptr()] = storage
        return tensor

    x = torch.randn(BATCH, *plan_.input).contiguous()
    if x.ndim == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        logits = model(x)
    del logits
    return sum(storage.nbytes() for storage in storages.values())


NETWORKS = [
    "SOFTMAX",
    "FC-64-RELU-FC-32-TANH, SVM",
    "(CONV-16-BN-RELU)*2-POOL-CONV-32-RELU-GAP, SOFTMAX",
    "CONV5-6-TANH-AVGPOOL-CONV5-16p1-SIGMOID-FC-20-RELU, SOFTMAX",
    "CONV-16-RELU-POOL-UP2-8-RELU-UP-CONV-8, SVM",
    "CONV-16-LEAKY-CONV-16-ELU-CONV-16-GELU-CONV-16-SILU-CONV-8, SVM",
    "CONV-16-MAXOUT3-CONV-8-LRN-POOL-FC-32-MAXOUT-DROP, SVM",
    "CONV-16-BN-RELU-(RES(CONV-16-BN-RELU-CONV-16-BN)-RELU)*3-RES(CONV-32/2-BN-RELU-CONV-32-BN)-RELU-GAP, SVM",
    "CONV-16-RELU-CAT(ID, CONV1-8-RELU, POOL3/1p1-CONV1-8-RELU)-CAT(ID, BN-RELU-CONV-8)-GMP, SOFTMAX",
    "RES(CONV-4-RELU-CONV-8, PAD)-RELU-DROP(0.2)-FC-16-RELU, SOFTMAX",
]


NETWORKS += [f"CONV-16-{name}-CONV-8, SVM" for name, kind in LAYERS.items() if kind.family == "activation"]


def test_no_layer_is_forgotten():
    assert {layer.name for text in NETWORKS for layer in planned(text).layers} == {
        name for name, kind in LAYERS.items() if kind.family not in ("feature", "tokens", "recurrent")
    }


@pytest.mark.parametrize("text", NETWORKS)
def test_activations_are_about_what_torch_keeps(text):
    plan_ = planned(text)
    passing = BATCH * 4 * max(prod(layer.input) + prod(layer.output) for layer in plan_.layers)
    assert memory.estimate(plan_, BATCH, "sgd").activations - passing == pytest.approx(kept(plan_), rel=0.05)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weights_gradients_and_optimizer_are_what_torch_holds_after_a_step(name):
    plan_ = planned("CONV-32-BN-RELU-POOL-FC-200-RELU, SOFTMAX")
    model = build(plan_)
    found = optimizers(model, [plan_.output_layer.path], Recipe(optimizer=name))
    model(torch.rand(4, *plan_.input)).sum().backward()
    for optimizer in found:
        optimizer.step(torch.tensor(0.1))
    parameters = list(model.parameters())
    states = [value for one in found for state in one.state.values() for value in state.values()]
    held = sum(value.nbytes for value in states if torch.is_tensor(value) and value.numel() > 1)
    estimated = memory.estimate(plan_, 4, name)
    assert estimated.weights == sum(parameter.nbytes for parameter in parameters)
    assert estimated.gradients == sum(parameter.grad.nbytes for parameter in parameters)
    assert estimated.optimizer == pytest.approx(held, rel=0.05)  # Adam's part of Muon is left out


def test_every_optimizer_is_counted():
    assert set(memory.STATE) == set(OPTIMIZERS)


def test_activations_grow_with_the_batch_and_shrink_with_its_parts():
    plan_ = planned(NETWORKS[2])
    one = memory.estimate(plan_, 1, "adam")
    assert memory.estimate(plan_, 64, "adam").activations == 64 * one.activations
    assert memory.estimate(plan_, 64, "adam", micro_batches=4).activations == 16 * one.activations
    assert memory.estimate(plan_, 65, "adam", micro_batches=4).activations == 17 * one.activations
    assert memory.estimate(plan_, 64, "adam").weights == one.weights
    assert one.total == one.weights + one.gradients + one.optimizer + one.activations


# --- what there is ---


MEMINFO = "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    2048 kB\n"


def group(root: Path, folder: str, limit: str, usage: int, statistics: str = "", version: int = 2) -> None:
    """A control group as the kernel shows it."""
    names = {2: ("memory.max", "memory.current"), 1: ("memory.limit_in_bytes", "memory.usage_in_bytes")}[version]
    at = root / "sys/fs/cgroup" / folder
    at.mkdir(parents=True, exist_ok=True)
    (at / names[0]).write_text(limit + "\n")
    (at / names[1]).write_text(f"{usage}\n")
    (at / "memory.stat").write_text(statistics)


def proc(root: Path, meminfo: str | None, groups: str | None = None) -> None:
    """The folder `proc` of a machine."""
    (root / "proc/self").mkdir(parents=True)
    if meminfo is not None:
        (root / "proc/meminfo").write_text(meminfo)
    if groups is not None:
        (root / "proc/self/cgroup").write_text(groups)


def test_without_a_limit_the_machine_s_available_memory_counts(tmp_path):
    proc(tmp_path, MEMINFO, "0::/\n")
    assert memory.available(tmp_path) == 2 * MIB


def test_a_limit_of_the_process_s_group_counts_less_what_is_used_and_cannot_be_given_back(tmp_path):
    proc(tmp_path, MEMINFO, "0::/a/b\n")
    group(tmp_path, "a/b", str(MIB), 700_000, "anon 500000\ninactive_file 200000\n")
    assert memory.available(tmp_path) == MIB - 500_000


def test_a_limit_of_a_group_above_counts_too(tmp_path):
    proc(tmp_path, MEMINFO, "0::/a/b\n")
    group(tmp_path, "a/b", "max", 0)
    group(tmp_path, "a", str(MIB), 2**19)
    assert memory.available(tmp_path) == 2**19


def test_a_group_over_its_limit_has_nothing_free(tmp_path):
    proc(tmp_path, MEMINFO, "0::/\n")
    group(tmp_path, ".", "1000", 2000)
    assert memory.available(tmp_path) == 0


def test_limits_of_the_first_version_of_control_groups_are_read(tmp_path):
    proc(tmp_path, MEMINFO, "12:cpu,cpuacct:/x\n7:memory:/x\n")
    group(tmp_path, "memory/x", str(MIB), 500_000, "total_inactive_file 100000\n", version=1)
    assert memory.available(tmp_path) == MIB - 400_000


def test_without_linux_s_files_all_pages_of_the_machine_count(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}.__getitem__)
    assert memory.available(tmp_path) == 4_096_000


@pytest.mark.parametrize("error", [OSError, ValueError])
def test_where_nothing_says_it_is_unknown(tmp_path, monkeypatch, error):
    def unknown(name: str) -> int:
        raise error(name)

    monkeypatch.setattr(os, "sysconf", unknown)
    assert memory.available(tmp_path) is None


def test_this_machine_has_some():
    free = memory.available()
    assert free is None or 10 * MIB < free < 2**50


# --- refusing ---


def test_a_network_of_almost_a_billion_units_is_refused_before_anything_is_allocated(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 16 * GIB)
    plan_ = planned("FC-999999999-RELU, SOFTMAX", (1, 28, 28), 10)
    with pytest.raises(WxbError) as error:
        memory.micro_batches_that_fit(plan_, 128, "adam", device="cpu")
    weights = 4 * (785 * 999_999_999 + 10 * 999_999_999 + 10)
    assert plan_.parameters * 4 == weights
    assert error.value.what == (
        f"training this network takes about {memory.estimate(plan_, 1, 'adam').total / 2**40:.1f} TiB of memory; "
        "16.0 GiB are free"
    )
    assert "weights 2.9 TiB, gradients 2.9 TiB, adam 5.8 TiB, activations of one example" in error.value.detail
    assert error.value.fix.startswith("a smaller 1.FC-999999999: it has 784,999,999,215 of the network's")


def test_building_refuses_weights_that_cannot_be_there(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 16 * GIB)
    with pytest.raises(WxbError, match=r"the weights of this network take 2.9 TiB of memory; 16.0 GiB are free"):
        build("FC-999999999-RELU, SOFTMAX", input_shape=(1, 28, 28), outputs=10)


def test_a_batch_that_fits_stays_whole_and_one_that_does_not_is_halved(monkeypatch):
    plan_ = planned(NETWORKS[2])
    needs = memory.estimate(plan_, 64, "adam").total
    monkeypatch.setattr(memory, "available", lambda: needs)
    assert memory.micro_batches_that_fit(plan_, 64, "adam", device="cpu") == 1
    assert memory.micro_batches_that_fit(plan_, 64, "adam", 4, device="cpu") == 4
    monkeypatch.setattr(memory, "available", lambda: needs - 1)
    assert memory.micro_batches_that_fit(plan_, 64, "adam", device="cpu") == 2
    assert memory.micro_batches_that_fit(plan_, 200, "adam", device="cpu") == 4
    monkeypatch.setattr(memory, "available", lambda: None)
    assert memory.micro_batches_that_fit(planned("FC-999999999-RELU, SOFTMAX"), 64, "adam", device="cpu") == 1


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_parts_fit_and_half_as_many_would_not(optimizer):
    plan_ = planned(NETWORKS[2])
    for whole in (1, 3, 37, 100):
        there = memory.estimate(plan_, whole, optimizer).total
        count = memory.micro_batches_that_fit(plan_, 256, optimizer, there=there)
        assert memory.estimate(plan_, 256, optimizer, count).total <= there
        assert count == 1 or memory.estimate(plan_, 256, optimizer, count // 2).total > there


def test_where_no_batch_is_small_enough_the_largest_layer_is_named():
    plan_ = planned("CONV-16-RELU-FC-5000-RELU, SOFTMAX")
    with pytest.raises(WxbError) as error:
        memory.micro_batches_that_fit(plan_, 8, "sgd", there=MIB)
    assert error.value.fix.startswith("a smaller 3.FC-5000: it has 5,125,000 of")


SMALLER = "smaller pictures (`size`)"


def test_of_photos_a_smaller_size_is_a_way_out_too():
    plan_ = planned("CONV-16-RELU-FC-5000-RELU, SOFTMAX")
    with pytest.raises(WxbError, match=r"parameters; or smaller pictures \(`size`\)$"):
        memory.micro_batches_that_fit(plan_, 8, "sgd", there=MIB, smaller=SMALLER)
    assert memory.ran_short(plan_, "sgd", 1, smaller=SMALLER).fix.endswith("; or smaller pictures (`size`)")


def table(tmp_path, pieces=None):
    """A table of 4 columns with so many pieces, and a task of numbers."""
    rows = np.random.default_rng(1).normal(size=(1_000, 5))
    path = tmp_path / "t.csv"
    path.write_text("a,b,c,d,y\n" + "\n".join(",".join(f"{one:.4f}" for one in row) for row in rows))
    return load_data(path, target="y", pieces=pieces)


def test_of_a_table_no_pieces_are_a_way_out_where_they_feed_the_largest_layer(tmp_path, monkeypatch):
    data = table(tmp_path, pieces=48)
    monkeypatch.setattr(memory, "available", lambda: MIB)
    way = "; or `pieces=0`: 4 features, not 196"
    network = "FC-2000-RELU-FC-9-RELU, EUCLID"
    for attempt in (lambda: Training(data, network, options={"device": "cpu"}), lambda: build(network, data)):
        with pytest.raises(WxbError) as error:
            attempt()
        assert error.value.fix.startswith("a smaller 1.FC-2000: it has 394,000 of ")
        assert error.value.fix.endswith(way)
    for other, network in ((data, "FC-20-RELU-FC-20000-RELU, EUCLID"), (table(tmp_path, 0), "FC-90000-RELU, EUCLID")):
        with pytest.raises(WxbError) as error:
            Training(other, network, options={"device": "cpu"})
        assert "pieces" not in error.value.fix


def test_a_run_says_how_its_table_is_prepared_so_that_pieces_are_no_way_out(tmp_path):
    data = table(tmp_path, pieces=48)
    assert data.smaller == "`pieces=0`: 4 features, not 196"
    assert load_data(tmp_path / "t.csv", like=data.table).smaller == ""
    assert load_data("ring", examples=100).smaller == ""


def test_a_training_computes_its_batches_in_parts_where_the_memory_is_small_and_says_so(monkeypatch):
    data = load_data("ring", examples=1000)
    text = "FC-64-RELU-FC-64-RELU, SOFTMAX"
    there = memory.estimate(plan(read(text), data.shape, data.outputs), 50, "adam").total
    monkeypatch.setattr(memory, "available", lambda: there)
    options = {"optimizer": "adam", "epochs": 1, "batch_size": 200, "device": "cpu"}
    training = Training(data, text, options=options)
    assert training.trial.events == (MicroBatches(0, 4),)
    note = "the memory does not hold a batch of 200: a step is computed in 4 micro-batches"
    assert ("note", note) in training.lines()
    assert Training(data, text, options=options | {"batch_size": 50}).trial.events == ()
    accumulated = Training(data, text, options=options | {"batch_size": 100, "accumulate": 2})
    assert accumulated.trial.events == (MicroBatches(0, 4),)
    assert Training(data, text, options=options | {"batch_size": 50, "accumulate": 4}).trial.events == ()


def test_a_batch_is_at_most_all_training_examples(monkeypatch):
    data = load_data("ring", examples=100)
    there = memory.estimate(plan(read("SOFTMAX"), data.shape, data.outputs), len(data.split.train), "sgd").total
    monkeypatch.setattr(memory, "available", lambda: there)
    Training(data, "SOFTMAX", options={"optimizer": "sgd", "batch_size": 100_000, "device": "cpu"})
