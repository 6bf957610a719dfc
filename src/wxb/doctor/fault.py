"""A fault that the doctor knows: its symptom, and the remedies that are tried for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset

Found = TypeVar("Found")  # the measurements of a case, or of a plain module
Evidence = Mapping[str, float]
Remedy = Mapping[str, Any]


class DataChange(str):
    """What to do with the data, in words; side runs do it by `apply`. `examples` names those that it is about."""

    apply: Callable[[Dataset], Dataset]
    examples: tuple[str, ...]

    def __new__(cls, text: str, apply: Callable[[Dataset], Dataset], examples: Iterable[str] = ()) -> DataChange:
        """The words, the function that does it, and the names of the examples."""
        change = super().__new__(cls, text)
        change.apply = apply
        change.examples = tuple(examples)
        return change


def identity(remedy: Remedy) -> tuple[tuple[str, str], ...]:
    """What is equal for equal remedies, and can be a key."""
    return tuple(sorted((name, repr(value)) for name, value in remedy.items()))


def never(evidence: Evidence) -> bool:
    """A symptom proves nothing: side runs have to."""
    return False


def always(evidence: Evidence) -> bool:
    """The symptom is the proof."""
    return True


@dataclass(frozen=True)
class Fault(Generic[Found]):
    """A fault that the doctor knows, by the measurements that its checks ask for.

    `symptom` gives the numbers that make the fault likely, or None where it is unlikely; `remedies` are the changed
    settings of `train` to try, the best first. Where `counted` says so of the evidence, the symptom is the proof: no
    side run could tell more. A counted fault that `flatters` makes scores too good, so that other causes are looked for
    all the same; another one has to be mended first. Where `likely` says no of the evidence, only a proof names the
    fault. A `late` one shows in a training of full length only. A `balanced`
    one is judged by the mean over classes. Where no remedy `mends` it, none can be tried: `curve` then makes side runs
    of its own, once no remedy for a fault before it is proved, and gives the evidence with theirs, or None.
    """

    code: str
    cause: str
    symptom: Callable[[Found], Evidence | None]
    remedies: Callable[[Found], list[Remedy]]
    counted: Callable[[Evidence], bool] = never
    likely: Callable[[Evidence], bool] = always
    flatters: bool = False
    late: bool = False
    balanced: bool = False
    mends: bool = True
    curve: Callable[[Found, Evidence], Evidence | None] | None = None
