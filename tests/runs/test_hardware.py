"""What a run says of the computer that it was made on."""

from pathlib import Path

import pytest

from wxb import hardware

INTEL = "processor\t: 0\ncpu family\t: 6\nmodel\t\t: 207\nmodel name\t: Example(R) 9000\n\nprocessor\t: 1\n"


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (INTEL, "Example(R) 9000 (family 6, model 207)"),
        ("model name\t: Example 1\n", "Example 1"),
        ("processor\t: 0\nCPU part\t: 0xd0c\n", "arm"),  # such processors are not named there
        (None, "arm"),
    ],
)
def test_a_processor_has_its_name_and_the_numbers_of_its_family_and_model(told, named, monkeypatch):
    def read_text(path):
        assert str(path) == "/proc/cpuinfo"
        if told is None:
            raise FileNotFoundError
        return told

    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.setattr(hardware.platform, "processor", lambda: "")
    monkeypatch.setattr(hardware.platform, "machine", lambda: "arm")
    assert hardware.processor() == named


def test_hyper_threads_of_a_core_are_one_physical_core(monkeypatch):
    if not hasattr(hardware.os, "sched_getaffinity"):
        pytest.skip("the system does not say which cores a process may use")
    monkeypatch.setattr(hardware.os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    assert hardware.cores() == 4
    monkeypatch.setattr(Path, "read_text", lambda path: "0,2" if path.parts[5] in ("cpu0", "cpu2") else "1,3")
    assert hardware.physical_cores() == 2

    def hidden(path):
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", hidden)
    assert hardware.physical_cores() == 4


def test_memory_is_said_in_gib(monkeypatch):
    monkeypatch.setattr(hardware, "memory", lambda: 25_234_567_890)
    assert hardware.memory_gib() == 23.5
    monkeypatch.setattr(hardware, "memory", lambda: None)
    assert hardware.memory_gib() is None
