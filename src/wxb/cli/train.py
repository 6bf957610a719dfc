"""`wxb train`: train a network, and show the progress."""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from wxb.cli import options, printing, results
from wxb.cli.answers.training import DryRun, TrainSeeds
from wxb.cli.config import BEGUN, BINDINGS, EVENTS, read_config
from wxb.cli.following import details, follow, follow_to_result, head, show_result
from wxb.cli.loading import asked_by, load
from wxb.cli.main import BEGAN
from wxb.cli.profile import show_profile
from wxb.cli.stopping import nothing_written
from wxb.errors import DONE, WxbError
from wxb.paths import exists
from wxb.settings import DATA, LENGTH, RECIPE, SETTINGS, check_length, check_together
from wxb.settings.setting import PartRows

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.training import Training


DECIDES_STEPS = ("batch_size", "accumulate", "epochs", "steps", "time", "seeds")


def train(
    words: tuple[str, ...],
    config: str | None,
    dry_run: bool,
    profile: bool,
    fix: bool,
    page: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> int:
    """Train a network on data, test it, compare it with simple baselines, report, and store everything in a run.

    DATA is digits, mnist, fashion-mnist, cifar10, cifar100, usps (wxb fetch gets them), a folder of pictures, a table
    (.csv, .tsv, .parquet, .data, .txt, - for standard input; with --target), sentences with tags (.conll, .iob), or a
    toy: ring, quadrants, modes, disc, spirals, moons, sine, steps, noisy-line, names. NETWORK is a name (wxb networks
    lists them) or a text in the notation; without one, a default for the data is chosen. N=2 and the like bind the
    variables of a family. Options that are not given are chosen to fit the network and the data; the run's
    settings.toml has their values.

    \b
    wxb train digits
    wxb train houses.csv "FC-64-RELU, EUCLID" --target price
    wxb train cifar10 "[(CONV-RELU)*N-POOL]*3-FC-RELU, SOFTMAX" N=2 --epochs 30
    """
    asked = merged(words, config, given)
    check(asked)
    looks = [*["--dry-run"] * dry_run, *["--profile"] * profile, *["--fix"] * fix, *["--page"] * (page and not fix)]
    check_kind("seeds" in asked, looks)
    if "seeds" in asked:
        return train_seeds(asked, as_json, quiet, verbose)
    with nothing_written():
        training = prepared(asked, quiet, BEGAN)
        if dry_run:
            show_plan(training, as_json)
            return DONE
        if profile:
            show_profile(training, as_json)
            return DONE
        if fix:
            training = mended(training, asked, quiet)
    return follow_to_result(training, as_json, quiet, verbose, page)


def check_kind(several: bool, looks: list[str]) -> None:
    """Raise WxbError if flags ask for two kinds of work: several trainings, or a look at one without training."""
    if several and looks:
        verb = "is" if len(looks) == 1 else "are"
        raise WxbError(f"{' and '.join(looks)} {verb} about one training, --seeds makes several", fix="one of them")
    if len(looks) > 1:
        raise WxbError(f"{' and '.join(looks)} are two different looks at a training", fix="one of them")


def merged(words: tuple[str, ...], config: str | None, given: dict[str, Any]) -> dict[str, Any]:
    """Merge the settings of the command line into those of the settings file; the command line wins."""
    (data, network), bindings = options.split_words(words, "DATA", "NETWORK")
    asked = read_config(Path(config)) if config is not None else {}
    if network is not None:
        asked.pop(BINDINGS, None)  # they belong to the file's network
    if any(given.get(name) is not None for name in DECIDES_STEPS) or data is not None or network is not None:
        asked.pop(EVENTS, None)  # they belong to the steps of the file's training
    if data is not None and isinstance(asked.get("split"), PartRows):
        del asked["split"]  # its rows are those of the file's data
    if given.get("pretrained") is not None:
        asked.pop(BEGUN, None)
    if given.get("optimizer") is not None:
        asked.pop("momentum", None)  # it belongs to the file's optimizer
    check_length(given)
    if any(given.get(name) for name in LENGTH):
        for name in LENGTH:
            asked.pop(name, None)
    typed = {"data": data, "network": network, **given}
    asked |= {name: value for name, value in typed.items() if value is not None}
    if bindings:
        asked[BINDINGS] = {**asked.get(BINDINGS, {}), **bindings}
    return asked


def check(asked: dict[str, Any]) -> None:
    """Raise WxbError for mistakes that can be found before anything is loaded."""
    from wxb.notation import read

    if "data" not in asked:
        raise WxbError("DATA is missing", fix="wxb train digits, or a folder of pictures; wxb train --help says more")
    check_length(asked)
    check_together(asked)
    if "network" in asked:
        read(asked["network"])


def mended(training: Training, asked: dict[str, Any], quiet: bool) -> Training:
    """`--fix`: the training with the remedies that side runs prove, or as it is."""
    from wxb.doctor import mending
    from wxb.doctor.case import Case

    if "time" in asked:
        raise WxbError("--fix takes up to two trainings more, and --time limits all of the work", fix="one of them")
    recipe = {name: asked[name] for name in RECIPE if name in asked}
    about = {name: asked[name] for name in DATA if name in asked}
    case = Case.of(training.trial.data, asked.get("network"), recipe, asked.get(BINDINGS), asked["data"], about)
    changed, taken = mending.mended(case)
    if taken:
        others = {name: value for name, value in asked.items() if name not in (*RECIPE, BINDINGS, EVENTS)}
        bindings = {BINDINGS: dict(changed.bindings)} if changed.bindings else {}
        asked = {**others, **changed.asked, **changed.options, **bindings, "network": changed.network}
        training = prepared(asked, quiet, data=changed.data)
    said = mending.notes(case, taken)
    training.trial.notes = (*training.trial.notes, *said)
    if quiet:  # else they stand below the result
        print(*said, sep="\n", file=sys.stderr)
    return training


def prepared(asked: dict[str, Any], quiet: bool, started: float | None = None, data: Dataset | None = None) -> Training:
    """Load the data and set up the training; nothing is written. `started` is the time at which the work began."""
    began = time.time()
    asked = asked_by(asked.get("network"), asked)
    data = load(asked["data"], asked, quiet) if data is None else data
    data_seconds = time.time() - began

    from wxb.training import Training

    stored = {name: asked[name] for name in DATA if name in asked}
    as_loaded: dict[str, Any] = {name: data.source[name] for name in ("data_dir", "test", "split") if name in stored}
    training = Training(
        data,
        asked.get("network"),
        bindings=asked.get(BINDINGS),
        options={name: asked[name] for name in RECIPE if name in asked},
        settings={"data": data.source["source"], **stored, **as_loaded},
        out=asked.get("out"),
        snapshots=asked.get("snapshots"),
        watch=asked.get("watch"),
        started=began if started is None else started,
        data_seconds=data_seconds,
        seconds=asked.get("time"),
        events=asked.get(EVENTS, ()),
    )
    if BEGUN in asked:
        from wxb.runs.pretrained import other_weights

        trial = training.trial
        trial.notes = (*trial.notes, *other_weights(asked[BEGUN], trial.pretrained))
    return training


def train_seeds(asked: dict[str, Any], as_json: bool, quiet: bool, verbose: bool) -> int:
    """`--seeds`: train one run per seed, each the same as with `--seed` alone, and print the mean of their scores."""
    from wxb.data.tables.content import is_stream
    from wxb.runs.folder import SUMMARY, taken
    from wxb.statistics import mean_of
    from wxb.tasks import TASKS
    from wxb.trials.trial import need_examples

    if "out" in asked and exists(Path(asked["out"]) / SUMMARY):
        raise taken(Path(asked["out"]), [SUMMARY])
    if asked["seeds"] > 1 and any(is_stream(asked.get(name, "")) for name in ("data", "test")):
        raise WxbError("a stream is read once, and --seeds reads the data for each seed", fix="save it as a file")
    first = asked.get("seed", 0)
    found = []
    for seed in range(first, first + asked["seeds"]):
        folder = {"out": str(Path(asked["out"]) / f"seed-{seed}")} if "out" in asked else {}
        training = prepared({**asked, "seed": seed, **folder}, quiet)
        need_examples(training.trial.data, "test")
        code = follow(training, quiet, verbose)
        if training.result and not as_json:
            show_result(training)
        if code != DONE:
            return code
        found.append(training.result)
    measure = TASKS[training.trial.data.task].measure
    score = mean_of([one["test"][measure.name] for one in found], measure.bounds)
    together = {"measure": measure.name, **dataclasses.asdict(score)}
    if as_json:
        printing.result_json(msgspec.convert({"runs": found, "score": together}, TrainSeeds))
    else:
        printing.result(results.seeds_line(training.trial.data.task, together, len(found)))
    return DONE


def show_plan(training: Training, as_json: bool) -> None:
    """`--dry-run`: print data, network, layers and recipe as results."""
    if as_json:
        plan = training.trial.plan
        dry_run = DryRun(
            data=training.trial.data.name,
            network=str(plan.network),
            parameters=plan.parameters,
            multiply_adds=plan.multiply_adds,
            recipe=training.trial.recipe.settings(),
        )
        printing.result_json(dry_run)
        return
    width = printing.columns(sys.stdout)
    printing.result("\n".join([*head(training, width), *details(training, width)]))


command = options.Command(
    train,
    [
        click.Argument(["words"], nargs=-1, metavar="DATA [NETWORK] [N=2 …]"),
        *options.params(SETTINGS),
        options.SectionedOption(
            ["--config"],
            metavar="FILE",
            section="Run",
            help="Read settings from a TOML file, such as a run's settings.toml.",
        ),
        options.SectionedOption(
            ["--dry-run"], is_flag=True, section="Run", help="Print what would be done, without training."
        ),
        options.SectionedOption(
            ["--fix"],
            is_flag=True,
            section="Run",
            help="Look for what keeps it from learning; train with the remedy that side runs prove.",
        ),
        options.SectionedOption(
            ["--profile"],
            is_flag=True,
            section="Run",
            help="Time a few steps and print where the time goes, without training.",
        ),
        options.SectionedOption(
            ["--page"],
            is_flag=True,
            section="Run",
            help="Open the run in the browser, until Ctrl-C after the training.",
        ),
        options.JSON,
        options.QUIET,
        options.VERBOSE,
    ],
)
