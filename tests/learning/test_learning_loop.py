"""What a training does at each step, what it says, and which weights it ends with."""

import dataclasses
import gc
import math
import weakref

import numpy as np
import pytest
import torch

from wxb.data import load_data
from wxb.errors import FAILED, WxbError
from wxb.learning.events import Change, End, MicroBatches
from wxb.learning.feed import bounds
from wxb.learning.inference import logits, score
from wxb.learning.loop import Loop, learn
from wxb.learning.machine import Machine, choose
from wxb.learning.optimizers import Optimizer
from wxb.learning.recipe import OPTIMIZERS, Recipe
from wxb.learning.setup import set_up
from wxb.learning.watch import Watch
from wxb.network.build import build
from wxb.network.memory import estimate

CPU = Machine("cpu", "float32", 1)
LINEAR = "SOFTMAX"


@pytest.fixture(scope="module")
def digits():
    return load_data("digits")


@pytest.fixture(scope="module")
def points():
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(200, 3)).astype(np.float32)
    return load_data(inputs, (1000 + 50 * inputs @ [[1.0], [-2.0], [0.5]]).astype(np.float32))


def trained(data, network, recipe, machine=CPU):
    model = build(network, data, seed=recipe.seed)
    return model, list(learn(model, data, recipe, machine))


def test_records_count_steps_and_epochs_and_tell_the_rate(digits):
    recipe = Recipe(epochs=2, batch_size=500, optimizer="sgd", learning_rate=0.5, schedule="linear", warm_up=0)
    _, records = trained(digits, LINEAR, recipe)
    assert [(r.step, r.steps, r.epoch, r.epochs, r.epoch_end) for r in records] == [
        (1, 6, 1, 2, False), (2, 6, 1, 2, False), (3, 6, 1, 2, True),
        (4, 6, 2, 2, False), (5, 6, 2, 2, False), (6, 6, 2, 2, True),
    ]  # fmt: skip
    assert [r.learning_rate for r in records] == pytest.approx([0.5 * (6 - i) / 6 for i in range(6)])
    assert all(r.validation is None and r.train_loss is None for r in records if not r.epoch_end)
    assert records[2].validation.examples == len(digits.split.validation)


def test_the_epoch_s_loss_is_the_mean_over_its_examples(digits):
    recipe = Recipe(epochs=1, batch_size=400, optimizer="sgd", learning_rate=0.1)
    model = build(LINEAR, digits)
    examples = len(digits.split.train)
    sizes = np.diff(bounds(examples, 400))
    records = list(learn(model, digits, recipe, CPU))
    expected = sum(r.loss * n for r, n in zip(records, sizes, strict=True)) / examples
    assert records[-1].train_loss == pytest.approx(expected, rel=1e-6)


