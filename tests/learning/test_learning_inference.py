"""Scores of many examples: the batches they are computed in, and the machine that small ones get."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
import torch

from wxb.learning.inference import BATCH, BATCH_CPU, NUMBERS, NUMBERS_CPU, batch_size_for, features, logits, score
from wxb.learning.machine import SMALL_STEP, Machine
from wxb.network.build import build
from wxb.notation import plan, read
from wxb.notation.named import NAMED

CPU = Machine("cpu", "float32", 1)
TEXT = "CONV3-4-BN-RELU-DROP-POOL-FC-8-BN-RELU, SOFTMAX"


@pytest.mark.parametrize("name", ["lenet5", "resnet20", "resnet152"])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_batches_are_what_memory_and_cache_hold_and_never_empty(name, device):
    planned = plan(read(name), NAMED[name].input, 10)
    size = batch_size_for(planned, Machine(device, "float32", 1))
    most, bound = (BATCH_CPU, NUMBERS_CPU) if device == "cpu" else (BATCH, NUMBERS)
    widest = max(prod(layer.output) for layer in planned.layers)
    assert 1 <= size <= most
    assert size * widest <= max(bound, widest)


def test_a_layer_wider_than_the_bound_is_computed_one_by_one():
    planned = plan(read("CONV3-64-RELU-GAP, SOFTMAX"), (3, 512, 512), 10)
    assert batch_size_for(planned, CPU) == 1


def test_small_work_takes_one_thread_and_large_work_all():
    machine = Machine("cpu", "float32", 8)
    assert machine.for_work(SMALL_STEP - 1).threads == 1
    assert machine.for_work(SMALL_STEP) is machine


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_scores_are_those_of_the_model_in_evaluation_mode(precision):
    model = build(TEXT, input_shape=(3, 8, 8), outputs=5).train()
    examples = np.random.default_rng(0).integers(0, 256, (40, 3, 8, 8)).astype(np.uint8)
    machine = Machine("cpu", precision, 1)
    found = logits(model, examples, machine, batch_size=7)
    assert found.dtype == torch.float32
    assert model.training  # and it is left in the mode that it was in
    with torch.no_grad():
        expected = model.eval()(torch.from_numpy(examples))
    assert torch.allclose(found, expected, atol=1e-5 if precision == "float32" else 0.02 * float(expected.abs().max()))
    classes = expected.argmax(1).numpy()
    assert score(model, examples, classes, machine).accuracy >= (1 if precision == "float32" else 0.9)


def test_scores_of_computed_features_are_those_of_the_examples():
    model = build("HIST-BN-FC-8-BN-RELU, SOFTMAX", input_shape=(3, 8, 8), outputs=5)
    examples = np.random.default_rng(0).integers(0, 256, (40, 3, 8, 8)).astype(np.uint8)
    known = features(model, examples, CPU)
    assert torch.allclose(logits(model, known, CPU, computed=True), logits(model, examples, CPU), atol=1e-6)
