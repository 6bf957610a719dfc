"""Pictures mapped from a file are learned from with the bits of those in memory, and are never copied whole."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from PIL import Image

import wxb
from tests.learning.test_learning_resume import BUSY, CPU, assert_same_bits, stopped_at, undisturbed
from wxb.data.pictures import folder as pictures
from wxb.data.pictures.pack import is_mapped
from wxb.learning import feed
from wxb.learning.augment import Augment
from wxb.learning.checks import check
from wxb.learning.feed import Feed
from wxb.learning.inference import score
from wxb.learning.loop import learn
from wxb.learning.recipe import Recipe
from wxb.network.build import build
from wxb.network.moments import moments
from wxb.runs.matching import as_examples
from wxb.trials.baselines import baselines

NETWORK = "CONV3-8-BN-RELU-POOL-GAP, SOFTMAX"


def save(home, each: int, side: int, channels: int):
    random = np.random.default_rng(0)
    for number, name in enumerate("abc"):
        (home / name).mkdir(parents=True)
        for i in range(each):
            pixels = random.integers(0, 160 + 40 * number, (side, side, channels)[: 2 + (channels > 1)], dtype=np.uint8)
            Image.fromarray(pixels).save(home / name / f"{i}.png")
    return home


@pytest.fixture(scope="module", params=[3, 1], ids=["colour", "grey"])
def both(request, tmp_path_factory):
    """The same pictures in memory and mapped."""
    home = save(tmp_path_factory.mktemp("pictures") / "photos", each=60, side=16, channels=request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WXB_CACHE", str(home.parent / "cache"))
        patch.setattr(pictures, "PACKED_FROM", 1)
        held, mapped = wxb.load_data(home, cache=False), wxb.load_data(home)
    assert (is_mapped(held.examples), is_mapped(mapped.examples)) == (False, True)
    return held, mapped


def test_training_has_the_same_bits(both):
    held, mapped = both
    assert_same_bits(undisturbed(held, BUSY), undisturbed(mapped, BUSY))


def test_a_training_stopped_at_any_step_goes_on_with_the_same_bits(both):
    held, mapped = both
    whole = undisturbed(mapped, BUSY)
    for stops in ([1], [2, 7], [6]):
        assert_same_bits(whole, stopped_at(mapped, BUSY, stops))
    assert_same_bits(whole, stopped_at(held, BUSY, [5]))


def test_a_run_is_the_same(both, tmp_path):
    runs = [
        wxb.train(data, NETWORK, epochs=2, out=tmp_path / name)
        for name, data in zip(("held", "mapped"), both, strict=True)
    ]
    first, second = runs
    assert first.summary.test == second.summary.test
    assert replace(first.data, source={}) == replace(second.data, source={})
    assert all(torch.equal(tensor, second.weights()[name]) for name, tensor in first.weights().items())
    for part in ("test", "all"):
        assert first.evaluate(both[1], part) == second.evaluate(both[0], part)


def test_designed_features_are_the_same(both):
    if both[0].shape[0] == 1:
        pytest.skip("one kind is enough")
    weights = []
    for data in both:
        model = build("CAT(HOG, PIXELS)-FC-8-RELU, SOFTMAX", data)
        for _ in learn(model, data, Recipe(epochs=1, batch_size=40), CPU):
            pass
        weights.append(model.state_dict())
    assert all(torch.equal(tensor, weights[1][name]) for name, tensor in weights[0].items())


def test_baselines_are_the_same(both):
    one, other = ({name: (found.score, found.about) for name, found in baselines(data).items()} for data in both)
    assert one == other


def test_a_training_that_nobody_takes_to_its_end_leaves_nothing_behind(both):
    before = threading.active_count()
    records = learn(build(NETWORK, both[1]), both[1], BUSY, CPU)
    next(records)
    records.close()
    assert threading.active_count() == before


def test_batches_hold_nothing_of_a_mapped_set(both):
    mapped = both[1]
    found = Feed(mapped.examples, mapped.split.train, 25, "cpu", 0)
    found.start(1)
    assert found.inputs(found.rows(0)).shape == (23, *mapped.shape)
    assert np.shares_memory(found.elsewhere, mapped.examples)
    assert not [value for value in vars(found).values() if isinstance(value, torch.Tensor) and value.ndim > 1]


@pytest.mark.parametrize("augment", ["none", "flip,shift-1"])
def test_what_a_gpu_has_no_room_for_goes_there_batch_by_batch(both, augment, monkeypatch):
    held, learned = both[0], both[0].split.train
    resident = Feed(held.examples, learned, 25, "cpu", 0, augment=Augment.read(augment))
    monkeypatch.setattr(feed, "has_room", lambda *_: False)
    sent = Feed(held.examples, learned, 25, "cpu", 0, augment=Augment.read(augment))
    resident.start(3)
    sent.start(3)
    for index in range(len(sent)):
        rows = sent.rows(index)
        assert torch.equal(rows, resident.rows(index))
        given, expected = sent.inputs(rows), resident.inputs(rows)
        assert torch.equal(given, expected)
        assert given.stride() == expected.stride()


def test_a_gpu_holds_what_takes_half_of_its_free_memory(monkeypatch):
    examples, rows = np.zeros((100, 3, 10, 10), np.uint8), np.arange(50)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (30_000, 10**9))
    assert feed.has_room("cuda:1", examples, rows)
    assert not feed.has_room("cuda:1", examples, np.arange(51))
    assert feed.has_room("cpu", examples, rows)
    assert feed.has_room("mps", examples, rows)


def test_nothing_on_the_way_copies_a_mapped_set(tmp_path, monkeypatch):
    """NumPy's memory is what is measured: it makes every batch."""
    monkeypatch.setenv("WXB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pictures, "PACKED_FROM", 1)
    monkeypatch.setattr("wxb.network.moments.NUMBERS_AT_ONCE", 2**14)
    monkeypatch.setattr("wxb.data.copies.BYTES_AT_ONCE", 2**16)
    monkeypatch.setattr("wxb.trials.baselines.NUMBERS_AT_ONCE", 2**18)
    monkeypatch.setattr("wxb.trials.baselines.SIDE", 4)
    monkeypatch.setattr("wxb.learning.inference.BATCH_CPU", 8)
    data = wxb.load_data(save(tmp_path / "photos", each=30, side=128, channels=3))
    recipe = Recipe(epochs=1, batch_size=8)

    def job() -> None:
        model = build("AVGPOOL32-FC-4-RELU, SOFTMAX", data)
        check(model, data, CPU)
        for _ in learn(model, data, recipe, CPU):
            pass
        rows = data.split.test
        score(model, as_examples(data.examples, data.shape, "uint8"), data.targets[rows], CPU, rows=rows)
        baselines(data)

    job()  # imports what it needs
    tracemalloc.start()
    try:
        job()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < data.examples.nbytes / 3


def test_test_examples_that_stand_in_train_are_found_in_a_mapped_set(both):
    data = both[1]
    split = data.split.__class__(data.split.train, data.split.validation, data.split.train[3:7], "made up")
    changed = data.__class__(data.name, data.examples, data.targets, data.task, data.classes, split)
    assert check(build(NETWORK, data), changed, CPU).copies_in_test == 4


def test_the_scale_of_bytes_is_the_same_however_they_lie_in_memory():
    pixels = np.random.default_rng(0).integers(0, 256, (50, 9, 7, 3), dtype=np.uint8)
    rows = np.arange(3, 50, 2)
    mean, std = moments(pixels.transpose(0, 3, 1, 2), rows)
    again = moments(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), rows)
    assert np.array_equal(mean, again[0])
    assert np.array_equal(std, again[1])
    assert np.allclose(mean, pixels[rows].mean((0, 1, 2)), rtol=1e-12)
    assert np.allclose(std, pixels[rows].std((0, 1, 2)), rtol=1e-12)
