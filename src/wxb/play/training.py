"""Learning to play: from a game and a line of text to a finished run."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from wxb import storage
from wxb.errors import FAILED, WxbError
from wxb.learning.machine import choose
from wxb.learning.state import Misfit
from wxb.learning.state import tensors as tensors_of
from wxb.notation import Network
from wxb.paths import exists, quoted
from wxb.play import games
from wxb.play.curve import curve
from wxb.play.learner import Learner
from wxb.play.policy import greedy, policy
from wxb.play.run import KEPT, PlayRun, read_playing
from wxb.play.schema import FORMAT, Playing, PlaySettings, StepLine
from wxb.runs.environment import environment
from wxb.runs.folder import (
    CURVE,
    ENVIRONMENT,
    HISTORY,
    MANIFEST,
    PLAYING,
    WEIGHTS,
    content,
    new_folder,
    own_folder,
    taken,
)
from wxb.runs.journal import Journal, read_lines
from wxb.runs.manifest import manifest_text
from wxb.runs.schema import NOTATION, Counters, Steps
from wxb.runs.standing import way_on
from wxb.runs.stopping import Asked
from wxb.runs.summary import now, sealed
from wxb.runs.writer import without_checkpoint
from wxb.settings import validate
from wxb.storage import damaged
from wxb.text import plural
from wxb.version import __version__

if TYPE_CHECKING:
    from filelock import BaseFileLock

SAVE_EVERY = 20.0  # seconds between checkpoints
TELL_EVERY = 1.0  # seconds between updates of play.json, at least
CHOSEN: Mapping[str, Any] = {  # where neither the game nor a person says more
    "seed": 0, "optimizer": "adam", "schedule": "linear", "clip": 0.5, "threads": 0, "ppo": False,
}  # fmt: skip


class Training:
    """A policy that learns, written to a run: saved while it learns, then measured.

        training = Training("cartpole", "FC-64-TANH, SOFTMAX", {"steps": 50})
        for line in training:
            print(line.step, line.score)
        run = training.finish()

    Nothing is written before the first line is asked for.
    """

    def __init__(
        self,
        game: str,
        network: str | Network | None = None,
        settings: Mapping[str, Any] | None = None,
        *,
        ppo: bool | None = None,
        bindings: Mapping[str, int] | None = None,
        out: str | Path | None = None,
    ) -> None:
        """Set up the game and the policy.

        `settings` are `seed`, `steps`, `batch_size`, `optimizer`, `learning_rate`, `schedule`, `clip` and
        `threads`; those left out are the game's own. Raises WxbError for a game that is not there, and for a network or
        a setting that does not fit.
        """
        self.game = games.named(game)
        asked = {name: validate(name, value) for name, value in (settings or {}).items() if value is not None}
        chosen = {**CHOSEN, **self.game.settings, **asked, **({} if ppo is None else {"ppo": ppo})}
        made = policy(network or self.game.network, self.game, bindings, chosen["seed"])
        work = made.network.plan.multiply_adds * chosen["batch_size"]
        self.machine = choose("cpu", "float32", chosen["threads"], work)
        chosen["threads"] = self.machine.threads
        if chosen["steps"] < 1:
            raise WxbError("`steps=0`: expected at least one step", fix="`steps=100`")
        self.learner = Learner(self.game, made, msgspec.convert(chosen, PlaySettings))
        self.out = out
        self.path: Path | None = None
        self.asked: Asked | None = None
        self.remarks: tuple[str, ...] = ()
        self._about: Playing | None = None
        self._lock: BaseFileLock | None = None
        self._journal: Journal | None = None
        self._saved = 0
        self._ended = False

    @classmethod
    def resume(cls, path: str | Path) -> Training:
        """Continue a run that was stopped or killed.

        Raises WxbError if the run has finished or failed, if another process writes it, or if it is damaged.
        """
        folder = Path(path)
        _need_resumable(folder, read_playing(folder))
        lock = storage.hold(folder)
        try:
            about = read_playing(folder)  # again: the process that held it may have finished it
            _need_resumable(folder, about)
            journal = Journal(folder, StepLine)
            checkpoint = journal.checkpoint()
            journal.rewind(checkpoint)
            fields = msgspec.structs.asdict(about.settings)
            training = cls(about.game, about.network, {k: v for k, v in fields.items() if k != "ppo"},
                           ppo=about.settings.ppo)  # fmt: skip
            lines = read_lines(folder / HISTORY, storage.read(folder / HISTORY), StepLine)
            if checkpoint is not None:
                if not lines or lines[-1].step != checkpoint.counters.step:
                    raise damaged(folder / HISTORY, "its last step is not that of the checkpoint")
                training.learner.restore(checkpoint.tensors, lines[-1])
                training._saved = checkpoint.counters.step
        except BaseException as problem:
            lock.release()
            if isinstance(problem, Misfit):
                raise damaged(folder / "checkpoint.safetensors", problem.detail) from problem
            raise
        training._begin(folder, about, lock, journal)
        return training

    # --- learning ----------------------------------------------------------------------------------------------------

    def lines(self) -> list[tuple[str, str]]:
        """The lines shown before the first step, as (label, text)."""
        settings, network = self.learner.settings, self.learner.policy.network
        how = "PPO" if settings.ppo else "policy gradient with a baseline"
        return [
            ("game", f"{self.game.name}: {self.game.title}, {len(self.game.actions)} actions"),
            ("network", str(network.plan)),
            ("learns", f"{how}; {plural(settings.steps, 'step')} of {plural(settings.batch_size, 'game')}"),
            ("machine", f"{self.machine.threads} thread{'s' * (self.machine.threads > 1)}"),
        ]

    def __iter__(self) -> Iterator[StepLine]:
        """Learn, and yield a line after every step. The run is saved every 20 seconds.

        Raises WxbError (exit code 1) if the loss is no longer finite, and the run is then marked as failed.
        """
        if self.path is None:
            self._create()
        assert self._journal is not None
        assert self._about is not None
        saved = told = time.perf_counter()
        with self.machine.in_force():
            for line in self.learner.learn():
                if not all(map(math.isfinite, (line.loss, line.value_loss, line.entropy))):
                    raise self._failed(f"the loss was no finite number in step {line.step}")
                self._journal.add(line)
                self._about.steps.done = line.step
                clock = time.perf_counter()
                if line.step < self.learner.settings.steps and clock - saved > SAVE_EVERY:
                    self._save()
                    saved = told = clock
                elif clock - told > TELL_EVERY:
                    self._write()
                    told = clock
                yield line
        self._ended = True

    def stop(self) -> int:
        """Save the run at its last step, release it, and return the step."""
        assert self._about is not None
        self._save()
        assert self.asked is not None
        self.asked.forget()
        self._about.state = "stopped"
        self._write()
        self.close()
        return self._saved

    def finish(self) -> PlayRun:
        """Measure the policy, draw the learning curve, and end the run. Call it after the last line."""
        about, path, journal = self._about, self.path, self._journal
        if about is None or path is None or journal is None or not self._ended:
            raise ValueError("training has not ended: take all lines first")
        with self.machine.in_force():
            results = self.game.measure(greedy(self.learner.policy), self.learner.settings.seed)
        storage.write_tensors(path / WEIGHTS, tensors_of(self.learner.policy), {"network": about.network})
        journal.sync()
        names = list(KEPT)
        lines = read_lines(path / HISTORY, storage.read(path / HISTORY), StepLine)
        try:
            storage.write(path / CURVE, curve(self.game, {about.settings.seed: lines}))
            names.append(CURVE)
        except WxbError as problem:
            if problem.exit_code == FAILED:
                raise
            self.remarks = (f"the learning curve was not drawn: {problem.what}; {problem.fix}",)
        ended = msgspec.structs.replace(about, state="finished", finished=now(), results=results)
        final = sealed(ended)
        digests = {name: storage.file_digest(path / name) for name in names if name != PLAYING}
        digests[PLAYING] = storage.digest(final)
        storage.write(path / MANIFEST, manifest_text(digests))
        storage.write(path / PLAYING, final)
        storage.sync_folder(path)
        if left := without_checkpoint(path):
            self.remarks = (*self.remarks, left)
        self.close()
        return PlayRun.open(path)

    def close(self) -> None:
        """Unlock the folder."""
        if self._lock is not None:
            self._lock.release()

    # --- the folder --------------------------------------------------------------------------------------------------

    def _create(self) -> None:
        path = own_folder(Path(self.out)) if self.out is not None else new_folder(self.game.name)
        lock = storage.hold(path)
        try:
            if others := content(path):
                raise taken(path, others)
            planned, settings = self.learner.policy.network.plan, self.learner.settings
            about = Playing(
                format=FORMAT,
                wxb=__version__,
                notation=NOTATION,
                state="running",
                name=path.name,
                game=self.game.name,
                network=str(planned.network),
                input=planned.input,
                actions=self.game.actions,
                parameters=sum(one.numel() for one in self.learner.policy.parameters()),
                created=now(),
                settings=settings,
                steps=Steps(0, settings.steps),
            )
            facts = environment({"device": "cpu", "precision": "float32", "threads": self.machine.threads})
            storage.write(path / ENVIRONMENT, storage.json_text(facts))
            storage.write(path / HISTORY, "")
        except BaseException:
            lock.release()
            raise
        self._begin(path, about, lock, Journal(path, StepLine))

    def _begin(self, path: Path, about: Playing, lock: BaseFileLock, journal: Journal) -> None:
        self.path, self._about, self._lock, self._journal = path, about, lock, journal
        self.asked = Asked(path)
        about.state = "running"
        about.steps.done = self.learner.step
        self._write()

    def _write(self) -> None:
        assert self._about is not None
        assert self.path is not None
        storage.write(self.path / PLAYING, sealed(self._about))

    def _save(self) -> None:
        assert self._journal is not None
        self._journal.save(self.learner.state(), Counters(self.learner.step))
        self._saved = self.learner.step
        self._write()

    def _failed(self, reason: str) -> WxbError:
        assert self._about is not None
        self._about.state, self._about.reason = "failed", reason
        self._write()
        self.close()
        rate = self.learner.settings.learning_rate
        return WxbError(
            f"training broke down: {reason}",
            f"learning rate {rate:g}; the run is {self.path}",
            f"a lower rate, `learning_rate={rate / 10:g}`",
            exit_code=FAILED,
        )


def _need_resumable(path: Path, about: Playing) -> None:
    if about.state == "finished":
        left = exists(path / "checkpoint.safetensors")
        detail = left and (without_checkpoint(path) or "the checkpoint that was left in it has been removed")
        raise WxbError(
            f"{path} has finished; there is nothing to resume", detail or "",
            f"wxb report {quoted(path)} shows it; wxb play {quoted(path)} plays it",
        )  # fmt: skip
    if about.state == "failed":
        raise WxbError(f"{path} has failed and would fail again: {about.reason}", fix=way_on(path, about))


def play(
    game: str,
    network: str | Network | None = None,
    *,
    ppo: bool | None = None,
    out: str | Path | None = None,
    **settings: Any,
) -> PlayRun:
    """Learn to play a game, and return the run.

        run = play("tictactoe", "FC-64-RELU, SOFTMAX", steps=50, out="runs/ttt")

    `settings` are those of `Training`. Ctrl-C saves the run and is raised again.
    """  # fmt: skip
    training = Training(game, network, settings, ppo=ppo, out=out)
    try:
        for _ in training:
            pass
    except KeyboardInterrupt:
        if training.path is not None:
            training.stop()
        raise
    return training.finish()
