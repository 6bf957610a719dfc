"""A run with `watch`: what its watched steps hold, and that nothing else is changed by them."""

import pytest
import torch

import wxb
from wxb.errors import WxbError
from wxb.runs.run import Run
from wxb.runs.verify import verify
from wxb.training import Training, resume

NETWORK = "FC-8-RELU-FC-4-TANH, SOFTMAX"


@pytest.fixture(scope="module")
def ring():
    return wxb.load_data("ring", examples=600)


def stopped_at(step, data, out, **options):
    training = Training(
        data, NETWORK, options={"epochs": 4, "batch_size": 128, "threads": 1, "mixup": 0.2}, out=out, **options
    )
    for record in training:
        if record.step == step:
            training.stop()
            break
    return Run.open(out)


def test_a_watched_run_has_the_bits_of_one_that_is_not(ring, tmp_path):
    runs = [
        wxb.train(ring, NETWORK, epochs=3, threads=1, ema=0.9, clip=0.1, watch=watch, out=tmp_path / str(watch))
        for watch in (None, 5)
    ]
    plain, watched = (run.weights() for run in runs)
    assert all(torch.equal(tensor, watched[name]) for name, tensor in plain.items())
    assert [line.train_loss for line in runs[0].history] == [line.train_loss for line in runs[1].history]
    assert runs[0].watched == []
    assert not (runs[0].path / "watched.jsonl").exists()


def test_its_file_belongs_to_the_run(ring, tmp_path):
    run = wxb.train(ring, NETWORK, epochs=3, batch_size=128, watch=5, out=tmp_path / "run")
    assert [one.step for one in run.watched] == [1, 3, 5, 7, 9]
    assert run.settings["watch"] == 5
    assert set(run.watched[0].layers) == {"1.FC-8", "2.RELU", "3.FC-4", "4.TANH", "5.FC-2"}
    assert verify(run.path, ring).ok
    (run.path / "watched.jsonl").write_text("{}\n")
    assert verify(run.path).differences == ("watched.jsonl is not what it was when the run finished",)
    with pytest.raises(WxbError, match="was changed after the run had finished"):
        _ = Run.open(run.path).watched


@pytest.mark.parametrize("step", [2, 7, 11])
def test_stopped_and_resumed_it_has_the_same_lines(ring, tmp_path, step):
    whole = wxb.train(ring, NETWORK, epochs=4, batch_size=128, threads=1, mixup=0.2, watch=8, out=tmp_path / "whole")
    stopped = stopped_at(step, ring, tmp_path / "parts", watch=8)
    assert stopped.watched == [one for one in whole.watched if one.step <= step]
    # what a process wrote after its last checkpoint before it was killed, the last line in part
    with (stopped.path / "watched.jsonl").open("a") as file:
        file.write(f'{{"step":{step + 1},"epoch":1,"learning_rate":1,"loss":1,"layers":{{}}}}\n{{"step":12')
    resumed = resume(stopped.path, ring)
    assert (resumed.path / "watched.jsonl").read_bytes() == (whole.path / "watched.jsonl").read_bytes()
    assert verify(resumed.path).ok


def test_a_run_that_breaks_down_keeps_what_was_watched(ring, tmp_path):
    with pytest.raises(WxbError, match="training broke down"):
        wxb.train(ring, "FC-8-RELU, SVM", learning_rate=999.0, optimizer="sgd", l2=9.0,
                  schedule="constant", warm_up=0, clip=0, epochs=30, watch=20, out=tmp_path / "run")  # fmt: skip
    assert Run.open(tmp_path / "run").watched


@pytest.mark.parametrize("value", [1, 0, -3, 1001, 2.5, "many", True])
def test_a_number_of_steps_that_cannot_be_is_refused(ring, value):
    with pytest.raises(WxbError, match="expected a whole number from 2 to 1,000"):
        wxb.train(ring, NETWORK, watch=value)
