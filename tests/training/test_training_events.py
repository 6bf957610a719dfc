"""What changed a training on its way stands in the run, and `--config` and resume repeat it with the same bits."""

import tomllib

import pytest
import torch

import wxb
from wxb.cli.main import main
from wxb.learning.events import End, MicroBatches, read_events
from wxb.runs.run import Run
from wxb.training import Training, resume

NETWORK = "FC-16-TANH-DROP(0.3), SOFTMAX"
SETTINGS = {"epochs": 2, "batch_size": 60, "mixup": 0.3, "threads": 1, "seed": 3}


@pytest.fixture(scope="module")
def ring():
    return wxb.load_data("ring", examples=600, seed=3)


def cut_at_step_4(ring, path, monkeypatch):
    """A training whose memory holds no more than 30 examples from its fourth step on."""
    settings = {"data": "ring", "examples": 600}
    training = Training(ring, NETWORK, options=SETTINGS, settings=settings, out=path)
    model, whole = training.trial.model, training.trial.model.forward

    def forward(x):
        record = training.trial.record
        if model.training and len(x) > 30 and record is not None and record.step >= 3:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9000000000 bytes")
        return whole(x)

    monkeypatch.setattr(model, "forward", forward)
    return training


@pytest.fixture(scope="module")
def cut(ring, tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        training = cut_at_step_4(ring, tmp_path_factory.mktemp("cut") / "run", monkeypatch)
        for _ in training:
            pass
        monkeypatch.undo()
        return training.finish()


def assert_same_weights(one, other):
    for name, tensor in one.weights().items():
        assert torch.equal(tensor, other.weights()[name]), name


def test_a_cut_for_want_of_memory_is_an_event_in_the_run_s_settings(ring, cut, tmp_path):
    text = (cut.path / "settings.toml").read_text()
    assert text.endswith('[[events]]\nkind = "micro_batches"\nstep = 3\ncount = 2\n')
    assert read_events(tomllib.loads(text)["events"]) == (MicroBatches(3, 2),)
    assert cut.settings["accumulate"] == 1
    uncut = wxb.train(ring, NETWORK, out=tmp_path / "uncut", **SETTINGS)
    assert "events" not in uncut.settings
    assert not all(torch.equal(tensor, uncut.weights()[name]) for name, tensor in cut.weights().items())


def test_config_repeats_a_run_whose_batch_was_cut_with_the_same_bits(cut, tmp_path):
    assert main(["train", "--config", str(cut.path / "settings.toml"), "--out", str(tmp_path / "again"), "-q"]) == 0
    again = Run.open(tmp_path / "again")
    assert again.settings["events"] == cut.settings["events"]
    assert_same_weights(again, cut)


@pytest.mark.parametrize("words", [["--batch-size", "30"], ["--epochs", "1"], ["ring", "FC-8-RELU, SOFTMAX"]])
def test_events_are_left_out_when_another_training_is_asked_for(cut, tmp_path, words):
    config = str(cut.path / "settings.toml")
    assert main(["train", *words, "--config", config, "--out", str(tmp_path / "other"), "-q"]) == 0
    assert "events" not in Run.open(tmp_path / "other").settings


@pytest.mark.parametrize("saved", [2, 3, 5])
def test_a_resumed_run_repeats_the_cut_that_came_after_its_checkpoint(ring, cut, tmp_path, monkeypatch, saved):
    training = cut_at_step_4(ring, tmp_path / "run", monkeypatch)
    for record in training:
        if record.step == saved:
            training.run.save(record)
        if record.step == 6:
            training.run.stop()  # as a kill would leave it, without another checkpoint
            break
    monkeypatch.undo()
    continued = resume(Run.open(tmp_path / "run"), ring)
    assert continued.settings["events"] == cut.settings["events"]
    assert_same_weights(continued, cut)


def test_an_end_moved_by_the_clock_is_repeated_without_it(ring, tmp_path, monkeypatch):
    from wxb.learning.pace import Deadline

    monkeypatch.setattr(Deadline, "look", lambda self, record: End(5, 9) if record.step == 5 else None)
    options = {name: value for name, value in SETTINGS.items() if name != "epochs"}
    timed = Training(
        ring, NETWORK, options=options, settings={"data": "ring", "examples": 600}, out=tmp_path / "run", seconds=30
    )
    steps = [record.step for record in timed]
    run = timed.finish()
    assert steps[-1] == 9
    assert run.summary.steps.total == 9
    assert run.settings["events"] == [{"kind": "end", "step": 5, "end": 9}]
    assert main(["train", "--config", str(run.path / "settings.toml"), "--out", str(tmp_path / "again"), "-q"]) == 0
    assert_same_weights(Run.open(tmp_path / "again"), run)


def test_time_and_events_are_refused_together(ring):
    with pytest.raises(wxb.errors.WxbError, match="`time` and events both say when training ends"):
        Training(ring, NETWORK, seconds=10, events=[End(4, 9)])


def test_a_wrong_event_of_a_file_is_named(tmp_path, capsys):
    path = tmp_path / "settings.toml"
    path.write_text('data = "ring"\n[[events]]\nkind = "end"\nstep = 4\n')
    assert main(["train", "--config", str(path)]) == 2
    said = capsys.readouterr().err
    assert f"{path}: the events are not those of a training" in said
    assert "missing required field `end` - at `events[0]`" in said


def test_an_interruption_within_a_step_leaves_the_last_checkpoint_to_resume_from(ring, tmp_path, monkeypatch):
    from wxb.learning.optimizers import Optimizer

    undisturbed = wxb.train(ring, NETWORK, out=tmp_path / "undisturbed", **SETTINGS)
    training = Training(ring, NETWORK, options=SETTINGS, out=tmp_path / "run")
    records = iter(training)
    next(records)
    next(records)
    training.run.save(training.trial.record)
    next(records)

    def interrupted(self, rate):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Optimizer, "step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            next(records)
    assert training.stop() == 2
    assert_same_weights(resume(Run.open(tmp_path / "run"), ring), undisturbed)