def test_one_step_of_plain_gradient_descent_is_minus_rate_times_gradient(digits):
    recipe = Recipe(epochs=1, batch_size=2000, optimizer="sgd", learning_rate=0.3, schedule="constant", warm_up=0)
    start = build(LINEAR, digits)
    loss = start.head.loss(
        start(torch.from_numpy(digits.part("train")[0])), torch.from_numpy(digits.part("train")[1])
    ).mean()
    gradients = torch.autograd.grad(loss, list(start.parameters()))
    model, _ = trained(digits, LINEAR, recipe)
    for before, gradient, after in zip(start.parameters(), gradients, model.parameters(), strict=True):
        assert torch.allclose(after, before - 0.3 * gradient, atol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns_the_digits(digits, optimizer):
    rates = {"sgd": 0.3, "momentum": 0.05, "nesterov": 0.05}
    recipe = Recipe(epochs=4, batch_size=64, optimizer=optimizer, learning_rate=rates.get(optimizer, 0.01))
    model, records = trained(digits, "FC-32-RELU, SOFTMAX", recipe)
    assert records[-1].validation.accuracy > 0.85
    assert score(model, *digits.part("test"), CPU).accuracy > 0.85


@pytest.mark.parametrize("accumulate", [2, 7])
def test_accumulated_batches_give_the_gradient_of_one_of_all_their_examples(digits, accumulate):
    whole = Recipe(epochs=1, batch_size=42 * 7, optimizer="sgd", learning_rate=0.1, class_weight="balanced")
    one, expected = trained(digits, "FC-16-TANH, SOFTMAX", whole)
    batch_size = whole.batch_size // accumulate
    other, records = trained(
        digits, "FC-16-TANH, SOFTMAX", dataclasses.replace(whole, batch_size=batch_size, accumulate=accumulate)
    )
    assert len(records) == len(expected)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_the_sum_has_the_mean_s_minimum_at_a_rate_scaled_by_the_batch(digits):
    n = len(digits.split.train)
    mean = Recipe(epochs=5, batch_size=n, optimizer="sgd", learning_rate=0.5, l2=0.01)
    summed = dataclasses.replace(mean, reduction="sum", learning_rate=0.5 / n, l2=0.01 * n)
    one, _ = trained(digits, LINEAR, mean)
    other, _ = trained(digits, LINEAR, summed)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_l2_is_in_the_loss_and_pulls_the_weights_in(digits):
    plain = Recipe(epochs=10, batch_size=100, optimizer="sgd", learning_rate=0.3)
    free, records = trained(digits, LINEAR, plain)
    held, penalized = trained(digits, LINEAR, dataclasses.replace(plain, l2=0.05))
    assert held.get_parameter("1.FC-10.weight").norm() < 0.7 * free.get_parameter("1.FC-10.weight").norm()
    assert penalized[-1].train_loss > records[-1].train_loss


def test_weight_decay_shrinks_weights_and_leaves_biases(digits):
    # with a rate that moves nothing but the decay: 1 - 0.1 * 5 a step
    recipe = Recipe(epochs=1, batch_size=2000, optimizer="sgd", learning_rate=0.1, schedule="constant", warm_up=0)
    free, _ = trained(digits, LINEAR, recipe)
    decayed, _ = trained(digits, LINEAR, dataclasses.replace(recipe, weight_decay=5))
    start = build(LINEAR, digits).get_parameter("1.FC-10.weight")
    name = "1.FC-10.weight"
    assert torch.allclose(decayed.get_parameter(name), free.get_parameter(name) - 0.5 * start, atol=1e-6)
    assert torch.equal(decayed.get_parameter("1.FC-10.bias"), free.get_parameter("1.FC-10.bias"))


def test_clip_bounds_the_step(digits):
    recipe = Recipe(
        epochs=1, batch_size=2000, optimizer="sgd", learning_rate=1, schedule="constant", warm_up=0, clip=0.01
    )
    start = build(LINEAR, digits)
    model, _ = trained(digits, LINEAR, recipe)
    moved = [(a - b).flatten() for a, b in zip(model.parameters(), start.parameters(), strict=True)]
    assert torch.cat(moved).norm().item() == pytest.approx(0.01, rel=1e-3)


def test_best_keeps_the_weights_of_the_best_validation(digits):
    recipe = Recipe(epochs=6, batch_size=100, optimizer="sgd", learning_rate=3.0, schedule="constant", keep="best")
    model, records = trained(digits, "FC-16-RELU, SOFTMAX", recipe)
    best = min(r.validation.loss for r in records if r.validation)
    assert score(model, *digits.part("validation"), CPU).loss == best


def test_early_stopping_ends_after_so_many_epochs_without_a_better_one(digits):
    recipe = Recipe(
        epochs=50, batch_size=50, optimizer="adam", learning_rate=0.02, schedule="constant", early_stopping=3
    )
    _, records = trained(digits, "FC-64-RELU, SOFTMAX", recipe)
    losses = [r.validation.loss for r in records if r.validation]
    assert len(losses) < 50
    assert min(losses[-3:]) > min(losses)
    assert len(losses) - 1 - max(i for i, loss in enumerate(losses) if loss == min(losses)) == 3


def test_averaged_weights_are_the_exponential_mean_of_the_steps_and_forget_the_first_weights_soon(digits):
    recipe = Recipe(epochs=12, batch_size=300, optimizer="sgd", learning_rate=0.5, ema=0.8, keep="last")
    model = build(LINEAR, digits)
    name = "1.FC-10.weight"
    mean = model.get_parameter(name).detach().clone()
    for record in learn(model, digits, recipe, CPU):
        kept = min(0.8, record.step / (record.step + 9))
        mean = kept * mean + (1 - kept) * model.get_parameter(name).detach()
    assert record.step > 36  # where 0.8 is less
    assert torch.allclose(model.get_parameter(name), mean, atol=1e-5)


def test_a_loss_that_is_no_number_ends_the_epochs(digits):
    recipe = Recipe(epochs=30, batch_size=100, optimizer="sgd", learning_rate=1e3, l2=1e3, warm_up=0)
    _, records = trained(digits, "FC-16-RELU-FC-16-RELU, SOFTMAX", recipe)
    assert not math.isfinite(records[-1].train_loss)
    assert records[-1].epoch < 30


def test_numbers_of_any_size_are_learned_in_their_own_units(points):
    recipe = Recipe(epochs=60, batch_size=20, optimizer="adam", learning_rate=0.02)
    model, records = trained(points, "EUCLID", recipe)
    assert records[-1].validation.rmse < 1
    predicted = logits(model, points.part("test")[0], CPU).numpy()
    assert np.abs(predicted - points.part("test")[1]).max() < 3


def test_without_validation_examples_nothing_is_scored():
    data = load_data("ring", examples=100, split=(0.8, 0, 0.2))
    _, records = trained(data, LINEAR, Recipe(epochs=1, batch_size=50, optimizer="sgd"))
    assert records[-1].validation is None


def test_logits_come_in_the_examples_order_whatever_the_batch_size(digits):
    model = build("CONV3-8-BN-RELU-GAP, SOFTMAX", digits)
    examples = digits.part("test")[0]
    assert torch.allclose(logits(model, examples, CPU, 7), logits(model, examples, CPU, 1000), atol=1e-5)
    assert model.training


def test_bfloat16_learns_with_float32_weights(digits):
    recipe = Recipe(epochs=3, batch_size=64, optimizer="adam", learning_rate=0.01)
    model, records = trained(digits, "CONV3-8-BN-RELU-POOL-FC-32-RELU, SOFTMAX", recipe, Machine("cpu", "bfloat16", 1))
    assert all(p.dtype == torch.float32 for p in model.parameters())
    assert records[-1].validation.accuracy > 0.8


def test_what_was_set_in_torch_before_comes_back(digits):
    before = torch.get_num_threads()
    trained(digits, LINEAR, Recipe(epochs=1, batch_size=2000), Machine("cpu", "float32", before + 1))
    assert torch.get_num_threads() == before


def test_an_unknown_device_is_refused_with_those_there():
    with pytest.raises(WxbError, match=r'^`device="cuda:999"`: no such device here\n  available: cpu'):
        choose("cuda:999")
    with pytest.raises(WxbError, match=r'^`device="quantum"`: expected auto, cpu, cuda, cuda:1 or mps'):
        choose("quantum")


def test_small_steps_get_one_thread_and_others_all_cores_if_none_are_asked_for(monkeypatch):
    monkeypatch.setattr("wxb.learning.machine.physical_cores", lambda: 6)
    assert choose("cpu", work=1000).threads == 1
    assert choose("cpu").threads == 6
    assert choose("cpu", threads=3, work=1000).threads == 3


@pytest.mark.parametrize("threads", [-1, 1_000])
def test_a_number_of_threads_that_cannot_be_is_refused(threads):
    with pytest.raises(
        WxbError, match=f"^`threads={threads}`: expected a whole number from 0 to 512\n  fix: `threads="
    ):
        choose("cpu", threads=threads)


def test_a_model_left_in_evaluation_mode_is_trained_all_the_same(digits):
    recipe = Recipe(epochs=1, batch_size=300, optimizer="sgd", learning_rate=0.1)
    network = "CONV3-4-BN-RELU-GAP, SOFTMAX"
    model, _ = trained(digits, network, recipe)
    looked_at = build(network, digits)
    looked_at.eval()
    for _ in learn(looked_at, digits, recipe, CPU):
        looked_at.eval()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, looked_at.state_dict()[name]), name


