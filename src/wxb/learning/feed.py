"""The feed of a training: which examples each step learns from, in which order, and where they are held.

The order of an epoch is drawn at its start, from (seed, "shuffle", epoch), so any step can be computed without those
before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.data.pictures.pack import is_mapped, read_ahead
from wxb.learning.augment import NONE, Augment, Moves
from wxb.randomness import generator

if TYPE_CHECKING:
    from wxb.data.dataset import Inputs

ROWS_AT_ONCE = 512  # copied at a time
HELD_FEATURES = 2**28  # bytes of a table's features that are held on the CPU; more are computed batch by batch
GPU_SHARE = 0.5  # of a GPU's free memory that the examples may take


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """The number of steps that show every example once; `batch_size` is the number of examples per step."""
    return -(-examples // batch_size)


def bounds(examples: int, batch_size: int) -> NDArray[np.int64]:
    """The bounds of an epoch's batches: ⌈examples / batch_size⌉ batches whose sizes differ by at most one.

    No example is left out and no batch is tiny: batch normalization could not learn from a batch of one.
    """
    return np.linspace(0, examples, steps_per_epoch(examples, batch_size) + 1).round().astype(np.int64)


class Feed:
    """The batches of a training: `rows` says which examples a step takes, `inputs` gives them.

    `examples` (n, channels, height, width) uint8 or float32, or (n, features) float32; `learned` (count,) int64 names
    those to learn from, and a row of a batch is an index into `learned`. The examples are held on `device`, pictures
    with channels last: those that lie so already are used where they are, others are copied once. Examples that are
    mapped from a file on the CPU, or take more than a GPU has room for, stay where they are and go to `device` batch by
    batch; the system reads the next batch from the disk while a step computes.
    """

    def __init__(
        self,
        examples: Inputs,
        learned: NDArray[np.int64],
        batch_size: int,
        device: str,
        seed: int,
        shuffle: bool = True,
        augment: Augment = NONE,
    ) -> None:
        self.count = len(learned)
        self.bounds = bounds(self.count, batch_size)
        self.seed = seed
        self.shuffle = shuffle
        self.pictures = examples.ndim == 4
        if self.pictures:
            assert isinstance(examples, np.ndarray)
            examples = examples.transpose(0, 2, 3, 1)
            self.size = examples.shape[1:3]
        self.moves = Moves(augment, self.count, seed, device) if augment != NONE else None
        self.device = device
        self.elsewhere: Inputs | None = None  # the examples, if not on `device`
        self.learned = learned
        if not has_room(device, examples, learned):
            self.elsewhere = examples
        elif (
            device == "cpu"
            and isinstance(examples, np.ndarray)
            and examples.flags.c_contiguous
            and examples.flags.writeable
        ):
            self.examples, self.places = torch.from_numpy(examples), torch.from_numpy(learned)
        else:
            self.examples, self.places = gathered(examples, learned, device), torch.arange(self.count, device=device)

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        return len(self.bounds) - 1

    def start(self, epoch: int) -> None:
        """Draw the order and the augmentation of an epoch (1-based)."""
        order = (
            generator(self.seed, "shuffle", epoch).permutation(self.count) if self.shuffle else np.arange(self.count)
        )
        self.order = torch.from_numpy(order).to("cpu" if self.elsewhere is not None else self.device)
        self._read_ahead(0)
        if self.moves is not None:
            self.moves.start(epoch)

    def rows(self, index: int) -> torch.Tensor:
        """The examples of batch `index` (0-based) of the epoch, as indices into `learned`: int64 (batch,)."""
        self._read_ahead(index + 1)
        return self.order[self.bounds[index] : self.bounds[index + 1]]

    def _read_ahead(self, index: int) -> None:
        if self.elsewhere is not None and index < len(self):
            rows = self.order[self.bounds[index] : self.bounds[index + 1]]
            read_ahead(self.elsewhere, self.learned[rows.numpy()])

    def inputs(self, rows: torch.Tensor) -> torch.Tensor:
        """These examples, flipped and shifted: (batch, channels, height, width) channels last, or (batch, features)."""
        held, places = self._held(rows)
        if self.moves is not None:
            batch = self.moves.look_up(held, places, rows)
        else:  # what was gathered from elsewhere is this batch already
            batch = held[places] if self.elsewhere is None else held
        if not self.pictures:
            return batch
        if batch.shape[3] == 1:
            # one channel is last and first at once; torch's kernels are a tenth faster when told the latter
            return batch.view(len(rows), 1, *self.size)
        return batch.permute(0, 3, 1, 2)

    def _held(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """A tensor on `device` that holds these examples, and their places in it."""
        if self.elsewhere is None:
            return self.examples, self.places[rows]
        batch = torch.from_numpy(np.ascontiguousarray(self.elsewhere[self.learned[rows.numpy()]]))
        if self.device != "cpu":
            batch = batch.pin_memory().to(self.device, non_blocking=True)
        return batch, torch.arange(len(rows), device=self.device)


def has_room(device: str, examples: Inputs, rows: NDArray[np.int64]) -> bool:
    """Whether to hold these rows on `device`: not if a file maps them, nor if a table's features take more than 256 MiB
    on the CPU, nor if they take more than half of a GPU's free memory.
    """
    if device == "cpu":
        return not is_mapped(examples) if isinstance(examples, np.ndarray) else examples.nbytes <= HELD_FEATURES
    if not device.startswith("cuda"):
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return len(rows) * examples[:1].nbytes <= GPU_SHARE * free


def gathered(examples: Inputs, rows: NDArray[np.int64], device: str) -> torch.Tensor:
    """These rows of examples (n, …), contiguous on `device`, without a second copy of all of them on the way."""
    dtype = torch.uint8 if examples.dtype == np.uint8 else torch.float32
    held = torch.empty((len(rows), *examples.shape[1:]), dtype=dtype, device=device)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = examples[rows[start : start + ROWS_AT_ONCE]]
        held[start : start + len(part)] = torch.from_numpy(part)
    return held
