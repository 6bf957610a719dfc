"""The command `wxb`: run a subcommand, and turn every way in which it can end into an exit code."""

from __future__ import annotations

import gc
import os
import re
import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import click

import wxb
from wxb import hardware
from wxb.cli import printing
from wxb.errors import BUG, DONE, FAILED, INTERRUPTED, WxbError, nearest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

BEGAN = time.time()  # this process, but for the start of Python

NEEDED_ADDRESSES = 2_000_000_000  # bytes; PyTorch and Polars take most of them when they are loaded

# In the order in which a person meets them. The texts stand here so that `wxb --help` loads none of the commands.
COMMANDS = {
    "train": "Train a network on data; end with a report and a run.",
    "show": "A network's layers: shapes, parameters, multiply-adds.",
    "data": "What is in a data set, with a few examples drawn.",
    "fetch": "Download a known data set, once, into the user's cache.",
    "cache": "The decoded pictures of large folders that are kept.",
    "evaluate": "How good a run's network is, on its test set or other data.",
    "predict": "What a run's network says of files.",
    "play": "Learn to play a game by its reward, or play against a run.",
    "page": "The runs in the browser, while they train and afterwards.",
    "view": "What a run's network does: its layers, weights and maps, drawn.",
    "cluster": "Groups of examples that are alike, found without labels.",
    "anomalies": "The examples that a run's network finds odd.",
    "doctor": "Why a network does not learn, with the remedy proved.",
    "compare": "Runs side by side, on the same test examples.",
    "resume": "Go on with a training that was stopped.",
    "runs": "The runs in a folder.",
    "report": "A run's report.",
    "export": "A run as one HTML file, with a small network to try in it.",
    "verify": "Whether a run is as it was when it finished.",
    "networks": "The networks that have a name.",
    "schema": "The JSON schema of what a command prints with --json.",
    "lesson": "A statement about learning, tried by a few trainings.",
    "neuron": "A simple neuron: teach it patterns, see its truth table.",
}


def show_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Print a command's help and end. Raises OutputLost, where click's own way would break down."""
    if value and not ctx.resilient_parsing:
        printing.result(ctx.get_help())
        ctx.exit()


def show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Print the version and end. Raises OutputLost."""
    if value and not ctx.resilient_parsing:
        printing.result(f"wxb {wxb.__version__}")
        ctx.exit()


class Commands(click.Group):
    """The group of all commands; a command's module is imported when the command is used."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The option --help."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = show_help
        return option

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, from the module of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"wxb.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names. Raises WxbError if there is none."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise unknown(args[0], "a command", COMMANDS, "wxb --help lists them")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the names of commands and the options of the group."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands of `wxb --help`."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def unknown(word: str, kind: str, known: Sequence[str] | dict[str, str], fix: str) -> WxbError:
    """The error for an unknown word, with the nearest known one: "trian is not a command; train is"."""
    like = nearest(word, known)
    return WxbError(f"{word} is not {kind}" + (f"; {like} is" if like else ""), fix=fix)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="wxb COMMAND --help says what a command takes. Start with: wxb train digits",
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=show_version, help="The version of wxb."
)
def group() -> None:
    """One line of text and labelled data to a trained, reported and reopenable network."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code (see `wxb.errors`); only a bug shows a traceback."""
    _prepare_streams()
    if arguments is None:
        arguments = sys.argv[1:]
        if not sys.warnoptions:
            warnings.simplefilter("ignore")  # libraries' warnings are for developers; ours are printed as such
        # Python collects garbage after every 700 new objects, and now and then examines all objects. Importing torch
        # makes hundreds of thousands of objects that stay, so most of these collections would find nothing.
        gc.set_threshold(20_000, 10, 10)
        # OpenMP threads that wait for each other spin for this many rounds before they sleep. The default is far
        # longer: if another program uses one of the cores, small networks take 10 to 50 times as long. The variable is
        # read when torch is loaded.
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")
        # Large tensors use pages of 2 MB if the system has them, which saves page faults and address lookups. This
        # variable is read when torch is loaded, too.
        os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    try:
        code = run(list(arguments))
        printing.flush()
    except (printing.OutputLost, BrokenPipeError) as problem:
        return _output_lost(problem.__cause__ or problem)
    return code


