"""The machine that a figure is taken on, and how fast it is: seconds alone cannot be compared.

`python -m benchmarks.machine` prints it as JSON.
"""

from __future__ import annotations

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import torch

from wxb.hardware import cores, memory_gib, processor
from wxb.learning.precision import multiplies_bfloat16
from wxb.learning.profile import SIZE
from wxb.learning.profile import matrix_rate as matrix_rate

LIBRARIES = ("torch", "numpy")


def describe() -> dict[str, object]:
    """Processor, cores, memory (GiB), system, versions, and the commit of the checkout ("+" if it has changes)."""
    return {
        "processor": processor(),
        "cores": cores(),
        "memory_gib": memory_gib(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "wxb": version("wxb"),
        "commit": commit(),
    }


def commit() -> str | None:
    """Short commit of the checkout this file lies in, with "+" if tracked files have changed; None without git."""
    folder = Path(__file__).resolve().parent
    try:
        ended = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude", "*"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return ended.stdout.strip()


def rates(threads: int, size: int = SIZE) -> dict[str, object]:
    """The matrix product's GFLOP/s in float32 and bfloat16 with `threads` threads.

    None for bfloat16 where the processor does not multiply it: there a single product takes a minute.
    """
    half = round(matrix_rate(torch.bfloat16, threads, size)) if multiplies_bfloat16() else None
    return {"threads": threads, "float32": round(matrix_rate(torch.float32, threads, size)), "bfloat16": half}


if __name__ == "__main__":
    print(json.dumps({"machine": describe(), "matrix_product": rates(torch.get_num_threads())}, indent=2))
