"""A GPU's steps recorded and launched as one: the same bits as kernel by kernel, and what is not recorded."""

import numpy as np
import pytest
import torch

from wxb.data import load_data
from wxb.learning.events import MicroBatches
from wxb.learning.loop import Loop
from wxb.learning.profile import profile
from wxb.learning.setup import set_up

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that torch can use")

DROPPING = "CONV-16-BN-RELU-DROP(0.3)-POOL-RES(CONV-16-BN-RELU)(0.7)-GAP, SOFTMAX"
PLAIN = "CONV-16-BN-RELU-POOL-GAP, SOFTMAX"
RECORDED = [
    ("CONV-16-BN-RELU-POOL-CONV-32-BN-RELU-DROP(0.3)-GAP, SOFTMAX", {}),
    ("CONV-16-BN-RELU-POOL3/2-CONV-32-GELU-AVGPOOL-FC-20-TANH, SOFTMAX", {"optimizer": "adamw"}),
    (
        "CONV-16-LRN-RELU-POOL-RES(CONV-16-BN-RELU-CONV-16)(0.8)-RELU-CAT(ID, CONV1-8)-GAP, SOFTMAX",
        {"optimizer": "nesterov"},
    ),
    ("CONV-16-MAXOUT2-POOL-FC-32-SILU, SVM", {"optimizer": "rmsprop", "clip": 1.0}),
    ("CONV1-8/2-RELU-FC-32-ELU(1), SOFTMAX", {"optimizer": "adagrad", "ema": 0.9}),
    (
        "CONV3-32b0-POOL-BN-RELU-CONV3-32-BN-RELU-GAP, SOFTMAX",
        {"first_layer": "whitened", "initialization": "identity", "cutout": 8, "augment": "flip,shift-2"},
    ),
    (PLAIN, {"class_weight": "balanced", "l2": 1e-4, "l1": 1e-5, "accumulate": 2, "batch_size": 50}),
    ("HOG-FC-20-RELU, SOFTMAX", {"augment": "none"}),
]
ONE_BY_ONE = [(PLAIN, {"mixup": 0.2}), ("CAT(HOG, HIST)-FC-20-RELU, SOFTMAX", {"augment": "flip"})]


@pytest.fixture(scope="module")
def noise():
    chance = np.random.default_rng(0)
    return load_data(chance.integers(0, 256, (1203, 3, 32, 32), dtype=np.uint8), chance.integers(0, 10, 1203))


def training(data, text, options):
    setup = set_up(data, text, options={"epochs": 3, "batch_size": 100, "device": "cuda", **options})
    return Loop(setup.model, data, setup.recipe, setup.machine, setup.events, ())


def trained(data, text, options, recorded=True, stop=None, state=None):
    """The training and its state after all steps, or after `stop` of them."""
    loop = training(data, text, options)
    if not recorded:
        loop.step.record = lambda: None
    if state is not None:
        loop.load(state)
    for record in loop.records():
        if record.step in (stop, record.steps):
            return loop, record.state()
    raise AssertionError("no step was taken")


def assert_same_bits(one, other):
    assert all(torch.equal(one[name], other[name]) for name in one if name != "counters")


@pytest.mark.parametrize(("text", "options"), [*RECORDED, *ONE_BY_ONE])
def test_recorded_steps_give_the_bits_of_steps_launched_one_by_one_and_so_do_resumed_ones(noise, text, options):
    _, expected = trained(noise, text, options, recorded=False)
    loop, state = trained(noise, text, options)
    assert_same_bits(expected, state)
    if (text, options) in RECORDED:
        assert set(loop.step.graphs.recordings) == set(np.diff(loop.step.feed.bounds))
    else:
        assert loop.step.graphs is None
    _, half = trained(noise, text, options, stop=13)
    assert_same_bits(expected, trained(noise, text, options, state=half)[1])


def test_a_record_s_loss_and_the_gradients_are_those_of_its_own_step(noise):
    one_by_one, recorded = training(noise, PLAIN, {}), training(noise, PLAIN, {})
    one_by_one.step.record = lambda: None
    records = list(zip(one_by_one.records(), recorded.records(), strict=True))
    assert [one.loss for one, _ in records] == [other.loss for _, other in records]
    for one, other in zip(one_by_one.step.parameters, recorded.step.parameters, strict=True):
        assert torch.equal(one.grad, other.grad)


def test_the_seconds_of_recording_are_in_the_record(noise):
    records = [(record.recording, record.seconds) for record in training(noise, PLAIN, {}).records()]
    assert records[0][0] == 0 < records[-1][0] < records[-1][1]


def test_recorded_micro_batches_share_the_masks_of_the_whole_batch(noise):
    options = {"accumulate": 2, "batch_size": 50}
    _, expected = trained(noise, DROPPING, options, recorded=False)
    _, state = trained(noise, DROPPING, options)
    assert_same_bits(expected, state)


def test_a_cut_on_the_way_is_recorded_anew(noise):
    states = []
    for recorded in (False, True):
        loop = training(noise, PLAIN, {})
        if not recorded:
            loop.step.record = lambda: None
        records = loop.records()
        for record in records:
            if record.step == 8:
                records.send(MicroBatches(8, 2))
            if record.step == record.steps:
                states.append(record.state())
    assert_same_bits(*states)


def test_a_profile_times_the_step_as_training_makes_it(noise):
    setup = set_up(noise, PLAIN, options={"batch_size": 32, "device": "cuda"})
    timed = profile(setup.model, noise, setup.recipe, setup.machine)
    assert 0 < timed.seconds < sum(part.seconds for part in timed.parts)


def test_a_gpu_s_memory_that_is_short_halves_the_batch(noise, monkeypatch):
    loop = training(noise, PLAIN, {})
    whole = loop.model.forward

    def forward(x):
        if loop.model.training and len(x) > 60:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(x)

    monkeypatch.setattr(loop.model, "forward", forward)
    assert [record.events for record in loop.records()] == [(MicroBatches(0, 2),), *[()] * (loop.duration.steps - 1)]
    assert loop.step.micro_batches == 2
