"""What a training runs on: versions, processor, memory, and the machine that was chosen."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping

import msgspec

from wxb.hardware import cores, memory_gib, processor
from wxb.runs.schema import Environment, MachineFacts
from wxb.version import __version__

LIBRARIES = ("torch", "numpy", "safetensors")


def environment(machine: Mapping[str, object]) -> Environment:
    """Return the environment of this process; `machine` holds device, precision and threads."""
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}  # without importing them
    return Environment(
        versions={"python": platform.python_version(), "wxb": __version__, **versions},
        system=platform.platform(),
        processor=processor(),
        cores=cores(),
        memory_gib=memory_gib(),
        machine=msgspec.convert(machine, MachineFacts),
    )
