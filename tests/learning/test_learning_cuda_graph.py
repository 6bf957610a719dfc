"""A GPU's steps recorded and launched as one: the same bits as kernel by kernel, and what is not recorded."""

import numpy as np
import pytest
import torch

from wxb.data import load_data
from wxb.learning.loop import Learner
from wxb.learning.profile import profile
from wxb.learning.setup import set_up

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that torch can use")

PLAIN = "CONV-16-BN-RELU-POOL-GAP, SOFTMAX"
RECORDED = [
    ("CONV-16-BN-RELU-POOL-CONV-32-BN-RELU-DROP(0.3)-GAP, SOFTMAX", {}),
    ("CONV-16-BN-RELU-POOL3/2-CONV-32-GELU-AVGPOOL-FC-20-TANH, SOFTMAX", {"optimizer": "adamw"}),
    (
        "CONV-16-LRN-RELU-POOL-RES(CONV-16-BN-RELU-CONV-16)(0.8)-RELU-CAT(ID, CONV1-8)-GAP, SOFTMAX",
        {"optimizer": "nesterov"},
    ),
    ("CONV-16-MAXOUT2-POOL-FC-32-SILU, SVM", {"optimizer": "rmsprop", "clip": 1.0}),
    ("CONV1-8/2-RELU-FC-32-ELU(1), SOFTMAX", {"optimizer": "adagrad", "average": 0.9}),
    (
        "CONV3-32b0-POOL-BN-RELU-CONV3-32-BN-RELU-GAP, SOFTMAX",
        {"first_layer": "whitened", "start": "identity", "cutout": 8, "augment": "flip,shift-2"},
    ),
    (PLAIN, {"class_weight": "balanced", "l2": 1e-4, "l1": 1e-5, "accumulate": 2}),
    ("HOG-FC-20-RELU, SOFTMAX", {"augment": "none"}),
]
ONE_BY_ONE = [(PLAIN, {"mixup": 0.2}), ("CAT(HOG, HIST)-FC-20-RELU, SOFTMAX", {"augment": "flip"})]


@pytest.fixture(scope="module")
def noise():
    chance = np.random.default_rng(0)
    return load_data(chance.integers(0, 256, (1203, 3, 32, 32), dtype=np.uint8), chance.integers(0, 10, 1203))


def learner(data, text, options, capture=True):
    chosen = {"epochs": 3, "batch_size": 100, "device": "cuda", **options}
    found = set_up(data, text, options=chosen)
    made = Learner(found.model, data, found.recipe, found.machine)
    made.capture = capture
    return made


def trained(data, text, options, capture=True, stop=None, state=None):
    """The learner and its state after all steps, or after `stop` of them."""
    made = learner(data, text, options, capture)
    if state is not None:
        made.load(state)
    for record in made.records():
        if record.step == stop:
            return made, record.state()
    return made, made.state()


def alike(one, other):
    assert all(torch.equal(one[name], other[name]) for name in one if name != "counters")


@pytest.mark.parametrize(("text", "options"), [*RECORDED, *ONE_BY_ONE])
def test_recorded_steps_give_the_bits_of_steps_launched_one_by_one_and_so_do_resumed_ones(noise, text, options):
    _, expected = trained(noise, text, options, capture=False)
    made, found = trained(noise, text, options)
    alike(expected, found)
    if (text, options) in RECORDED:
        assert set(made.captured.recordings) == set(np.diff(made.batches.bounds))
    else:
        assert made.captured is None
    _, half = trained(noise, text, options, stop=13)
    alike(expected, trained(noise, text, options, state=half)[1])


def test_a_record_s_loss_and_the_gradients_are_those_of_its_own_step(noise):
    one_by_one, recorded = (learner(noise, PLAIN, {}, capture) for capture in (False, True))
    records = list(zip(one_by_one.records(), recorded.records(), strict=True))
    assert [one.loss for one, _ in records] == [other.loss for _, other in records]
    for one, other in zip(one_by_one.parameters, recorded.parameters, strict=True):
        assert torch.equal(one.grad, other.grad)


def test_what_recording_took_is_told(noise):
    records = [(record.recording, record.seconds) for record in learner(noise, PLAIN, {}).records()]
    assert records[0][0] == 0 < records[-1][0] < records[-1][1]


def test_a_profile_times_the_step_as_training_makes_it(noise):
    found = set_up(noise, PLAIN, options={"batch_size": 32, "device": "cuda"})
    told = profile(found.model, noise, found.recipe, found.machine)
    assert 0 < told.seconds < sum(part.seconds for part in told.parts)


def test_a_gpu_s_memory_that_is_short_halves_the_batch(noise, monkeypatch):
    made = learner(noise, PLAIN, {})
    whole = made.model.forward

    def forward(x):
        if made.model.training and len(x) > 60:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(x)

    monkeypatch.setattr(made.model, "forward", forward)
    assert [record.parts for record in made.records()] == [2] * made.course.steps
