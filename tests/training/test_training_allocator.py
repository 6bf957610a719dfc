"""Memory that is freed stays with the process while training or decoding lasts, and goes back after it."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import wxb
from wxb import allocator
from wxb.cli.main import main
from wxb.data.pictures import folder as pictures
from wxb.learning import inference

pytestmark = pytest.mark.skipif(allocator._glibc() is None, reason="the C library is not glibc")


PAGES = 2**24 * 4 // resource.getpagesize()  # of a large tensor


def faults_of(rounds):
    """Pages that were touched for the first time while as many large tensors came and went."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        torch.ones(2**24)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_memory_is_touched_once_rather_than_every_time():
    with allocator.kept():
        faults_of(20)  # until free blocks of the right size have come about
        assert faults_of(20) < 20 * PAGES / 4


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_goes_back_at_the_end_of_the_outermost():
    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    with allocator.kept():
        with allocator.kept():
            tensor = torch.ones(2**26)
            del tensor
        inside = resident()
    assert inside - resident() > 2**27


BEHIND = """
import resource
import torch
from wxb import allocator

with allocator.kept():
    pass

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(2**17)  # half a megabyte, as a photo has
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(faults())
"""


def test_what_follows_touches_memory_once_too():
    done = subprocess.run([sys.executable, "-c", BEHIND], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 2**19 / resource.getpagesize()


@pytest.fixture
def users(monkeypatch):
    """How many were inside `kept` at each batch of a network in evaluation."""
    found = []
    folded = inference.Folded.__call__

    def noted(self, x):
        found.append(allocator._users)
        return folded(self, x)

    monkeypatch.setattr(inference.Folded, "__call__", noted)
    return found


def test_the_command_line_evaluates_and_predicts_with_its_memory_kept(users, tmp_path):
    run = wxb.train(wxb.load_data("ring", examples=100), "SOFTMAX", epochs=1, out=tmp_path / "run")
    assert users[-2:] == [1, 1]  # the test part, and what of the training part is set beside it
    users.clear()
    assert main(["evaluate", str(run.path)]) == 0
    np.save(tmp_path / "points.npy", np.zeros((3, 2), np.float32))
    assert main(["predict", str(run.path), str(tmp_path / "points.npy")]) == 0
    assert users == [1, 1]
    assert allocator._users == 0


def test_prediction_in_a_process_of_the_user_s_leaves_its_memory_alone(users, tmp_path):
    run = wxb.train(wxb.load_data("ring", examples=100), "SOFTMAX", epochs=1, out=tmp_path / "run")
    users.clear()
    run.predict(np.zeros((3, 2), np.float32))
    assert users == [0]


def test_photos_are_decoded_with_memory_kept(monkeypatch, tmp_path):
    found = []
    decode = pictures.decode

    def noted(*given):
        found.append(allocator._users)
        return decode(*given)

    monkeypatch.setattr(pictures, "decode", noted)
    for number in range(8):
        folder = tmp_path / "photos" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"{number}.png")
    wxb.load_data(tmp_path / "photos")
    assert found == [1] * 8
    assert allocator._users == 0


def test_where_the_library_is_another_nothing_happens(monkeypatch):
    monkeypatch.setattr(allocator, "_glibc", lambda: None)
    with allocator.kept():
        assert allocator._users == 0
