"""What this computer has: a processor, its cores, memory."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def processor() -> str:
    """The processor as the system names it, with the numbers of its family and model: some hosts hide its name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux: the standard library's word for it
        lines = []
    told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "model name" not in told:
        return platform.processor() or platform.machine()
    numbers = ", ".join(
        f"{name} {told[key]}" for name, key in (("family", "cpu family"), ("model", "model")) if key in told
    )
    return f"{told['model name']} ({numbers})" if numbers else told["model name"]


def cores() -> int:
    """Cores that this process may use, hyper-threads counted."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def physical_cores() -> int:
    """Physical cores that this process may use; hyper-threads share one core's arithmetic and only get in the way."""
    if not hasattr(os, "sched_getaffinity"):
        return cores()
    allowed = os.sched_getaffinity(0)
    siblings = set()
    for cpu in allowed:
        path = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            siblings.add(path.read_text())
        except OSError:
            return len(allowed)
    return max(1, len(siblings))


def memory() -> int | None:
    """Bytes of memory of the whole machine; None where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def memory_gib() -> float | None:
    """`memory` in GiB, to a decimal."""
    there = memory()
    return None if there is None else round(there / 2**30, 1)
