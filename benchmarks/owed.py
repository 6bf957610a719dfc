"""What each figure has to reach: the bounds that results are held against, and the networks and data they are for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """A value that a figure must not fall below, or not rise above."""

    value: float
    least: bool = True
    unit: str = ""  # "%" (the value is a fraction), "s", "x"

    def met(self, measured: float) -> bool:
        """Whether a measured value keeps to it."""
        return measured >= self.value if self.least else measured <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {amount(self.value, self.unit)}"


def amount(value: float, unit: str) -> str:
    """0.9905, "%" -> "99.05 %"; 30, "s" -> "30 s"; 0.95, "x" -> "0.95×"."""
    if unit == "%":
        return f"{100 * value:.4g} %"
    return f"{value:.4g}×" if unit == "x" else f"{value:.4g} {unit}".rstrip()


def at_least(value: float, unit: str) -> Bound:
    """The figure is at least this."""
    return Bound(value, True, unit)


def at_most(value: float, unit: str) -> Bound:
    """The figure is at most this."""
    return Bound(value, False, unit)


@dataclass(frozen=True)
class Training:
    """`wxb train ARGUMENTS`, once a seed: the mean test accuracy, and the seconds of the slowest whole command."""

    what: str
    arguments: tuple[str, ...]
    accuracy: Bound
    seconds: Bound | None = None


@dataclass(frozen=True)
class Loop:
    """Examples a second of `wxb.learn` over those of the faster hand-written loop."""

    what: str
    data: str
    network: str | None  # None: the default for the data
    examples: int  # of the training part, an epoch's length
    ratio: Bound


@dataclass(frozen=True)
class Process:
    """Seconds of a whole process as a multiple of `python -c pass`."""

    what: str
    arguments: tuple[str, ...]  # after the interpreter
    ratio: Bound
    torch: bool = False  # whether it may load torch


SMALL_NET = "FC-64-RELU-FC-64-RELU, SOFTMAX"

TRAININGS: dict[str, tuple[int, tuple[Training, ...]]] = {  # figure: seeds, what is trained
    "digits": (5, (Training("digits, default network", ("digits",), at_least(0.985, "%"), at_most(30, "s")),)),
    "mnist-lenet5": (3, (Training("MNIST, LeNet-5", ("mnist", "lenet5"), at_least(0.9905, "%")),)),
    "mnist": (3, (Training("MNIST, default network", ("mnist",), at_least(0.994, "%")),)),
    "cifar10": (3, (Training("CIFAR-10, default network", ("cifar10",), at_least(0.80, "%"), at_most(300, "s")),)),
    "toys": (
        3,
        tuple(
            training
            for toy in ("ring", "quadrants", "modes")
            for training in (
                Training(f"{toy}, linear", (toy, "SOFTMAX"), at_most(0.75, "%")),
                Training(f"{toy}, two hidden layers", (toy, SMALL_NET), at_least(0.98, "%")),
            )
        ),
    ),
}

LOOPS = (
    Loop("LeNet-5 on MNIST", "mnist", "lenet5", 25_600, at_least(0.95, "x")),
    Loop("default network on CIFAR-10", "cifar10", None, 12_800, at_least(0.98, "x")),
)

PROCESSES = (
    Process("import wxb", ("-c", "import wxb"), at_most(5, "x")),
    Process("wxb --help", ("-m", "wxb", "--help"), at_most(12, "x")),
    Process(
        "wxb neuron --fire 111,101 --not 000",
        ("-m", "wxb", "neuron", "--fire", "111,101", "--not", "000"),
        at_most(12, "x"),
    ),
    Process("wxb show resnet152", ("-m", "wxb", "show", "resnet152"), at_most(20, "x"), torch=True),
)

FIGURES = (*TRAININGS, "throughput", "startup")
