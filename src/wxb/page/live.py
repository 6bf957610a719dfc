"""A training that the playground watches: a process of its own, which is told what to do by lines of JSON.

Every line that it prints is a message: "begun", with the data; "frame", what the network says of the plane now; or
"mistake". It ends with its standard input.
"""

from __future__ import annotations

import math
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import torch
from torch import Tensor

from wxb.data.dataset import PARTS, Dataset
from wxb.data.load import load_data
from wxb.data.split import spread
from wxb.errors import WxbError
from wxb.learning.events import Change, event_tables
from wxb.learning.loop import Record, learn
from wxb.learning.setup import set_up
from wxb.network.build import Model
from wxb.page.forms import Form, packed
from wxb.page.play import LIVE, POINTS, Play
from wxb.page.surface import Surface
from wxb.tasks import TASKS
from wxb.views.layers import PREPARING, passed
from wxb.views.subject import subject

FRAME = 0.07  # seconds between frames,
ON_SURFACE = 0.012  # and of them for the loss surface, if one is asked for
ENDLESS = 10**9  # steps
MOST_PARAMETERS = 1_000_000
MOST_CURVE = 600  # points of a curve
MOST_GRID = 200  # a side of the plane that is asked, in points
LINES = 17  # a side of the grid that is bent
MOST_LAYERS, MOST_UNITS, MOST_BENT = 8, 16, 200
AT_ONCE = 8192


class Told(msgspec.Struct):
    """What the process is told: to begin with a `play`, to run, to pause, to take a step, or to change something."""

    do: Literal["begin", "run", "pause", "step", "change", "grid", "pace", "surface"]
    play: Play | None = None
    folder: str = ""  # where points are written
    setting: str = ""  # to change; the plane of the surface
    value: float = 0.0  # of the setting; the side of the grid; the steps of a frame, 0 for as many as there is time for


