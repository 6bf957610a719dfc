"""Batches as an index into whole arrays: order, and augmentation that belongs to the example.

What is random about an epoch is drawn once, for all examples at its start, from (seed, purpose, epoch); an example's
share is at its own row. So a step looks up what is its, and any step can be computed without those before it.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.data.pictures.pack import is_mapped, read_ahead
from wxb.errors import WxbError
from wxb.learning.augment import NONE, Augment, in_place
from wxb.randomness import generator

ROWS_AT_ONCE = 512  # that are copied at a time
GPU_SHARE = 0.5  # of a GPU's free memory, for the examples


def bounds(examples: int, batch_size: int) -> NDArray[np.int64]:
    """Where the batches of an epoch begin and end: ⌈examples / batch_size⌉ batches whose sizes differ by at most one.

    No example is left out and no batch is tiny: a batch of one would have no variance to normalize by.
    """
    return np.linspace(0, examples, steps_per_epoch(examples, batch_size) + 1).round().astype(np.int64)


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """How many batches show every example once."""
    return -(-examples // batch_size)


class Feed:
    """The batches of one training: `rows` and `inputs` of step `index` in an epoch.

    `examples` (n, channels, height, width) uint8 or float32, or (n, features) float32; `learned` (count,) int64 says
    which of them are learned from, and a row of a batch is a place in it. They are held on `device`, pictures with
    channels last: those that lie so already are looked up where they are, any others are copied once. What is mapped
    from a file on the CPU, or is more than a GPU has room for, stays where it is and goes to `device` batch by batch;
    the system reads the next one from the disk while a step computes.
    """

    def __init__(
        self,
        examples: NDArray[np.uint8] | NDArray[np.float32],
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
        self.augment = augment
        self.pictures = examples.ndim == 4
        if self.pictures:
            examples = examples.transpose(0, 2, 3, 1)
            self.size = examples.shape[1:3]
        elif augment != NONE:
            raise WxbError("--augment is for pictures; these examples are rows of numbers", fix="--augment none")
        self.device = device
        self.flips: torch.Tensor | None = None  # (count,) of 1 where an example is mirrored
        self.shifts: torch.Tensor | None = None  # (2, count) pixels down and right
        self.elsewhere: NDArray[np.uint8] | NDArray[np.float32] | None = None  # where they stay, if not on `device`
        self.learned = learned
        if not has_room(device, examples, learned):
            self.elsewhere = examples
        elif device == "cpu" and examples.flags.c_contiguous and examples.flags.writeable:
            self.examples, self.places = torch.from_numpy(examples), torch.from_numpy(learned)
        else:
            self.examples, self.places = gathered(examples, learned, device), torch.arange(self.count, device=device)

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self.bounds) - 1

    def start(self, epoch: int) -> None:
        """Draw what is random about an epoch (1-based)."""
        device = self.device
        order = (
            generator(self.seed, "shuffle", epoch).permutation(self.count) if self.shuffle else np.arange(self.count)
        )
        self.order = torch.from_numpy(order).to("cpu" if self.elsewhere is not None else device)
        self._read_ahead(0)
        if self.augment.flip:
            # mirrored in every second epoch, half of them in the first: both sides are seen equally often, which draws
            # for each epoch would leave to chance (Jordan 2024, arXiv:2404.00498, section 3.6)
            first = generator(self.seed, "flip").integers(0, 2, self.count, dtype=np.int64)
            self.flips = in_place(self.flips, torch.from_numpy((first + epoch) % 2).to(device))
        if self.augment.shift:
            reach = self.augment.shift
            shifts = generator(self.seed, "shift", epoch).integers(-reach, reach + 1, (2, self.count), dtype=np.int64)
            self.shifts = in_place(self.shifts, torch.from_numpy(shifts).to(device))

    def rows(self, index: int) -> torch.Tensor:
        """Which examples are batch `index` (0-based), as places among those learned from: int64 (batch,)."""
        self._read_ahead(index + 1)
        return self.order[self.bounds[index] : self.bounds[index + 1]]

    def _read_ahead(self, index: int) -> None:
        if self.elsewhere is not None and index < len(self):
            rows = self.order[self.bounds[index] : self.bounds[index + 1]]
            read_ahead(self.elsewhere, self.learned[rows.numpy()])

    def inputs(self, rows: torch.Tensor) -> torch.Tensor:
        """These examples, augmented: (batch, channels, height, width), channels last, or (batch, features)."""
        held, places = self._held(rows)
        if self.pictures and self.augment != NONE:
            found = self._moved(held, places, rows)
        else:  # what was gathered from elsewhere is these examples and no others, in their order
            found = held[places] if self.elsewhere is None else held
        if not self.pictures:
            return found
        if found.shape[3] == 1:
            # one channel is last and first at once; torch's kernels are a tenth faster when told the latter
            return found.view(len(rows), 1, *self.size)
        return found.permute(0, 3, 1, 2)

    def _held(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """A tensor on `device` in which these examples stand, and where."""
        if self.elsewhere is None:
            return self.examples, self.places[rows]
        batch = torch.from_numpy(np.ascontiguousarray(self.elsewhere[self.learned[rows.numpy()]]))
        if self.device != "cpu":
            batch = batch.pin_memory().to(self.device, non_blocking=True)
        return batch, torch.arange(len(rows), device=self.device)

    def _moved(self, held: torch.Tensor, places: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Flipped and shifted in one look-up: every pixel of the batch is found at its place in what is held.

        What comes in over the border is the picture mirrored there, without repeating the border itself.
        """
        height, width = self.size
        device = held.device
        y = torch.arange(height, device=device).expand(len(rows), height)
        x = torch.arange(width, device=device).expand(len(rows), width)
        if self.shifts is not None:
            dy, dx = self.shifts[:, rows, None]
            y, x = _mirrored(y + dy, height), _mirrored(x + dx, width)
        if self.flips is not None:
            x = torch.where(self.flips[rows, None] == 1, width - 1 - x, x)
        pixel = (places[:, None] * height + y)[:, :, None] * width + x[:, None, :]
        channels = held.shape[-1]
        return held.view(-1, channels)[pixel.view(-1)].view(len(rows), height, width, channels)


def has_room(device: str, examples: NDArray[np.uint8] | NDArray[np.float32], rows: NDArray[np.int64]) -> bool:
    """Whether these rows are to be held on `device`: in memory nothing that a file maps is, on a GPU what takes at most
    half of its free memory.
    """
    if device == "cpu":
        return not is_mapped(examples)
    if not device.startswith("cuda"):
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return len(rows) * examples[:1].nbytes <= GPU_SHARE * free


def gathered(examples: NDArray[np.uint8] | NDArray[np.float32], rows: NDArray[np.int64], device: str) -> torch.Tensor:
    """These rows of examples (n, …), contiguous on `device`, without a second copy of all on the way."""
    dtype = torch.uint8 if examples.dtype == np.uint8 else torch.float32
    held = torch.empty((len(rows), *examples.shape[1:]), dtype=dtype, device=device)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = examples[rows[start : start + ROWS_AT_ONCE]]
        held[start : start + len(part)] = torch.from_numpy(part)
    return held


def _mirrored(places: torch.Tensor, length: int) -> torch.Tensor:
    """Places outside [0, length) reflected back in: -1 → 1, length → length - 2."""
    if length == 1:
        return torch.zeros_like(places)
    period = 2 * (length - 1)
    places = places % period
    return torch.where(places < length, places, period - places)
