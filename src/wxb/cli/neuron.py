"""`wxb neuron`: a simple neuron that is taught patterns, its truth table and its answers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from wxb.cli import options, printing

if TYPE_CHECKING:
    from wxb.network.neuron import Neuron

SAID = {True: "1", False: "0", None: "0/1"}  # as lectures write it


def neuron(fire: tuple[str, ...], not_fire: tuple[str, ...], ask: tuple[str, ...], as_json: bool) -> None:
    """A simple neuron: it is taught at which patterns to fire and at which not, and answers any other as the nearest
    that it was taught (by how many inputs differ); 0/1 where the nearest of both kinds are as far.

    Without --ask the truth table is printed, as taught and by this firing rule.

    \b
    wxb neuron --fire 111,101 --not 000,001
    wxb neuron --fire 111/010/010 --not 101/111/101 --ask 111/010/011
    """
    from wxb.network.neuron import neuron as taught

    made = taught(patterns(fire), patterns(not_fire))
    asked = patterns(ask)
    if as_json:
        content = {"inputs": made.inputs, "fire": list(made.fire), "not_fire": list(made.not_fire)}
        printing.result_json("wxb/neuron/1", {**content, **(answers(made, asked) if asked else table(made))})
    elif asked:
        show_answers(made, asked)
    else:
        head = (*input_names(made), "taught", "rule")
        rows = [(*row.pattern.replace("/", ""), SAID[row.before], SAID[row.after]) for row in made.table()]
        printing.result(printing.table([head, *rows]))


def patterns(words: tuple[str, ...]) -> list[str]:
    """The patterns of an option that was given once or more, each time one or several apart by commas."""
    return [pattern for word in words for pattern in word.split(",")]


def input_names(made: Neuron) -> list[str]:
    """ "X1", "X2", …; in rows "X11" (row 1, column 1), "X12", …, as long as both numbers have one digit."""
    columns = made.inputs // made.rows
    if made.rows == 1 or max(made.rows, columns) > 9:
        return [f"X{place}" for place in range(1, made.inputs + 1)]
    return [f"X{row}{column}" for row in range(1, made.rows + 1) for column in range(1, columns + 1)]


def table(made: Neuron) -> dict[str, Any]:
    """The truth table of `--json`; 1 fires, 0 does not, null is undecided."""
    rows = [{"pattern": row.pattern, "taught": number(row.before), "rule": number(row.after)} for row in made.table()]
    return {"table": rows, "answers": None}


def answers(made: Neuron, asked: list[str]) -> dict[str, Any]:
    """The answers of `--json`."""
    found = []
    for pattern in asked:
        to_fire, to_not = made.distances(pattern)
        found.append(
            {
                "pattern": pattern.strip(),
                "taught": number(made.taught(pattern)),
                "rule": number(made.ask(pattern)),
                "distance_to_fire": to_fire,
                "distance_to_not_fire": to_not,
            }
        )
    return {"table": None, "answers": found}


def number(answer: bool | None) -> int | None:
    """True as 1, False as 0."""
    return None if answer is None else int(answer)


def show_answers(made: Neuron, asked: list[str]) -> None:
    """A line a pattern: the answer, and how far the nearest taught patterns are."""
    rows = [("pattern", "answer", "to one that fires", "to one that does not")]
    for pattern in asked:
        to_fire, to_not = ("none" if far is None else str(far) for far in made.distances(pattern))
        rows.append((pattern.strip(), SAID[made.ask(pattern)], to_fire, to_not))
    printing.result(printing.table(rows, numbers=[2, 3], width=printing.columns(sys.stdout)))


command = options.Command(
    neuron,
    [
        options.SectionedOption(
            ["--fire"], multiple=True, metavar="PATTERN,…", help="Patterns that it is taught to fire at."
        ),
        options.SectionedOption(
            ["--not", "not_fire"], multiple=True, metavar="PATTERN,…", help="Patterns that it is taught not to fire at."
        ),
        options.SectionedOption(["--ask"], multiple=True, metavar="PATTERN,…", help="Patterns to answer, instead."),
        options.JSON,
    ],
)