def test_training_ends_after_its_steps_within_an_epoch_too(digits):
    recipe = Recipe(epochs=2, steps=5, batch_size=500, optimizer="sgd", learning_rate=0.5)
    _, records = trained(digits, LINEAR, recipe)
    assert [(r.step, r.steps, r.epoch, r.epochs, r.epoch_end) for r in records] == [
        (1, 5, 1, 2, False), (2, 5, 1, 2, False), (3, 5, 1, 2, True), (4, 5, 2, 2, False), (5, 5, 2, 2, True),
    ]  # fmt: skip
    sizes = np.diff(bounds(len(digits.split.train), 500))
    expected = sum(r.loss * n for r, n in zip(records[3:], sizes[:2], strict=True)) / sum(sizes[:2])
    assert records[-1].train_loss == pytest.approx(expected, rel=1e-6)


def test_an_end_that_is_moved_while_training_gives_the_bits_of_one_that_was_known(digits):
    recipe = Recipe(epochs=2, batch_size=200, optimizer="momentum", learning_rate=0.1)
    records = learn(build(LINEAR, digits), digits, recipe, CPU)
    losses, events = [], []
    for record in records:
        losses.append(record.loss)
        events += record.events
        if record.step == 4:
            assert record.steps == 12
            assert records.send(End(4, 9)) is record
    assert len(losses) == 9
    assert events == [End(4, 9)]
    again = list(learn(build(LINEAR, digits), digits, recipe, CPU, events=events))
    assert [record.loss for record in again] == losses
    assert [record.events for record in again] == 4 * [()] + [(End(4, 9),)] + 4 * [()]


