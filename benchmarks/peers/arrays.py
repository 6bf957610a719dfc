"""The file of arrays that every script reads, so that all train and test on the same examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import wxb


def prepare(data: str, data_dir: str | None, folder: Path) -> Path:
    """FOLDER/DATA.npz: train_x, test_x as uint8 (n, height, width, channels), train_y, test_y as int64.

    The training part is all that is published for training: who wants validation holds some of it out, as wxb does.
    """
    loaded = wxb.load_data(data, data_dir=data_dir)
    split = loaded.split
    train, test = np.sort(np.concatenate([split.train, split.validation])), split.test
    pictures = loaded.examples.transpose(0, 2, 3, 1)
    path = folder / f"{data}.npz"
    np.savez(
        path,
        train_x=pictures[train],
        train_y=loaded.targets[train],
        test_x=pictures[test],
        test_y=loaded.targets[test],
    )
    return path
