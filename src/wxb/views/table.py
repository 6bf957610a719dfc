"""The views by name: what each shows, what it takes, and which networks and data it applies to. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wxb.data.kinds import kind_of
from wxb.errors import WxbError, nearest
from wxb.notation import Plan, plan, read
from wxb.notation.layers.features import FEATURES
from wxb.notation.tree import PlannedLayer
from wxb.notation.vocabulary import SELF
from wxb.tasks import TASKS

if TYPE_CHECKING:
    from wxb.runs.files import RunFiles


@dataclass(frozen=True)
class About:
    """What decides whether a view applies: a network's plan, and its data."""

    plan: Plan
    task: str
    classes: tuple[str, ...] = ()  # names of the outputs; empty if nobody gave them
    tabular: bool = False  # whether the network prepares the columns of a table,
    texts: bool = False  # and whether some of them are texts

    @property
    def pictures(self) -> bool:
        """Whether examples are pictures."""
        return kind_of(self.plan.input).spatial


Need = Callable[[About], str]  # why a view does not apply, in words after "it"; empty if it does


@dataclass(frozen=True)
class Entry:
    """A view: its line in the list, the options that it takes, and what it needs.

    One that looks at the network, and not at its training alone, can also be seen at a snapshot.
    """

    about: str
    options: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    network: bool = True
    also: str = ""  # what its command needs besides the run and its name

    @property
    def flags(self) -> tuple[str, ...]:
        """The options of the command."""
        return (*self.options, "at") if self.network else self.options


def pictures(about: About) -> str:
    """The view shows pictures."""
    return "" if about.pictures else f"is for pictures, and this network takes {kind_of(about.plan.input).what}"


def numbers(about: About) -> str:
    """The view changes the numbers of an example a little."""
    words = not kind_of(about.plan.input).scaled
    return "changes the numbers of an example, and this network reads words" if words else ""


def whole(about: About) -> str:
    """The view compares what a layer makes of whole examples."""
    tags = TASKS[about.task].of_words
    return "compares whole examples, and this network has an answer for each word" if tags else ""


def weights_of_pictures(about: About) -> str:
    """The view shows weights as pictures."""
    if pictures(about):
        return pictures(about)
    looks = any(len(layer.input) == 3 and layer.name in ("CONV", "FC") for layer in about.plan.layers)
    return "" if looks else "shows weights as pictures, and no CONV or FC of this network looks at maps"


def single_units(about: About) -> str:
    """The view shows units of layers that are no members of a team."""
    team = all(layer.members > 1 for layer in about.plan.layers)
    return "shows single units, and the members of a TEAM compute theirs side by side" if team else ""


def linear(about: About) -> str:
    """The view shows the weights of a linear network."""
    items = about.plan.items
    alone = len(items) == 1 and isinstance(items[0], PlannedLayer) and items[0].name == "FC"
    return "" if alone else "is for a linear network, such as SOFTMAX alone"


def classes(about: About) -> str:
    """The view compares classes."""
    return "" if TASKS[about.task].exclusive else f"is for classes, and this network learned {TASKS[about.task].kind}"


def probabilities(about: About) -> str:
    """The view is about probabilities of classes."""
    return "" if about.plan.head == "SOFTMAX" else f"is for probabilities of classes, and {about.plan.head} has none"


def reconstructs(about: About) -> str:
    """The view shows examples that come out again."""
    return (
        "" if about.plan.head == SELF else f"is for networks that end in SELF, and this one ends in {about.plan.head}"
    )


def answers(about: About) -> str:
    """The view maps what a network says of places."""
    return "shows what a network says, and this one gives its input again" if about.plan.head == SELF else ""


def rows(about: About) -> str:
    """The view is for columns."""
    return "is for tables and rows of numbers; saliency is for pictures" if about.pictures else ""


def reads(about: About) -> str:
    """The view shows words."""
    return "" if about.texts else "is for texts and sentences"


def two_units(about: About) -> str:
    """The view shows layers of two units of two features."""
    if about.plan.input != (2,) or about.tabular:
        return "is for data of two features"
    pair = any(layer.output == (2,) and layer.members == 1 for layer in about.plan.layers)
    return "" if pair else "is for layers of two units, and this network has none"


def gradients(about: About) -> str:
    """The view follows gradients back to the input."""
    designed = any(layer.name in FEATURES for layer in about.plan.layers)
    return "follows gradients to the input, and designed features have none" if designed else ""


