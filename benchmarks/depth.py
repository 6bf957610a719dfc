"""Many layers learned end to end: a plain network and its residual twin, equal in all but the shortcuts.

He, Zhang, Ren, Sun 2015 (arXiv:1512.03385), section 4.2: with depth the training error of plain networks rises, that of
residual ones falls, so it is the training loss that counts here.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import wxb
from benchmarks.figure import Asked, Figure, Rows, Table
from benchmarks.parts import first_examples
from wxb.data.dataset import Dataset
from wxb.trials import Trial

PLAIN56 = (
    "CONV3-16-BN-RELU-(CONV3-16-BN-RELU)*18-CONV3-32/2-BN-RELU-(CONV3-32-BN-RELU)*17-"
    "CONV3-64/2-BN-RELU-(CONV3-64-BN-RELU)*17-GAP, SOFTMAX"
)


@dataclass(frozen=True)
class Depth(Figure):
    """The residual network's training loss is the lower one with every seed, after a short training of both."""

    data: str
    residual: str
    plain: str
    examples: int
    epochs: int
    batch_size: int
    seeds: int = 3

    def owed(self) -> str:
        """What is owed in words."""
        return "with every seed the residual network has the lower training loss"

    def measure(self, asked: Asked) -> Rows:
        """A row a network: the training loss of every epoch of every seed."""
        data = first_examples(wxb.load_data(self.data), self.examples)
        seeds = list(range(asked.seeds or self.seeds))
        rows: Rows = [
            {"what": what, "network": network, "seeds": seeds, "examples": self.examples, "losses": []}
            for what, network in (("residual", self.residual), ("plain", self.plain))
        ]
        for seed in seeds:
            for row in rows:
                row["losses"].append(losses(data, row["network"], self.epochs, self.batch_size, seed))
                print(f"  {row['what']}, seed {seed}: training loss {row['losses'][-1][-1]:.3f}", file=sys.stderr)
        return rows

    def table(self, rows: Rows) -> Table:
        """A line a seed: the last epoch's loss of both."""
        residual, plain = ([losses[-1] for losses in row["losses"]] for row in rows)
        head = ("seed", "training loss, residual", "training loss, plain", "owed")
        lines = [
            (str(seed), f"{low:.3f}", f"{high:.3f}", "residual < plain" + ("" if low < high else ": **missed**"))
            for seed, low, high in zip(rows[0]["seeds"], residual, plain, strict=True)
        ]
        return [head, *lines]


def losses(data: Dataset, network: str, epochs: int, batch_size: int, seed: int) -> list[float]:
    """The mean loss on the training examples in every epoch, by the default recipe otherwise."""
    options = {"epochs": epochs, "batch_size": batch_size, "seed": seed}
    trial = Trial(data, network, options=options)
    return [record.train_loss for record in trial if record.train_loss is not None]
