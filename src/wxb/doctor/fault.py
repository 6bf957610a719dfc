"""A fault that the doctor knows: its symptom, and the remedies that are tried for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset

Found = TypeVar("Found")  # the measurements of a case, or of a plain module
Evidence = Mapping[str, float]
Remedy = Mapping[str, Any]


class DataChange(str):
    """What to do with the data, in words; side runs do it by `apply`."""

    apply: Callable[[Dataset], Dataset]

    def __new__(cls, text: str, apply: Callable[[Dataset], Dataset]) -> DataChange:
        """The words, and the function that does it."""
        change = super().__new__(cls, text)
        change.apply = apply
        return change


@dataclass(frozen=True)
class Fault(Generic[Found]):
    """A fault that the doctor knows, by the measurements that its checks ask for.

    `symptom` gives the numbers that make the fault likely, or None where it is unlikely; `remedies` are the changed
    settings of `train` to try, the best first. A fault that is `counted` is proved by its symptom: no side run could
    tell more. A `late` one shows in a training of full length only. A `balanced` one is judged by the mean over
    classes. Where no remedy `mends` it, none can be tried.
    """

    code: str
    cause: str
    symptom: Callable[[Found], Evidence | None]
    remedies: Callable[[Found], list[Remedy]]
    counted: bool = False
    late: bool = False
    balanced: bool = False
    mends: bool = True