CHANGES = [Change(2, "learning_rate", 0.02), Change(4, "l2", 0.01), Change(4, "l1", 0.001), Change(7, "l2", 0.0)]


def test_settings_that_change_while_training_give_the_bits_of_changes_that_were_known(digits):
    recipe = Recipe(epochs=2, batch_size=200, optimizer="momentum", learning_rate=0.1)
    model = build(LINEAR, digits)
    records = learn(model, digits, recipe, CPU)
    losses, rates = [], []
    for record in records:
        losses.append(record.loss)
        rates.append(record.learning_rate)
        for change in CHANGES:
            if change.step == record.step:
                assert records.send(change) is record
    assert len(rates) == 12
    unchanged = [record.loss for record in learn(build(LINEAR, digits), digits, recipe, CPU)]
    assert losses[:3] == unchanged[:3]
    assert losses[4:] != unchanged[4:]
    for stop in (1, 3, 4, 5, 8):
        parts, repeated = [], build(LINEAR, digits)
        for record in learn(repeated, digits, recipe, CPU, events=CHANGES):
            parts.append(record.loss)
            if record.step == stop:
                state = record.state()
                break
        repeated = build(LINEAR, digits)
        parts += [record.loss for record in learn(repeated, digits, recipe, CPU, state, events=CHANGES)]
        assert parts == losses
        for name, tensor in model.state_dict().items():
            assert torch.equal(tensor, repeated.state_dict()[name]), name


def test_a_change_that_contradicts_the_recipe_is_refused(digits):
    recipe = Recipe(epochs=1, batch_size=200, optimizer="adamw", weight_decay=0.1)
    with pytest.raises(WxbError, match="two forms of the same penalty"):
        learn(build(LINEAR, digits), digits, recipe, CPU, events=[Change(2, "l2", 0.1)])
    records = learn(build(LINEAR, digits), digits, recipe, CPU)
    next(records)
    with pytest.raises(WxbError, match="learning_rate"):
        records.send(Change(1, "learning_rate", 0.0))


def test_an_event_of_a_step_that_is_done_is_refused(digits):
    records = learn(build(LINEAR, digits), digits, Recipe(epochs=1, batch_size=200), CPU)
    for record in records:
        if record.step == 3:
            with pytest.raises(WxbError, match="an event of step 2 comes too late: 3 steps are done"):
                records.send(MicroBatches(2, 4))
            break


def test_training_ends_when_validation_reaches_what_was_asked_for(digits):
    recipe = Recipe(epochs=30, batch_size=50, until=0.9)
    _, records = trained(digits, LINEAR, recipe)
    last = records[-1]
    assert last.step < last.steps
    assert last.epoch_end
    assert last.validation.accuracy >= 0.9
    assert all(r.validation.accuracy < 0.9 for r in records[:-1] if r.validation)


CUT = "CONV-4-BN-RELU-DROP(0.5)-GAP, SOFTMAX"


def test_a_batch_that_the_memory_does_not_hold_is_cut_and_training_goes_on(digits, monkeypatch):
    recipe = Recipe(epochs=1, batch_size=100, optimizer="sgd", learning_rate=0.1)
    model = build(CUT, digits)
    whole = model.forward
    limit = 100

    def forward(x):
        if model.training and len(x) > limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return whole(x)

    monkeypatch.setattr(model, "forward", forward)
    records, events = [], []
    for record in learn(model, digits, recipe, CPU):
        records.append(record)
        events += record.events
        if record.step == 4:
            limit = 25  # the fifth step begins whole, and ends in four micro-batches
    assert events == [MicroBatches(4, 4)]
    assert records[4].events == (MicroBatches(4, 4),)

    repeated = build(CUT, digits)
    again = list(learn(repeated, digits, recipe, CPU, events=events))
    assert [record.loss for record in again] == [record.loss for record in records]
    assert [record.events for record in again] == [record.events for record in records]
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, repeated.state_dict()[name]), name


