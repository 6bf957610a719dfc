"""Randomness is a function of (seed, purpose, epoch, example or step), never of what was drawn before.

So any step can be computed alone, a resumed training draws what an undisturbed one would have drawn, and processes that
share the work agree without speaking.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def key(seed: int, *purpose: str | int) -> int:
    """A number in [0, 2⁶³) that stands for a seed and a purpose: key(0, "shuffle", 3) for the order of epoch 3."""
    text = "\x1f".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """NumPy's generator for a purpose (Philox: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3")."""
    import numpy as np

    return np.random.Generator(np.random.Philox(key=key(seed, *purpose)))
