"""The main job in Python: from data and text to a finished run, whatever happens on the way."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import wxb
from wxb.errors import WxbError
from wxb.learning import setup
from wxb.learning.defaults import Rung
from wxb.learning.events import read_events
from wxb.learning.machine import Machine
from wxb.runs.run import Run
from wxb.training import Training, resume

RING = {"examples": 600}


@pytest.fixture(scope="module")
def ring():
    return wxb.load_data("ring", **RING)


def weights(run):
    return load_file(run.path / "weights.safetensors")


def test_train_gives_a_finished_run_with_its_score_and_baselines(ring, tmp_path):
    run = wxb.train(ring, "FC-16-RELU, SOFTMAX", epochs=3, out=tmp_path / "run")
    assert run.summary.state == "finished"
    assert run.report.test["examples"] == len(ring.split.test)
    assert set(run.report.baselines) == {"majority", "nearest neighbour", "linear"}
    assert run.evaluate(ring).accuracy == run.report.test["accuracy"]
    assert len(run.history) == 3


def test_without_a_network_the_default_of_the_data_is_taken(ring, tmp_path):
    run = wxb.train(ring, epochs=1, out=tmp_path / "run")
    assert wxb.read(run.summary.network) == wxb.read("FC-64-RELU-FC-64-RELU-FC-C, SOFTMAX")


def test_a_family_is_bound_and_stored_without_variables(tmp_path):
    data = wxb.load_data("digits")
    training = Training(data, "[(CONV4-4-RELU)*N-POOL]*M, SOFTMAX", bindings={"N": 2}, options={"epochs": 1})
    assert training.trial.plan.choices == ("N=2", "M=1")
    assert "(N=2, M=1)" in dict(training.lines())["network"]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"augment": "rotate"}, '`augment="rotate"`: expected none, flip, shift-N or flip,shift-N'),
        (
            {"augment": "shift-8"},
            '`augment="shift-8"` is no smaller than the pictures, 1x8x8\n  fix: `augment="shift',
        ),
        ({"cutout": 8}, "`cutout=8` is no smaller than the pictures, 1x8x8\n  fix: `cutout=4`"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_change_that_pictures_cannot_take_is_refused_before_a_run_begins(option, said):
    with pytest.raises(WxbError) as error:
        Training(wxb.load_data("digits"), "SOFTMAX", options=option)
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(("network", "threads"), [("PIXELS, SOFTMAX", 1), ("BOW-8, SOFTMAX", 3)])
def test_the_work_of_visual_words_counts_for_the_threads(network, threads, monkeypatch):
    monkeypatch.setattr("wxb.learning.machine.physical_cores", lambda: 3)
    pictures = np.random.default_rng(0).integers(0, 256, (60, 3, 24, 24), dtype=np.uint8)
    data = wxb.load_data(pictures, np.arange(60) % 2)
    # 19 x 19 places; a patch of 108 numbers is whitened by 108 x 108, and compared with 8 words
    training = Training(data, network, options={"batch_size": 32})
    assert training.trial.machine.threads == threads
    assert [feature.multiply_adds for feature in training.trial.model.designed] == [
        0 if threads == 1 else 361 * 108 * 116
    ]


def test_seconds_of_all_stages_are_told_and_add_up(ring, tmp_path):
    training = Training(ring, "SOFTMAX", options={"epochs": 2}, out=tmp_path / "run")
    list(training)
    training.finish()
    seconds = training.result["seconds"]
    assert list(seconds) == ["start", "data", "checks", "train", "test", "baselines", "doctor", "report", "total"]
    stages = sum(value for stage, value in seconds.items() if stage != "total")
    assert stages == pytest.approx(seconds["total"], abs=0.25)


def test_nothing_is_written_before_the_first_record(ring, tmp_path):
    training = Training(ring, "SOFTMAX", options={"epochs": 1}, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    next(iter(training))
    assert (tmp_path / "run" / "run.json").exists()


def test_finish_needs_all_records(ring, tmp_path):
    training = Training(ring, "SOFTMAX", options={"epochs": 1}, out=tmp_path / "run")
    next(iter(training))
    with pytest.raises(ValueError, match="take all records first"):
        training.finish()


def test_stopped_at_a_step_and_resumed_it_has_the_bits_of_an_undisturbed_run(ring, tmp_path):
    options = {"epochs": 4, "optimizer": "adamw", "batch_size": 50, "ema": 0.9}
    whole = wxb.train(ring, "FC-16-BN-RELU-DROP(0.2), SOFTMAX", out=tmp_path / "whole", **options)
    training = Training(ring, "FC-16-BN-RELU-DROP(0.2), SOFTMAX", options=options, out=tmp_path / "parts")
    for record in training:
        if record.step == 11:
            assert training.stop() == 11
            break
    assert Run.open(tmp_path / "parts").summary.state == "stopped"
    resumed = resume(tmp_path / "parts", ring)
    assert all(torch.equal(tensor, weights(resumed)[name]) for name, tensor in weights(whole).items())
    assert [line.train_loss for line in resumed.history] == [line.train_loss for line in whole.history]


def test_stopped_behind_the_last_step_it_only_has_to_finish(ring, tmp_path):
    training = Training(ring, "SOFTMAX", options={"epochs": 2}, out=tmp_path / "run")
    for record in training:
        if record.step == record.steps:
            training.stop()
            break
    resumed = Training.resume(Run.open(tmp_path / "run"), ring)
    assert list(resumed) == []
    resumed.finish()
    assert resumed.result["epochs"] == 2
    assert resumed.result["steps"] == record.steps


def test_ctrl_c_in_python_saves_before_it_rises(ring, tmp_path, monkeypatch):
    from wxb.trials import trial as module

    def interrupted(*arguments):
        for record in learn(*arguments):
            yield record
            if record.step == 5:
                raise KeyboardInterrupt

    learn = module.learn
    monkeypatch.setattr(module, "learn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        wxb.train(ring, "SOFTMAX", epochs=3, out=tmp_path / "run")
    assert Run.open(tmp_path / "run").checkpoint().counters.step == 5


def test_after_an_unexpected_error_the_same_process_can_resume(ring, tmp_path, monkeypatch):
    from wxb.trials import trial as module

    def broken(*arguments):
        for record in learn(*arguments):
            yield record
            if record.step == 5:
                raise ArithmeticError

    learn = module.learn
    with monkeypatch.context() as patch:
        patch.setattr(module, "learn", broken)
        with pytest.raises(ArithmeticError) as kept:  # as a notebook keeps the last traceback, and all that hangs on it
            wxb.train(ring, "SOFTMAX", epochs=2, out=tmp_path / "run")
    assert resume(tmp_path / "run", ring).summary.state == "finished"
    del kept


KILLED = """
import sys, time
import wxb, wxb.training
wxb.training.SAVE_EVERY = 0  # save after every step
data = wxb.load_data("ring", examples=600)
if sys.argv[2] == "train":
    options = {"epochs": 8, "batch_size": 50, "optimizer": "muon"}
    training = wxb.training.Training(data, "FC-16-BN-RELU-DROP(0.2), SOFTMAX", options=options, out=sys.argv[1])