class Live:
    """One training at a time, and what is said of it."""

    def __init__(self) -> None:
        self.grid = 100
        self.pace = 0
        self.running = False
        self.records: Any = None

    @property
    def computes(self) -> bool:
        """Whether there is a part of a loss surface to compute."""
        return self.records is not None and self.surface.due(self.running)

    def begin(self, play: Play, folder: Path) -> dict[str, Any]:
        """Set up a training; returns what there is to know of its data."""
        self.running, self.records = False, None
        options = {**play.checked(), "steps": ENDLESS, "bagging": False, "calibration": "none"}
        about = play.about_data(folder)
        self.data: Dataset = load_data(about.pop("data"), **about, seed=int(options.get("seed", 0)))
        self.form: Form = play.shape
        if self.data.shape != (self.form.features,):
            raise WxbError("the points are not numbers", f"the network would get {self.data.shape}")
        setup = set_up(self.data, play.network, options=options)
        if setup.plan.parameters > MOST_PARAMETERS:
            raise WxbError("the network is too large to play with", f"at most {MOST_PARAMETERS:,} parameters")
        self.model: Model = setup.model
        self.seen = subject(self.model, "graph")
        self.events: list[Change] = []
        self.record: Record | None = None
        self.curve: list[tuple[float | None, ...]] = []
        self.ended = ""
        self.records = learn(setup.model, self.data, setup.recipe, setup.machine)
        examples = np.asarray(self.data.model_inputs, np.float64)
        targets = np.asarray(self.data.targets_in_units(), np.float64)
        self.box = self.form.box(examples, targets, play.data == POINTS)
        self.surface = Surface(self.model, self.seen, self.data)
        self.surface.note(0)
        parts = np.zeros(len(examples), np.int64)
        for number, part in enumerate(PARTS):
            parts[self.data.split.part(part)] = number
        bent = spread(np.arange(len(examples)), MOST_BENT)
        self.shown = examples[bent]
        measure = next(iter(TASKS[self.data.task].validated), None)
        return {
            "kind": "begun",
            "form": self.form.name,
            "classes": list(self.data.classes),
            "columns": list(play.columns),
            "points": np.round(examples, 4).tolist(),
            "labels": np.round(targets.reshape(len(targets)), 4).tolist(),
            "parts": parts.tolist(),
            "bent": bent.tolist(),
            "box": self.box,
            "small": self.form.small,
            "network": str(setup.plan.network),
            "parameters": setup.plan.parameters,
            "weights": self.surface.names(),
            "measure": None if measure is None else {"title": measure.title, "form": measure.form},
            "settings": {name: getattr(setup.recipe, name) for name in (*LIVE, "optimizer", "batch_size", "seed")},
            "line": play.line(),
        }

    def inputs(self, rows: int, columns: int) -> Tensor:
        """The inputs (rows · columns, features) of a grid over what is shown."""
        points = torch.from_numpy(self.form.inputs(self.box, rows, columns))
        return points.float() if self.model.preparation is None else points

    def step(self) -> None:
        """Take one step, and note the losses at the end of an epoch."""
        record: Record | None = next(self.records, None)
        if record is None:
            finite = self.record is None or self.record.train_loss is None or math.isfinite(self.record.train_loss)
            self.ended = "training has ended" if finite else "the loss is no finite number: lower the learning rate"
            self.running = False
            return
        self.record = record
        if record.epoch_end:
            score = record.validation
            loss = None if score is None else score.loss
            measured = getattr(score, score.measures[0].name) if score is not None and score.measures else None
            self.curve.append((record.step, record.train_loss, loss, measured))
            if len(self.curve) > MOST_CURVE:
                self.curve = [*self.curve[:-1:2], self.curve[-1]]

    def change(self, setting: str, value: float) -> None:
        """Change a setting from the next step on."""
        step = 0 if self.record is None else self.record.step
        event = msgspec.convert({"kind": "change", "step": step, "setting": setting, "value": value}, Change)
        if self.record is None:  # a generator that has not begun takes nothing
            raise WxbError("nothing is trained yet", fix="begin again with the setting")
        self.records.send(event)
        self.events = [one for one in self.events if (one.step, one.setting) != (step, setting)] + [event]

    def frame(self, rate: float) -> dict[str, Any]:
        """What the network says of the plane now."""
        record = self.record
        step = 0 if record is None else record.step
        self.surface.note(step)
        with torch.no_grad():
            answers = self._answers()
            layers = self._layers()
        return {
            "kind": "frame",
            "step": step,
            "epoch": 0 if record is None else record.epoch,
            "rate": round(rate, 1),
            "running": self.running,
            "ended": self.ended,
            "side": self.grid,
            **answers,
            "curve": self.curve,
            "layers": layers,
            "events": event_tables(self.events),
            "path": self.surface.path(),
            "why": self.surface.why,
        }

    def _answers(self) -> dict[str, Any]:
        """What the network says of the grid."""
        self.model.eval()
        points = self.inputs(*self.form.grid(self.grid))
        found = torch.cat(
            [self.model.after_preparation(self._prepared(part)) for part in points.split(AT_ONCE)]
        ).float()
        return self.form.answers(self.model.head, found)

    def _prepared(self, points: Tensor) -> Tensor:
        return points if self.model.preparation is None else self.model.preparation(points)

    def _layers(self) -> list[dict[str, Any]]:
        """What each unit gives over the inputs, the weights between layers, and how two units bend the plane."""
        small = math.prod(self.form.small)
        asked, lines = self.inputs(*self.form.small), self.inputs(LINES, LINES)
        batch = torch.cat([asked, lines, torch.from_numpy(self.shown).to(asked.dtype)])
        through = {name: one for name, one in passed(self.seen, batch).items() if name not in PREPARING}
        names = list(through)
        told = []
        affine = ""
        for place, name in enumerate(names):
            affine = name if "FC" in name.rpartition(".")[2] else affine
            last = place + 1 == len(names) or "FC" in names[place + 1].rpartition(".")[2]
            output = through[name].output
            if not last or output.ndim != 2 or len(output) != len(batch):
                continue
            values = output.float()
            units = values[:small, :MOST_UNITS].T
            most = units.abs().amax(1, keepdim=True).clamp_min(1e-12)
            one: dict[str, Any] = {
                "name": name,
                "count": values.shape[1],
                "units": packed(torch.nan_to_num(127 * units / most).round().to(torch.int8).numpy()),
            }
            weight = getattr(through[affine].module, "weight", None) if affine else None
            if isinstance(weight, Tensor) and weight.ndim == 2:
                one["weights"] = rounded(weight[:MOST_UNITS, :MOST_UNITS])
            if values.shape[1] == 2 and place + 1 < len(names) and self.form.features == 2:
                bent = values[small:]
                one["lines"], one["examples"] = rounded(bent[: LINES**2]), rounded(bent[LINES**2 :])
            told.append(one)
        return told[-MOST_LAYERS:]


