"""The hardware of this computer: processor, cores and memory."""

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
    fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "model name" not in fields:
        return platform.processor() or platform.machine()
    numbers = ", ".join(
        f"{name} {fields[key]}" for name, key in (("family", "cpu family"), ("model", "model")) if key in fields
    )
    return f"{fields['model name']} ({numbers})" if numbers else fields["model name"]


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
    """Bytes of memory of the whole machine; None if the system does not report it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def memory_gib() -> float | None:
    """Return `memory` in GiB, rounded to one decimal."""
    size = memory()
    return None if size is None else round(size / 2**30, 1)


def address_limit() -> int | None:
    """The bytes of addresses that the system allows this process (`ulimit -v`); None if there is no limit."""
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit
