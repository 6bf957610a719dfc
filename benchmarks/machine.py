"""The machine that a figure was taken on, and what it can do: a time alone says nothing to another person.

`python -m benchmarks.machine` prints it as JSON.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import torch

from wxb.learning.precision import multiplies_bfloat16
from wxb.learning.profile import SIZE
from wxb.learning.profile import matrix_rate as matrix_rate

LIBRARIES = ("torch", "numpy")


def describe() -> dict[str, object]:
    """Processor, cores, memory (GiB), system, versions, and the commit of the checkout ("+" where it has changes)."""
    return {
        "processor": processor(),
        "cores": available_cores(),
        "memory_gib": memory_gib(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "wxb": version("wxb"),
        "commit": commit(),
    }


def processor() -> str:
    """The processor as the system names it, with the numbers of its family and model: some hosts hide its name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "model name" not in told:
        return platform.processor() or "unknown"
    numbers = ", ".join(
        f"{name} {told[key]}" for name, key in (("family", "cpu family"), ("model", "model")) if key in told
    )
    return f"{told['model name']} ({numbers})" if numbers else told["model name"]


def available_cores() -> int:
    """Logical cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_gib() -> float | None:
    """Memory of the whole machine in GiB, or None where the system does not say."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def commit() -> str | None:
    """Short commit of the checkout this file lies in, with "+" where tracked files have changed; None without git."""
    folder = Path(__file__).resolve().parent
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude", "*"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.strip()


def rates(threads: int, size: int = SIZE) -> dict[str, object]:
    """The matrix product's GFLOP/s in float32 and bfloat16 with `threads` threads.

    None for bfloat16 where the processor does not multiply it: there a single product takes a minute.
    """
    half = round(matrix_rate(torch.bfloat16, threads, size)) if multiplies_bfloat16() else None
    return {"threads": threads, "float32": round(matrix_rate(torch.float32, threads, size)), "bfloat16": half}


if __name__ == "__main__":
    print(json.dumps({"machine": describe(), "matrix_product": rates(torch.get_num_threads())}, indent=2))