def rounded(values: Tensor) -> Any:
    """Numbers with four digits after the point; 0 for one that is not finite."""
    return np.round(torch.nan_to_num(values).double().numpy(), 4).tolist()


def say(message: dict[str, Any]) -> None:
    """Print a message as a line."""
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


class Inbox:
    """What the process is told, line by line; the process ends when there is nobody left to tell it anything."""

    def __init__(self) -> None:
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._decoder = msgspec.json.Decoder(Told)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin.buffer:
            self._lines.put(line)
        os._exit(0)

    def take(self, wait: bool) -> Told | None:
        """The next thing told; None if there is none and nobody waits for it. Raises msgspec.ValidationError."""
        try:
            return self._decoder.decode(self._lines.get(block=wait))
        except queue.Empty:
            return None


def obey(live: Live, one: Told) -> bool:
    """Do what is told; returns whether a frame is due."""
    match one.do:
        case "begin":
            assert one.play is not None
            say(live.begin(one.play, Path(one.folder)))
        case "run" | "pause":
            live.running = one.do == "run" and not live.ended
        case "step":
            live.running = False
            live.step()
        case "change":
            live.change(one.setting, one.value)
        case "grid":
            live.grid = int(min(MOST_GRID, max(10, one.value)))
        case "surface":
            live.surface.ask(one.setting)
        case "pace":
            live.pace = int(min(10_000, max(0, one.value)))
            return False
    return True


def main() -> None:
    """Obey until the standard input ends."""
    torch.set_num_threads(1)
    live = Live()
    inbox = Inbox()
    rate, before = 0.0, time.perf_counter()
    while True:
        due = False
        try:
            while (one := inbox.take(wait=not (live.running or due or live.computes))) is not None:
                due = (obey(live, one) and live.records is not None) or due
            if live.running:
                began, steps = time.perf_counter(), 0
                most = FRAME / 2 - (ON_SURFACE if live.computes else 0.0)
                while live.running and (steps < live.pace if live.pace else time.perf_counter() - began < most):
                    live.step()
                    steps += 1
                due = True
            if live.computes and (found := live.surface.work(ON_SURFACE, live.running)) is not None:
                say(found)
                due = True
        except WxbError as problem:
            live.running = False
            say({"kind": "mistake", "what": problem.what, "expected": problem.detail, "fix": problem.fix})
            continue
        except (msgspec.ValidationError, ValueError) as problem:
            say({"kind": "mistake", "what": "that cannot be done", "expected": str(problem), "fix": ""})
            continue
        if due and live.records is not None:
            now = time.perf_counter()
            if live.running:
                rate = 0.8 * rate + 0.2 / max(now - before, 1e-3) if rate else 1 / FRAME
            say(live.frame(rate))
            left = FRAME - (time.perf_counter() - before)
            if live.running and left > 0:
                time.sleep(left)
            before = now


if __name__ == "__main__":
    main()
