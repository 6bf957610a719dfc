"""What is played with: points, a network for them, and the settings of its training, as one value.

The value stands for a training to the last bit: `settings` has all that `wxb train` needs to repeat it.
"""

from __future__ import annotations

import csv
import io
import math
import os
import shlex
from pathlib import Path
from typing import Any

import msgspec

from wxb.data.toys import TOYS
from wxb.errors import WxbError
from wxb.page.forms import FORMS, Form, Point, of_toy
from wxb.paths import exists
from wxb.settings import RECIPE
from wxb.storage import digest, write
from wxb.text import count

POINTS = "points"  # the data that were drawn or opened, in place of a toy's name
MOST_POINTS = 5_000
MOST_NETWORK = 4_000  # characters
CHOSEN = ("optimizer", "learning_rate", "batch_size", "l2", "l1", "seed")  # settings that the page offers
LIVE = ("learning_rate", "l2", "l1")  # those of them that may change while it trains
# a training without an end has no schedule; arithmetic that does not depend on the machine repeats bit for bit
FIXED: dict[str, Any] = {
    "schedule": "constant", "warm_up": 0.0, "weight_decay": 0.0, "device": "cpu", "threads": 1, "precision": "float32",
}  # fmt: skip


class Play(msgspec.Struct, forbid_unknown_fields=True):
    """Data, network and settings."""

    data: str = "ring"
    examples: int = 500  # of a toy
    noise: float | None = None  # of a toy; its own if None
    form: str = "classes"  # of points: the name of one of FORMS
    points: list[Point] = []  # drawn or opened
    columns: tuple[str, str] = ("x", "y")  # the names of the coordinates
    network: str = "FC-8-RELU, SOFTMAX"
    settings: dict[str, Any] = {}

    def checked(self) -> dict[str, Any]:
        """The settings of its training. Raises WxbError for what the playground does not take."""
        if self.data not in (*TOYS, POINTS):
            raise WxbError(f"{self.data[:40]} is not for the playground", f"expected {', '.join(TOYS)}, or points")
        if self.data == POINTS:
            self._check_points()
        elif not 20 <= self.examples <= MOST_POINTS:
            raise WxbError(f"{count(self.examples)} examples", f"expected 20 to {count(MOST_POINTS)}")
        if len(self.network) > MOST_NETWORK:
            raise WxbError(f"the network's text has {count(len(self.network))} characters", f"at most {MOST_NETWORK}")
        for name in self.settings:
            if name not in CHOSEN:
                raise WxbError(f"{name[:40]} is no setting of the playground", f"it has {', '.join(CHOSEN)}")
        return {name: RECIPE[name].validate(value) for name, value in self.settings.items()} | FIXED

    def _check_points(self) -> None:
        if self.form not in FORMS:
            raise WxbError(f"{self.form[:40]} is no form of points", f"expected {', '.join(FORMS)}")
        self.shape.check(self.points)
        if not 20 <= len(self.points) <= MOST_POINTS:
            raise WxbError(
                f"there are {count(len(self.points))} points", f"expected 20 to {count(MOST_POINTS)}",
                "so many that some are left to validate and to test with",
            )  # fmt: skip
        if not all(math.isfinite(x) and math.isfinite(y) for x, y, _ in self.points):
            raise WxbError("a point has a coordinate that is no finite number")
        if len({*self.columns, self.shape.third}) < 3:
            raise WxbError(
                "the columns have the same name",
                f"they are called {', '.join(filter(None, (*self.columns, self.shape.third)))}",
            )

    @property
    def shape(self) -> Form:
        """The form of what is played with."""
        return FORMS[self.form] if self.data == POINTS else of_toy(self.data)

    def write_points(self, folder: Path) -> Path:
        """Write the points into a folder as a table whose name is their digest, unless it is there."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        third = self.shape.third
        writer.writerow([*self.columns, third] if third else self.columns)
        writer.writerows([f"{x:.6g}", f"{y:.6g}", *([name] if third else [])] for x, y, name in self.points)
        content = text.getvalue().encode()
        path = folder / f"{POINTS}-{digest(content)[:12]}.csv"
        if not exists(path):
            os.makedirs(folder, exist_ok=True)
            write(path, content)
        return path

    def about_data(self, folder: Path) -> dict[str, Any]:
        """The settings that say what the data are; points are written into the folder."""
        if self.data == POINTS:
            path, form = self.write_points(folder), self.shape
            return {"data": str(path), "target": form.target(self.columns), "task": form.task, "pieces": 0}
        about = {"data": self.data, "examples": self.examples}
        return about if self.noise is None else {**about, "noise": self.noise}

    def line(self) -> str:
        """The command that trains the same, without its number of steps; empty for points, which are in no file yet."""
        if self.data == POINTS:
            return ""
        settings = {**self.about_data(Path()), **self.checked()}
        source = settings.pop("data")
        said = {name: value for name, value in settings.items() if not usual(name, value)}
        words = [f"--{name.replace('_', '-')} {value}" for name, value in said.items()]
        return " ".join(["wxb train", source, shlex.quote(self.network), *words])


def usual(name: str, value: Any) -> bool:
    """Whether a setting has the value that a training has without being told."""
    return name in RECIPE and not RECIPE[name].fitted and value == RECIPE[name].default