def run(words: list[str]) -> int:
    """Run the command that the words name and return its exit code. Raises OutputLost if its output has no reader."""
    if instruction := os.environ.get("_WXB_COMPLETE"):
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, "wxb", "_WXB_COMPLETE", instruction)
    _note_few_addresses()
    try:
        with group.make_context("wxb", words) as context:
            code = group.invoke(context)
        return code if isinstance(code, int) else DONE
    except click.exceptions.Exit as ended:  # --help, --version
        return ended.exit_code
    except WxbError as problem:
        printing.error(problem)
        return problem.exit_code
    except click.exceptions.NoArgsIsHelpError as problem:
        printing.remark(problem.format_message())
        return problem.exit_code
    except click.UsageError as problem:
        printing.error(misuse(problem))
        return problem.exit_code
    except KeyboardInterrupt as problem:
        printing.remark(str(problem) or "stopped")
        return INTERRUPTED
    except (printing.OutputLost, BrokenPipeError):
        raise
    except Exception as problem:
        if not _is_short_of_memory(problem):
            return bug()
        printing.error(
            WxbError("the memory ran short", str(problem), "end other programs, or take fewer or smaller examples")
        )
        return FAILED


def _note_few_addresses() -> None:
    """Print a note if the process may use few addresses: a library that needs more can end it without an error."""
    limit = hardware.address_limit()
    if limit is not None and limit < NEEDED_ADDRESSES:
        printing.remark(
            f"note: a limit of {limit / 1e9:.1f} GB of addresses is set (ulimit -v). A library that needs more may end "
            f"wxb without an error; {NEEDED_ADDRESSES / 1e9:.0f} GB are enough for small data."
        )


def _is_short_of_memory(problem: Exception) -> bool:
    """Whether memory was lacking for data, or for a library that is loaded when it is first needed."""
    unmapped = ("failed to map segment", "cannot allocate memory")
    return isinstance(problem, MemoryError) or (
        isinstance(problem, ImportError) and any(words in str(problem).lower() for words in unmapped)
    )


def bug() -> int:
    """Print the traceback of the current exception, and say that it is a bug in wxb."""
    printing.remark(traceback.format_exc(), end="")
    printing.remark(
        f"This is a bug in wxb {wxb.__version__}, not your mistake. Please report the command and the lines above."
    )
    return BUG


def misuse(problem: click.UsageError) -> WxbError:
    """Turn an error of click into a WxbError."""
    path = problem.ctx.command_path if problem.ctx else "wxb"
    help_text = f"{path} --help lists what it takes"
    if isinstance(problem, click.NoSuchOption):
        known = (
            [name for option in problem.ctx.command.get_params(problem.ctx) for name in option.opts]
            if problem.ctx
            else []
        )
        long = [name for name in known if name.startswith("--")]
        return unknown(problem.option_name, f"an option of {path}", long, help_text)
    if isinstance(problem, click.MissingParameter) and problem.param is not None and problem.ctx is not None:
        return missing(problem.param, problem.ctx)
    if isinstance(problem, click.BadParameter) and problem.param is not None:
        return WxbError(f"{problem.param.opts[0]}: {problem.message}", fix=help_text)
    if more := re.fullmatch(r"Got unexpected extra arguments? \((.*)\)", problem.format_message()):
        return WxbError(f"{path} does not know what to do with {more[1]}", fix=help_text)
    return WxbError(problem.format_message().rstrip("."), fix=help_text)


def missing(param: click.Parameter, ctx: click.Context) -> WxbError:
    """The error for an argument that is missing: its name without the brackets of usage, and its values if few."""
    name = param.name or ""
    if not isinstance(param.type, click.Choice):
        name = param.make_metavar(ctx).strip("[]{}")
        return WxbError(f"{name} is missing", fix=f"{ctx.command_path} --help lists what it takes")
    before = [one.make_metavar(ctx) for one in ctx.command.params if isinstance(one, click.Argument)]
    words = before[: before.index(param.make_metavar(ctx))]
    values = [str(one) for one in param.type.choices]
    return WxbError(
        f"{name.upper()} is missing",
        f"one of {', '.join(values)}" if len(values) > 1 else "",
        " ".join([ctx.command_path, *words, values[0]]),
    )


def _prepare_streams() -> None:
    """Make sure that both streams exist and accept any text, such as file names that are not valid Unicode."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the parent process
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _output_lost(problem: BaseException) -> int:
    """Handle a standard output that can no longer be written, and return the exit code."""
    # discard everything that is still written to it, also what Python flushes at exit
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(problem, BrokenPipeError):
        return DONE  # the reader, such as `head`, has seen enough
    reason = getattr(problem, "strerror", None) or str(problem)
    printing.error(WxbError(f"standard output cannot be written: {reason}", exit_code=FAILED))
    return FAILED
