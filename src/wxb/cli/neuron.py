"""`wxb neuron`: a simple neuron that is taught patterns, its truth table and its answers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

from wxb.cli import options, printing
from wxb.cli.answers import neurons

if TYPE_CHECKING:
    from wxb.lessons.neuron import Neuron

SAID = {True: "1", False: "0", None: "0/1"}  # as lectures write it


def neuron(fire: tuple[str, ...], not_fire: tuple[str, ...], ask: tuple[str, ...], as_json: bool) -> None:
    """A simple neuron: it is taught patterns to fire at and patterns not to fire at, and answers any other like the
    nearest taught pattern (the fewest inputs that differ); 0/1 if the nearest of both kinds are equally far.

    Without --ask, print the truth table, as taught and by this firing rule.

    \b
    wxb neuron --fire 111,101 --not 000,001
    wxb neuron --fire 111/010/010 --not 101/111/101 --ask 111/010/011
    """
    from wxb.lessons.neuron import neuron as taught

    made = taught(patterns(fire), patterns(not_fire))
    asked = patterns(ask)
    if as_json:
        printing.result_json(answer(made, asked))
    elif asked:
        show_answers(made, asked)
    else:
        head = (*input_names(made), "taught", "rule")
        rows = [(*row.pattern.replace("/", ""), SAID[row.before], SAID[row.after]) for row in made.table()]
        printing.result(printing.table([head, *rows]))


def patterns(words: tuple[str, ...]) -> list[str]:
    """The patterns of an option that may be repeated, each time with one or several patterns between commas."""
    return [pattern for word in words for pattern in word.split(",")]


def input_names(made: Neuron) -> list[str]:
    """ "X1", "X2", …; in rows "X11" (row 1, column 1), "X12", …, as long as both numbers have one digit."""
    columns = made.inputs // made.rows
    if made.rows == 1 or max(made.rows, columns) > 9:
        return [f"X{place}" for place in range(1, made.inputs + 1)]
    return [f"X{row}{column}" for row in range(1, made.rows + 1) for column in range(1, columns + 1)]


def answer(made: Neuron, asked: list[str]) -> neurons.Neuron:
    """The content of `--json`: the answers to the patterns asked, or the truth table."""
    answers, table = None, None
    if asked:
        answers = [
            neurons.NeuronAnswer(
                pattern.strip(), number(made.taught(pattern)), number(made.ask(pattern)), *made.distances(pattern)
            )
            for pattern in asked
        ]
    else:
        table = [neurons.TruthRow(row.pattern, number(row.before), number(row.after)) for row in made.table()]
    fire, not_fire = list(made.fire), list(made.not_fire)
    return neurons.Neuron(inputs=made.inputs, fire=fire, not_fire=not_fire, table=table, answers=answers)


def number(answer: bool | None) -> Literal[0, 1] | None:
    """Return True as 1, False as 0."""
    return None if answer is None else 1 if answer else 0


def show_answers(made: Neuron, asked: list[str]) -> None:
    """Print a line for each pattern: the answer, and the distances to the nearest taught patterns."""
    rows = [("pattern", "answer", "to one that fires", "to one that does not")]
    for pattern in asked:
        to_fire, to_not = ("none" if far is None else str(far) for far in made.distances(pattern))
        rows.append((pattern.strip(), SAID[made.ask(pattern)], to_fire, to_not))
    printing.result(printing.table(rows, numbers=[2, 3], width=printing.columns(sys.stdout)))


command = options.Command(
    neuron,
    [
        options.SectionedOption(["--fire"], multiple=True, metavar="PATTERN,…", help="Patterns to fire at."),
        options.SectionedOption(
            ["--not", "not_fire"], multiple=True, metavar="PATTERN,…", help="Patterns not to fire at."
        ),
        options.SectionedOption(
            ["--ask"], multiple=True, metavar="PATTERN,…", help="Patterns to answer, instead of the truth table."
        ),
        options.JSON,
    ],
)
