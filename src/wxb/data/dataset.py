"""A labelled data set: whole arrays in memory, and which examples train, validate and test."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """Row numbers (int64, ascending) of the parts; no row stands in two parts."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    how: str  # for people: "stratified 0.64/0.11/0.25, seed 0", "test set as published, validation 2,500, seed 0"


@dataclass(frozen=True)
class Dataset:
    """Examples, targets, their names, and the split.

    `examples`: pictures (n, channels, height, width) uint8 or float32; vectors (n, features) float32.
    `targets`: class numbers (n,) int64; yes/no labels (n, labels) float32 of 0 and 1; numbers (n, targets) float32.
    """

    name: str
    examples: NDArray[np.uint8] | NDArray[np.float32]
    targets: NDArray[np.int64] | NDArray[np.float32]
    task: str  # "classes", "labels" (independent yes/no), "numbers"
    classes: tuple[str, ...]  # names of the classes, or of the labels or numbers
    split: Split
    source: dict[str, object] = field(default_factory=dict)  # what load_data was called with: enough to load it again
    files: tuple[str, ...] = ()  # of a picture folder: path of each example, relative to the folder
    notes: tuple[str, ...] = ()  # what a person should know: files left out, copies found

    @property
    def kind(self) -> str:
        """ "pictures" or "vectors"."""
        return "pictures" if self.examples.ndim == 4 else "vectors"

    @property
    def shape(self) -> Shape:
        """Shape of one example: (channels, height, width) or (features,)."""
        return tuple(self.examples.shape[1:])

    @property
    def outputs(self) -> int:
        """How many scores a network for this data ends in: classes, labels or numbers (the notation's C)."""
        return len(self.classes)

    def part(self, name: str) -> tuple[NDArray[np.uint8] | NDArray[np.float32], NDArray[np.int64] | NDArray[np.float32]]:
        """Examples and targets of "train", "validation" or "test" (copies)."""
        rows = getattr(self.split, name)
        return self.examples[rows], self.targets[rows]
