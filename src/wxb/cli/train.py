"""`wxb train`: the main job, shown while it runs."""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wxb.cli import options, printing, results
from wxb.cli.config import BINDINGS, read_config
from wxb.cli.loading import load
from wxb.cli.progress import Progress
from wxb.cli.show import layer_table
from wxb.cli.stopping import Stop
from wxb.errors import DONE, WxbError
from wxb.learning.recipe import Recipe

if TYPE_CHECKING:
    from wxb.data import Dataset
    from wxb.train import Training


def train(
    words: tuple[str, ...],
    config: str | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> int:
    """Train a network on data, with progress; test it, set it beside what is cheap, report, and keep all in a run.

    DATA is digits, mnist, cifar10, a folder of pictures, or a toy: ring, quadrants, modes. NETWORK is a name (wxb
    networks lists them) or a text in the notation; without one a good default for the data is chosen. N=2 and the like
    bind a family's variables. Options that are not given fit the network and the data; the run's settings.toml says
    what they were.

    \b
    wxb train digits
    wxb train cifar10 "[(CONV-RELU)*N-POOL]*3-FC-RELU, SOFTMAX" N=2 --epochs 30
    """
    asked = merged(words, config, given)
    check(asked)
    began = time.perf_counter()
    data = load(asked["data"], asked)
    data_seconds = time.perf_counter() - began

    from wxb.train import Training

    training = Training(
        data,
        asked.get("network"),
        bindings=asked.get(BINDINGS),
        options={name: asked[name] for name in options.RECIPE if name in asked},
        settings=data_settings(data, asked),
        out=asked.get("out"),
        data_seconds=data_seconds,
    )
    if dry_run:
        show_plan(training, as_json)
        return DONE
    return follow(training, as_json=as_json, quiet=quiet, verbose=verbose)


def merged(words: tuple[str, ...], config: str | None, given: dict[str, Any]) -> dict[str, Any]:
    """What was asked for: the command line, over the settings file, without what neither says."""
    (data, network), bindings = options.split_words(words, "DATA", "NETWORK")
    asked = read_config(Path(config), options.TRAIN) if config is not None else {}
    if network is not None:
        asked.pop(BINDINGS, None)  # they belong to the file's network
    typed = {"data": data, "network": network, **given}
    asked |= {name: value for name, value in typed.items() if value is not None}
    if bindings:
        asked[BINDINGS] = {**asked.get(BINDINGS, {}), **bindings}
    return asked


def check(asked: dict[str, Any]) -> None:
    """Finds what is wrong with the words and the options before anything is loaded."""
    from wxb.learning.defaults import check_options
    from wxb.notation import read

    if "data" not in asked:
        raise WxbError("DATA is missing", fix="wxb train digits, or a folder of pictures; wxb train --help says more")
    check_options(asked)
    if "network" in asked:
        read(asked["network"])


def data_settings(data: Dataset, asked: dict[str, Any]) -> dict[str, Any]:
    """The settings that load the data again, from any folder."""
    stored = {name: asked[name] for name in options.LOADING if name in asked}
    return {"data": data.source["source"], **stored, **{n: data.source[n] for n in ("data_dir",) if n in stored}}


def follow(training: Training, *, as_json: bool, quiet: bool, verbose: bool) -> int:
    """Trains to the end, or to where a signal stops it, and prints what came out."""
    if not quiet:
        show_head(training, verbose)
    with Stop() as stop, Progress(quiet=quiet, moving=False if verbose else None) as progress:
        for record in training:
            progress.show(record)
            if stop.code is not None and record.step < record.steps:
                progress.end()
                step = training.stop()
                printing.remark(f"stopped after step {step}, saved; wxb resume {training.run.path}")
                return stop.code
        progress.end()
        run = training.finish()
        result = training.result
        if as_json:
            printing.result_json("wxb/train/1", result)
            return stop.code or DONE
        printing.result(results.test_lines(result["test"], result["baselines"]))
        printing.result(printing.labelled("run", f"{run.path}    next: wxb report {run.path}"))
        return stop.code or DONE


def show_head(training: Training, verbose: bool) -> None:
    """What will happen: data, network, machine and what was looked at before; with `verbose` all of it."""
    width = printing.columns(sys.stderr)
    for label, text in training.lines():
        printing.remark(printing.labelled(label, text, width))
    if verbose:
        printing.remark(layer_table(training.plan, flat=False, width=width))
        printing.remark(recipe_table(training.recipe))


def show_plan(training: Training, as_json: bool) -> None:
    """`--dry-run`: data, network, its layers and the recipe, as results."""
    recipe = dataclasses.asdict(training.recipe)
    if as_json:
        content = {
            "data": training.data.name,
            "network": str(training.plan.network),
            "parameters": training.plan.parameters,
            "multiply_adds": training.plan.multiply_adds,
            "recipe": recipe,
        }
        printing.result_json("wxb/dry-run/1", content)
        return
    width = printing.columns(sys.stdout)
    for label, text in training.lines():
        printing.result(printing.labelled(label, text, width))
    printing.result(layer_table(training.plan, flat=False, width=width))
    printing.result(recipe_table(training.recipe))


def recipe_table(recipe: Recipe) -> str:
    """Every setting of the recipe as an option, four a line."""
    shown = [f"--{name.replace('_', '-')} {value}" for name, value in dataclasses.asdict(recipe).items()]
    return printing.labelled("recipe", "  ".join(shown), 100)


command = options.Command(
    train,
    [
        click.Argument(["words"], nargs=-1, metavar="DATA [NETWORK] [N=2 …]"),
        *options.params(options.TRAIN),
        options.SectionedOption(
            ["--config"], metavar="FILE", section="Run", help="Options from a TOML file, such as a run's settings.toml."
        ),
        options.SectionedOption(["--dry-run"], is_flag=True, section="Run", help="Print what would be done, and stop."),
        options.JSON,
        options.QUIET,
        options.VERBOSE,
    ],
)
