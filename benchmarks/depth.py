"""Training a deep network: a plain one, and the same one with shortcuts.

He, Zhang, Ren, Sun 2015 (arXiv:1512.03385), section 4.2: with depth the training error of plain networks rises, that of
residual ones falls, so it is the training loss that counts here.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import wxb
from benchmarks.figure import Figure, Rows, Scope, Table
from benchmarks.parts import first_examples
from wxb.data.dataset import Dataset
from wxb.trials import Trial

PLAIN56 = (
    "CONV3-16-BN-RELU-(CONV3-16-BN-RELU)*18-CONV3-32/2-BN-RELU-(CONV3-32-BN-RELU)*17-"
    "CONV3-64/2-BN-RELU-(CONV3-64-BN-RELU)*17-GAP, SOFTMAX"
)


@dataclass(frozen=True)
class Depth(Figure):
    """After a short training of both, the residual network has the lower training loss with every seed."""

    data: str
    residual: str
    plain: str
    examples: int
    epochs: int
    batch_size: int
    seeds: int = 3

    def owed(self) -> str:
        """The bound in words."""
        return "with every seed the residual network has the lower training loss"

    def measure(self, scope: Scope) -> Rows:
        """A row for each network: the training loss of every epoch of every seed."""
        data = first_examples(wxb.load_data(self.data), self.examples)
        seeds = list(range(scope.seeds or self.seeds))
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
        """A line for each seed: the loss of both in the last epoch."""
        residual, plain = ([losses[-1] for losses in row["losses"]] for row in rows)
        head = ("seed", "training loss, residual", "training loss, plain", "owed")
        lines = [
            (str(seed), f"{low:.3f}", f"{high:.3f}", "residual < plain" + ("" if low < high else ": **missed**"))
            for seed, low, high in zip(rows[0]["seeds"], residual, plain, strict=True)
        ]
        return [head, *lines]


def losses(data: Dataset, network: str, epochs: int, batch_size: int, seed: int) -> list[float]:
    """The mean training loss of every epoch, with the default recipe otherwise."""
    trial = Trial(data, network, epochs=epochs, batch_size=batch_size, seed=seed)
    return [record.train_loss for record in trial if record.train_loss is not None]