def test_a_training_whose_batch_was_cut_continues_with_the_cut(digits):
    recipe = Recipe(epochs=1, batch_size=100, optimizer="sgd", learning_rate=0.1)
    events = [MicroBatches(2, 2), MicroBatches(4, 4)]
    undisturbed = [record.loss for record in learn(build(CUT, digits), digits, recipe, CPU, events=events)]
    for stop in (2, 3, 4, 6):
        losses = []
        for record in learn(build(CUT, digits), digits, recipe, CPU, events=events):
            losses.append(record.loss)
            if record.step == stop:
                state = record.state()
                break
        continued = learn(build(CUT, digits), digits, recipe, CPU, state, events)
        assert losses + [record.loss for record in continued] == undisturbed


def test_a_single_example_that_the_memory_does_not_hold_ends_training_with_what_it_takes(digits, monkeypatch):
    model = build(LINEAR, digits)
    parts = []

    def forward(x):
        parts.append(len(x))
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9000000000 bytes")

    monkeypatch.setattr(model, "forward", forward)
    with pytest.raises(WxbError) as error:
        list(learn(model, digits, Recipe(batch_size=8, optimizer="sgd"), CPU))
    assert parts == [8, 4, 2, 1]
    needs = estimate(model.plan, 1, "sgd").total
    assert error.value.what == (
        "the memory ran short in step 1: with one example at a time, training this network takes about "
        f"{needs / 2**10:.1f} KiB beside its data"
    )
    assert error.value.detail.startswith("weights 2.5 KiB, gradients 2.5 KiB, activations of one example ")
    assert error.value.fix == "a smaller 1.FC-10: it has 650 of the network's 650 parameters"
    assert error.value.exit_code == FAILED


def test_memory_that_is_short_when_the_weights_are_moved_is_said_too(digits, monkeypatch):
    def step(self, rate):
        raise MemoryError

    monkeypatch.setattr(Optimizer, "step", step)
    with pytest.raises(WxbError, match="the memory ran short in step 1"):
        list(learn(build(LINEAR, digits), digits, Recipe(), CPU))


def test_another_error_than_of_memory_is_not_swallowed(digits, monkeypatch):
    model = build(LINEAR, digits)

    def forward(x):
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(model, "forward", forward)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        list(learn(model, digits, Recipe(), CPU))


def test_a_training_that_is_let_go_is_freed_at_once(digits):
    setup = set_up(digits, "FC-8-RELU, SOFTMAX", options={"epochs": 1})
    training = Loop(setup.model, digits, setup.recipe, setup.machine, (), Watch(setup.model, "cpu", ()))
    steps = [record.step for record in training.records()]
    assert steps[-1] == training.duration.steps
    gone = weakref.ref(training)
    gc.disable()
    try:
        del training
        assert gone() is None  # what a GPU holds for it would otherwise stay until garbage is collected
    finally:
        gc.enable()


# --- records are values ---


def test_a_record_that_is_kept_keeps_its_numbers(digits):
    recipe = Recipe(epochs=2, batch_size=200, optimizer="adam", learning_rate=0.01)
    told = []
    kept = []
    for record in learn(build(LINEAR, digits), digits, recipe, CPU):
        told.append((record.step, record.loss, record.learning_rate, record.train_loss, record.validation))
        kept.append(record)
    assert [(r.step, r.loss, r.learning_rate, r.train_loss, r.validation) for r in kept] == told


def test_a_record_gives_its_own_step_s_state_or_says_that_it_is_gone(digits):
    records = learn(build(LINEAR, digits), digits, Recipe(epochs=1, batch_size=200), CPU)
    first = next(records)
    assert first.state()["counters"][0] == 1
    *_, last = records
    with pytest.raises(WxbError) as error:
        first.state()
    assert error.value.what == "the state of step 1 is gone: training has gone on"
    assert error.value.fix == "call record.state() before taking the next record"
    with pytest.raises(WxbError, match="the state of step 6 is gone"):
        last.state()  # the model may have other weights than those of the last step


def test_a_record_keeps_its_state_when_no_further_one_is_taken(digits):
    for record in learn(build(LINEAR, digits), digits, Recipe(epochs=1, batch_size=200), CPU):
        if record.step == 3:
            break
    assert record.state()["counters"][0] == 3


def test_a_step_that_was_broken_off_leaves_no_state(digits, monkeypatch):
    def step(self, rate):
        raise KeyboardInterrupt

    records = learn(build(LINEAR, digits), digits, Recipe(epochs=1, batch_size=200), CPU)
    first = next(records)
    monkeypatch.setattr(Optimizer, "step", step)
    with pytest.raises(KeyboardInterrupt):
        next(records)
    with pytest.raises(WxbError, match="the state of step 1 is gone"):
        first.state()
