"""`wxb play`: learn to play a game by reward, or play against a run that has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wxb.cli import options, printing
from wxb.cli.stopping import untouched
from wxb.errors import DONE, WxbError
from wxb.paths import exists, quoted
from wxb.settings import SETTINGS

if TYPE_CHECKING:
    from wxb.play.training import Training

TAKEN = ("seed", "steps", "batch_size", "optimizer", "learning_rate", "schedule", "clip", "threads")


def play(
    words: tuple[str, ...],
    ppo: bool | None,
    second: bool,
    as_json: bool,
    quiet: bool,
    seeds: int | None,
    out: str | None,
    **given: Any,
) -> int:
    """Learn to play a game by its reward alone, or play against a run that has learned.

    GAME is cartpole, tictactoe or connect4, and ends in a run; NETWORK ends in SOFTMAX and has a default. With a RUN in
    place of GAME you play against it in the terminal, and watch it where there is one player only.

    \b
    wxb play cartpole "FC-64-TANH, SOFTMAX"
    wxb play tictactoe --seeds 5
    wxb play runs/tictactoe-3f2a
    """
    from wxb.cli.playing import against
    from wxb.play.run import PlayRun, is_playing
    from wxb.runs.folder import SUMMARY, held, within

    (what, network), bindings = options.split_words(words, "GAME", "NETWORK")
    if what is None:
        raise WxbError("GAME is missing", fix="wxb play tictactoe; wxb play --help says more")
    if is_playing(what):
        asked = [f"--{name.replace('_', '-')}" for name, value in given.items() if value is not None]
        others = {"--ppo": ppo is not None, "--seeds": seeds, "--out": out, "--json": as_json}
        asked += [flag for flag, value in others.items() if value]
        if network is not None or bindings or asked:
            surplus = asked[0] if asked else network or "a binding"
            raise WxbError(f"{what} has learned already, and {surplus} is for learning", fix=f"wxb play {quoted(what)}")
        return against(PlayRun.open(what), begins=not second)
    if exists(Path(what) / SUMMARY):
        raise WxbError(f"{what} has learned from data and plays nothing", fix=f"wxb predict {quoted(what)} FILE")
    if names := within(Path(what)):
        raise WxbError(f"{what} is no run: it holds {held(names)}", fix=f"wxb play {quoted(Path(what) / names[0])}")
    if second:
        raise WxbError("--second is for playing against a run", fix="wxb play RUN --second")
    asked_for = {"network": network, "bindings": bindings or None, "ppo": ppo, "settings": given}
    if seeds is not None:
        return learn_seeds(what, asked_for, seeds, out, as_json, quiet)
    return learn(prepared(what, asked_for, out), as_json, quiet)


def prepared(game: str, asked: dict[str, Any], out: str | Path | None) -> Training:
    """Set up a training; nothing is written."""
    from wxb.play.training import Training

    return Training(game, asked["network"], asked["settings"], ppo=asked["ppo"], bindings=asked["bindings"], out=out)


def learn(training: Training, as_json: bool, quiet: bool) -> int:
    """Follow a training to its end and print its result; the exit code."""
    from wxb.cli.playing import answer, follow, show

    code, run = follow(training, quiet)
    if run is None:
        return code
    if as_json:
        printing.result_json(answer(run))
    else:
        show(run)
    return code


def learn_seeds(game: str, asked: dict[str, Any], seeds: int, out: str | None, as_json: bool, quiet: bool) -> int:
    """`--seeds`: a run for each seed in one folder, and the learning curve over them."""
    from wxb.cli.playing import follow, seeds_answer, show_seeds
    from wxb.play.report import seeds_drawn
    from wxb.play.run import is_playing
    from wxb.runs.folder import new_folder, taken

    first = asked["settings"].get("seed") or 0
    each = [{**asked, "settings": {**asked["settings"], "seed": seed}} for seed in range(first, first + seeds)]
    prepared(game, each[0], None)  # mistakes before a folder is made
    folder = new_folder(game) if out is None else Path(out)
    if is_playing(folder):
        raise taken(folder, ["play.json"])
    for one in each:
        seed = one["settings"]["seed"]
        code, run = follow(prepared(game, one, folder / f"seed-{seed}"), quiet)
        if run is None:
            left = first + seeds - seed - 1
            if left:
                more = f"--seed {seed + 1} --seeds {left} --out {quoted(folder)}"
                printing.remark(f"the seeds after it were not begun; wxb play {game} … {more} makes them")
            return code
        if code != DONE:
            return code
    drawn = seeds_drawn(folder)
    for remark in drawn.remarks:
        printing.remark(printing.labelled("note", remark))
    if as_json:
        printing.result_json(seeds_answer(drawn))
    else:
        show_seeds(drawn)
    return DONE


def resumed(run: str, page: bool, as_json: bool, quiet: bool) -> int:
    """`wxb resume` of a run that plays."""
    if page:
        raise WxbError("--page follows a training on data", fix=f"wxb resume {quoted(run)}")
    with untouched(run):
        from wxb.play.training import Training

        training = Training.resume(run)
    if not quiet:
        printing.remark(printing.labelled("resume", f"{run}: from step {training.learner.step}"))
    return learn(training, as_json, quiet)


def own(name: str, text: str) -> click.Option:
    """A setting with the help that it has here."""
    return options.option(replace(SETTINGS[name], help=text))


command = options.Command(
    play,
    [
        click.Argument(["words"], nargs=-1, metavar="GAME|RUN [NETWORK] [N=2 …]"),
        options.SectionedOption(
            ["--ppo/--no-ppo"], default=None, section="Training",
            help="Proximal policy optimization: several passes over each step's games, with the ratio clipped at 0.2.",
        ),
        own("seed", "Seed of everything random: weights, games, moves"),
        own("steps", "Steps; each plays games and learns from them"),
        own("batch_size", "Games per step"),
        own("optimizer", "How the gradient becomes a step"),
        own("learning_rate", "Learning rate at the beginning"),
        own("schedule", "How the learning rate changes during training"),
        *options.params(SETTINGS, "clip", "threads"),
        own("seeds", "A run for each of this many seeds, from `seed` on, and their learning curve with an interval"),
        *options.params(SETTINGS, "out"),
        options.SectionedOption(["--second"], is_flag=True, section="Playing", help="Let the run make the first move."),
        options.JSON,
        options.QUIET,
    ],
)  # fmt: skip