else:
    training = wxb.training.Training.resume(wxb.training.Run.open(sys.argv[1]), data)
for record in training:
    time.sleep(0.03)  # so that no machine is done before it is killed
training.finish()
"""


def test_killed_at_random_moments_and_resumed_it_has_the_bits_of_an_undisturbed_run(ring, tmp_path):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}

    def process(folder, how):
        return subprocess.Popen([sys.executable, "-c", KILLED, str(folder), how], env=environment)

    assert process(tmp_path / "whole", "train").wait() == 0
    moments = np.random.default_rng(0).uniform(0.02, 0.3, size=3)
    killed = 0
    for number, moment in enumerate(moments):
        running = process(tmp_path / "parts", "resume" if number else "train")
        summary = tmp_path / "parts" / "run.json"
        before = steps_done(summary)
        deadline = time.monotonic() + 60
        while running.poll() is None and steps_done(summary) <= before and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(moment)
        killed += running.poll() is None
        running.send_signal(signal.SIGKILL)
        running.wait()
        if json.loads(summary.read_text())["state"] == "finished":
            break
    assert killed >= 2
    if Run.open(tmp_path / "parts").summary.state != "finished":
        assert process(tmp_path / "parts", "resume").wait() == 0
    one, other = weights(Run.open(tmp_path / "whole")), weights(Run.open(tmp_path / "parts"))
    assert one.keys() == other.keys()
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def steps_done(summary):
    try:
        return json.loads(summary.read_text())["steps"]["done"]
    except FileNotFoundError:
        return 0


def test_a_training_whose_last_weights_give_no_finite_scores_fails_with_a_way_out(tmp_path):
    rng = np.random.default_rng(0)
    examples = rng.normal(size=(200, 2))
    data = wxb.load_data(examples, examples.sum(axis=1) * 1e29)
    with pytest.raises(WxbError, match="training broke down: the trained network's scores are not finite") as error:
        wxb.train(
            data,
            "FC-8-RELU-FC-8-RELU-FC-8-RELU, EUCLID",
            out=tmp_path / "run",
            epochs=1,
            batch_size=128,
            learning_rate=1e3,
            progress=False,
        )
    assert error.value.exit_code == 1
    assert "`learning_rate=100`" in error.value.fix
    with pytest.raises(WxbError, match="has no report yet"):
        _ = wxb.Run.open(tmp_path / "run").report


def test_a_training_whose_loss_is_no_number_fails_with_a_way_out(ring, tmp_path):
    with pytest.raises(WxbError, match="training broke down") as error:
        wxb.train(
            ring,
            "FC-64-RELU-FC-64-RELU, SOFTMAX",
            out=tmp_path / "run",
            optimizer="sgd",
            learning_rate=1e3,
            l2=1e3,
            epochs=50,
            schedule="constant",
            warm_up=0.0,
        )
    assert error.value.exit_code == 1
    assert "`learning_rate=100`" in error.value.fix
    assert Run.open(tmp_path / "run").summary.state == "failed"


def test_numbers_are_learned_and_reported_in_their_own_units(tmp_path):
    generator = np.random.default_rng(3)
    inputs = generator.uniform(-1, 1, size=(500, 2)).astype(np.float32)
    price = (2e5 + 1e5 * inputs[:, :1] * inputs[:, 1:]).astype(np.float32)
    run = wxb.train(wxb.load_data(inputs, price, name="prices"), "FC-64-TANH, EUCLID", epochs=60, out=tmp_path / "run")
    test = run.report.test
    assert test["r2"] > 0.9
    assert 1e2 < test["rmse"] < 2e4
    assert test["r2"] > run.report.baselines["linear"].score + 0.5
    assert run.predict(np.array([[0.5, 0.5]], np.float32)).values[0, 0] == pytest.approx(2.25e5, rel=0.05)


def test_labels_are_learned_independently(tmp_path):
    generator = np.random.default_rng(3)
    inputs = generator.normal(size=(600, 2)).astype(np.float32)
    labels = np.stack([inputs[:, 0] > 0, inputs[:, 1] > 0, inputs.sum(1) > 0], axis=1)
    run = wxb.train(wxb.load_data(inputs, labels), "FC-32-RELU, SIGMOIDS", epochs=60, out=tmp_path / "run")
    assert run.report.test["exact_match"] > 0.85
    assert run.predict(np.array([[1.0, -3.0]], np.float32)).values.tolist() == [[1, 0, 0]]


@pytest.mark.parametrize(("toy", "least"), [("ring", 0.96), ("quadrants", 0.96), ("modes", 0.96)])
def test_what_no_line_divides_a_small_network_does(toy, least, tmp_path):
    data = wxb.load_data(toy, examples=3000)
    line = wxb.train(data, "SOFTMAX", epochs=10, out=tmp_path / "line")
    net = wxb.train(data, "FC-32-RELU-FC-32-RELU, SOFTMAX", epochs=40, out=tmp_path / "net")
    assert line.report.test["accuracy"] <= 0.75
    assert net.report.test["accuracy"] >= least


def test_precision_that_the_machine_lacks_is_not_chosen(ring, monkeypatch):
    from wxb.learning import precision

    monkeypatch.setattr(precision, "WORTH_IT", 0)
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: False)
    data = wxb.load_data("digits")
    assert Training(data, "CONV-RELU-GAP, SOFTMAX").trial.machine.precision == "float32"


def test_bfloat16_is_chosen_where_gradients_agree_and_only_there(monkeypatch):
    from wxb.learning import precision

    monkeypatch.setattr(precision, "WORTH_IT", 0)
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: True)
    data = wxb.load_data("digits")
    assert Training(data, "CONV-BN-RELU-GAP, SOFTMAX", options={"device": "cpu"}).trial.machine.precision == "bfloat16"
    monkeypatch.setattr(precision, "agreement", lambda *_: 0.5)
    assert Training(data, "CONV-BN-RELU-GAP, SOFTMAX", options={"device": "cpu"}).trial.machine.precision == "float32"


def test_the_agreement_of_a_precision_with_itself_is_one_and_leaves_the_model_alone():
    from wxb.learning.precision import agreement

    data = wxb.load_data("digits")
    model = wxb.build("CONV-BN-RELU-DROP-GAP, SOFTMAX", data)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    one = Machine("cpu", "float32", 1)
    assert agreement(model, data, one, one) == pytest.approx(1)
    assert 0.9 < agreement(model, data, one, Machine("cpu", "bfloat16", 1)) < 1
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_an_empty_training_part_is_refused():
    with pytest.raises(WxbError, match="no examples to learn from"):
        Training(wxb.load_data("ring", examples=100, split=(0, 0, 1)))


def test_baselines_have_a_share_of_the_operations_of_the_cpu_alone(ring):
    training = Training(ring, "FC-16-RELU, SOFTMAX", options={"batch_size": 100})
    assert training.trial.cpu_operations(7) == 3 * (2 * 16 + 16 * 2) * 7 * 100
    training.trial.machine = Machine("cuda", "float32", 1)
    assert training.trial.cpu_operations(7) == 0


def test_a_training_takes_the_time_that_it_is_given_and_its_settings_give_the_same_bits_without_a_clock(ring, tmp_path):
    run = wxb.train(ring, "FC-16-RELU, SOFTMAX", time=5, out=tmp_path / "run", threads=1)
    assert 1 < run.history[-1].seconds < 5
    recipe = {name: run.settings[name] for name in ("steps", "threads")}
    assert recipe["steps"] > 100
    events = read_events(run.settings.get("events", []))
    training = Training(ring, "FC-16-RELU, SOFTMAX", options=recipe, events=events, out=tmp_path / "again")
    for _ in training:
        pass
    again = training.finish()
    for name, tensor in weights(run).items():
        assert torch.equal(tensor, weights(again)[name]), name


@pytest.mark.parametrize("option", [{"epochs": 3}, {"steps": 100}])
def test_two_ways_to_say_when_training_ends_are_one_too_many(ring, option):
    with pytest.raises(WxbError, match=f"`time` and `{next(iter(option))}` both say when training ends"):
        Training(ring, "SOFTMAX", options=option, seconds=10)


def test_without_a_network_a_longer_time_takes_a_larger_one(monkeypatch):
    data = wxb.load_data("digits")
    rungs = (Rung("FC-4-RELU"), Rung("FC-8-RELU", least=10), Rung("FC-16-RELU", least=100))
    monkeypatch.setattr(setup, "ladder", lambda data: rungs)
    tried = []

    def one_second(model, *_):
        tried.append(model.plan.layers[0].output[0])
        return 1.0

    monkeypatch.setattr(setup, "seconds_per_step", one_second)
    # at the pace of the first, twice the arithmetic would not do in time, and a trial is long beside 11 epochs
    for epochs, trials, taken in ((9, [4], 4), (11, [4], 4), (19, [4, 8, 16], 8), (101, [4, 8, 16], 16)):
        tried.clear()
        found, _ = setup.largest_within(data, epochs * 36, {})
        assert tried == trials
        assert found.plan.layers[0].output == (taken,)


def test_on_a_gpu_the_largest_network_is_tried_first(monkeypatch):
    data = wxb.load_data("digits")
    rungs = (Rung("FC-4-RELU"), Rung("FC-8-RELU", least=10), Rung("FC-8-RELU", 50, {"seed": 1}), Rung("FC-16-RELU", 99))
    monkeypatch.setattr(setup, "ladder", lambda data: rungs)
    monkeypatch.setattr(setup.machines, "choose", lambda *_: Machine("cuda", "float32", 1))
    whole, tried = setup.set_up, []

    def on_the_cpu(*given, options):
        return whole(*given, options=options, machine=Machine("cpu", "float32", 1))

    def one_second(model, *_):
        tried.append(model.plan.layers[0].output[0])
        return 1.0

    monkeypatch.setattr(setup, "set_up", on_the_cpu)
    monkeypatch.setattr(setup, "seconds_per_step", one_second)
    for epochs, trials, taken in (
        (101, [16], (16, 0)),
        (60, [16, 8], (8, 1)),
        (20, [16, 8], (8, 0)),
        (3, [16, 8, 4], (4, 0)),
    ):
        tried.clear()
        found, _ = setup.largest_within(data, epochs * 36, {})
        assert tried == trials  # the same network is tried once
        assert (found.plan.layers[0].output[0], found.recipe.seed) == taken


@pytest.mark.parametrize(
    ("data", "until", "what"),
    [
        ("sine", 0.9, "`until` asks for an accuracy; the targets of sine are numbers"),
        ("ring", 0.9, "`until` needs a validation part, and ring has none"),
    ],
)
def test_until_needs_something_that_can_be_reached(data, until, what):
    loaded = wxb.load_data(data, examples=100, split="0.7,0,0.3")
    with pytest.raises(WxbError, match=what):
        Training(loaded, options={"until": until})


def test_memory_that_is_short_on_the_way_is_said_in_the_settings(ring, tmp_path, monkeypatch):
    training = Training(ring, "FC-16-RELU, SOFTMAX", options={"epochs": 1, "batch_size": 60}, out=tmp_path / "run")
    whole = training.trial.model.forward

    def forward(x):
        if training.trial.model.training and len(x) > 30:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9000000000 bytes")
        return whole(x)

    monkeypatch.setattr(training.trial.model, "forward", forward)
    for _ in training:
        pass
    monkeypatch.undo()  # the report looks at a copy of the model, which would take this forward with it
    run = training.finish()
    assert run.settings["events"] == [{"kind": "micro_batches", "step": 0, "count": 2}]
    assert run.settings["accumulate"] == 1


def test_a_run_that_the_memory_ran_short_for_keeps_what_was_saved_and_is_resumed(ring, tmp_path, monkeypatch):
    options = {"epochs": 2, "batch_size": 60, "seed": 3}
    training = Training(ring, "FC-16-RELU, SOFTMAX", options=options, out=tmp_path / "run")
    whole = training.trial.model.forward
    monkeypatch.setattr("wxb.training.SAVE_EVERY", 0.0)

    def forward(x):
        if training.trial.model.training and training.trial.record is not None and training.trial.record.step == 4:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9000000000 bytes")
        return whole(x)

    monkeypatch.setattr(training.trial.model, "forward", forward)
    with pytest.raises(WxbError) as error:
        list(training)
    assert error.value.what.startswith("the memory ran short in step 5: with one example at a time")
    assert error.value.fix.endswith(f"; or wxb resume {tmp_path / 'run'}, where more memory is free")
    stopped = Run.open(tmp_path / "run")
    assert (stopped.summary.state, stopped.summary.steps.done) == ("stopped", 4)
    run = resume(stopped, ring)
    undisturbed = wxb.train(ring, "FC-16-RELU, SOFTMAX", out=tmp_path / "undisturbed", **options)
    for name, tensor in weights(undisturbed).items():
        assert torch.equal(weights(run)[name], tensor), name


def test_a_resumed_run_takes_its_whitened_patches_from_the_checkpoint_and_ends_with_the_same_bits(
    tmp_path, monkeypatch
):
    from wxb.network import start

    digits = wxb.load_data("digits")
    options = {"steps": 6, "first_layer": "whitened", "initialization": "identity"}
    network = "CONV3-8-RELU-CONV3-8-BN-RELU-GAP, SOFTMAX"
    undisturbed = wxb.train(digits, network, out=tmp_path / "undisturbed", **options)
    training = Training(digits, network, options=options, out=tmp_path / "run")
    for record in training:
        if record.step == 3:
            training.stop()
            break

    def found_anew(*_):
        raise AssertionError("the training part was looked at again")

    monkeypatch.setattr(start, "_whitened", found_anew)
    again = Training.resume(Run.open(tmp_path / "run"), digits)
    assert again.trial.checks == training.trial.checks
    for _ in again:
        pass
    for name, tensor in weights(again.finish()).items():
        assert torch.equal(weights(undisturbed)[name], tensor), name


def test_a_run_with_mirror_averaging_scores_and_predicts_with_it_for_ever(tmp_path):
    data = wxb.load_data("digits")
    run = wxb.train(data, "CONV-4-RELU-GAP, SOFTMAX", epochs=1, flip_average=True, out=tmp_path / "run")
    examples = data.examples[data.split.test]
    found = run.predict(examples)
    assert np.allclose(found.probabilities, run.predict(examples[..., ::-1]).probabilities, atol=1e-6)
    assert run.evaluate(data).accuracy == run.report.test["accuracy"]


@pytest.mark.parametrize(("data", "network"), [("ring", "SOFTMAX"), ("digits", "HIST, SOFTMAX")])
def test_what_has_no_mirror_image_is_refused(data, network):
    with pytest.raises(WxbError, match="`flip_average` is for networks that take the pictures themselves"):
        Training(wxb.load_data(data), network, options={"flip_average": True})