EXAMPLE = ("example", "part", "x")
VIEWS: dict[str, Entry] = {
    "graph": Entry("The layers and how they are joined, with shapes, weights and multiply-adds."),
    "filters": Entry(
        "The weights of a layer that looks at maps, each unit as a picture.", ("layer",), (weights_of_pictures,)
    ),
    "maps": Entry("What every layer makes of an example: its activation maps.", (*EXAMPLE, "layer")),
    "grid": Entry("A picture as the grid of its numbers.", (*EXAMPLE, "place"), (pictures,)),
    "unit": Entry(
        "How one unit comes to its value: inputs, weights, products, sum.",
        (*EXAMPLE, "layer", "unit", "place"),
        (single_units, numbers),
    ),
    "templates": Entry("The weights of a linear network: a template for each class.", (), (linear,)),
    "viewpoints": Entry(
        "A linear network from three viewpoints: algebraic, visual, geometric.",
        ("example", "part", "examples"),
        (linear,),
    ),
    "regions": Entry(
        "What the network says at every point of two features, or of a plane of three examples.",
        ("part", "examples"),
        (answers, numbers),
    ),
    "warped": Entry("How layers of two units bend the plane of two features.", ("part",), (two_units,)),
    "contributions": Entry(
        "What each pixel or feature adds to the scores of a linear network.", (*EXAMPLE, "output"), (linear,)
    ),
    "maximizing": Entry(
        "An input that makes an output or a unit as great as it can.", ("output", "layer", "unit"), (gradients, numbers)
    ),
    "confusion": Entry("Which classes are confused, and the most confident mistakes.", ("part", "cell"), (classes,)),
    "calibration": Entry(
        "Whether confidence can be trusted, before and after temperature scaling.",
        ("part",),
        (classes, probabilities),
    ),
    "robustness": Entry(
        "How the score falls when pictures change: moved, turned, darker, hidden, noisy, and more.",
        ("part",),
        (pictures, answers),
    ),
    "curves": Entry("How the training went: loss, score, learning rate, what layers did.", ("against",), network=False),
    "comparison": Entry(
        "Runs beside each other: differences, settings, examples that changed sides.",
        ("against",),
        network=False,
        also="--against RUN2",
    ),
    "saliency": Entry(
        "Why this answer: what matters for a score, by six methods, and which to trust.",
        (*EXAMPLE, "output", "method"),
        (numbers,),
    ),
    "importance": Entry("Which columns of a table matter, by shuffling each.", ("part",), (rows, numbers)),
    "words": Entry(
        "Texts with what each word does to the answer; sentences with their tags.",
        ("part", "example", "output"),
        (reads,),
    ),
    "embedding": Entry(
        "Where examples lie in the features of a layer, and which are neighbours there.",
        ("example", "part", "layer", "method"),
        (whole,),
    ),
    "surface": Entry(
        "The loss over two weights, a random plane, or that of the training's path.",
        ("plane", "weights", "grid", "most"),
    ),
    "reconstruction": Entry(
        "Examples beside what an autoencoder makes of them, and the difference.", ("part", "example"), (reconstructs,)
    ),
    "exciting": Entry(
        "The examples, and the places in them, that excite each unit of a layer most.",
        ("part", "layer", "unit"),
        (single_units, numbers),
    ),
}


def about_run(run: RunFiles) -> About:
    """What is known of a run from its summary."""
    facts = run.summary
    planned = plan(read(facts.network), facts.input, facts.outputs)
    prepares = run.preparation
    return About(
        planned, facts.task, facts.classes, prepares is not None, prepares is not None and bool(prepares.texts)
    )


def entry(name: str) -> Entry:
    """The view of that name. Raises WxbError, with the nearest, if there is none."""
    if name not in VIEWS:
        like = nearest(name, VIEWS)
        raise WxbError(f"{name} is not a view" + (f"; {like} is" if like else ""), fix=f"one of {', '.join(VIEWS)}")
    return VIEWS[name]


def why_not(name: str, about: About) -> str:
    """Why a view does not apply, as a sentence: "filters is for pictures, …"; empty if it does."""
    said = next((said for need in entry(name).needs if (said := need(about))), "")
    return said and f"{name} {said}"


def need(name: str, about: About) -> None:
    """Raise WxbError if a view does not apply."""
    if said := why_not(name, about):
        others = ", ".join(one for one in VIEWS if not why_not(one, about))
        raise WxbError(said, fix=f"one of {others}")


def offered(about: About) -> Mapping[str, str]:
    """Every view, and why it does not apply; empty if it does."""
    return {name: why_not(name, about) for name in VIEWS}
