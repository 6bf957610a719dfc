"""Memory that is freed stays with the process while training lasts, and goes back after it."""

import resource
import sys
from pathlib import Path

import pytest
import torch

from wxb.learning import allocator

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


def test_where_the_library_is_another_nothing_happens(monkeypatch):
    monkeypatch.setattr(allocator, "_glibc", lambda: None)
    with allocator.kept():
        assert allocator._users == 0
