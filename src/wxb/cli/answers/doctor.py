"""The answer of `wxb doctor`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from wxb.cli.answers.answer import Answer
from wxb.runs.schema import Amount, Count, Interval, Setting, Text


class ProofFacts(Struct, frozen=True):
    """What side runs with the remedy gained."""

    before: Annotated[float, Meta(description="main measure on validation without the remedy")]
    after: float
    interval: Annotated[Interval, Meta(description="of the gain, 90 %")]
    seeds: Annotated[Count, Meta(description="side runs with the remedy; of full length, each is one of a pair")]
    command: Annotated[str, Meta(description="that trains with the remedy")]
    share: Annotated[float, Meta(description="of the length of the training, that these side runs have")]


class FindingFacts(Struct, frozen=True):
    """One cause."""

    code: Annotated[str, Meta(description="as in docs/doctor.md")]
    cause: str
    severity: Annotated[
        Literal["sick", "weak", "suspected"], Meta(description="sick: proved; weak: no remedy is proved")
    ]
    evidence: dict[str, int | float]
    remedy: Annotated[
        dict[str, Setting], Meta(description="settings of train; network or data for a changed line or file")
    ]
    proof: Annotated[ProofFacts | None, Meta(description="null if it is counted, or not proved")]
    rank: Annotated[Count, Meta(description="1 is the most likely cause")]
    examples: Annotated[
        list[str], Meta(description="that the remedy is about: files, or rows from 0; all doubted labels of D2")
    ] = []


class DoublingFacts(Struct, frozen=True):
    """What twice as much of something would gain."""

    of: Literal["examples", "epochs", "width"]
    amounts: Annotated[list[float], Meta(description="a quarter, half, and all: as many in the training part, as wide")]
    scores: Annotated[list[float], Meta(description="main measure on validation with each amount")]
    gain: Annotated[float, Meta(description="expected of twice as much")]
    interval: Annotated[Interval, Meta(description="of the gain, 90 %")]
    seeds: Count
    pays: Annotated[bool, Meta(description="whether the interval is above 0 and the gain at least 0.01")]


class Doctor(Answer, frozen=True, tag="wxb/doctor/1"):
    """What wxb doctor prints with --json."""

    healthy: bool
    findings: list[FindingFacts]
    network: Text
    data: str
    scores: Annotated[dict[str, float], Meta(description="of the network and its baselines, on validation")]
    train: Annotated[float | None, Meta(description="on a sample of the training examples")]
    stands: Annotated[
        Literal["nothing", "slowly", "over", "good"],
        Meta(description="learns nothing; learns too little; does well on training examples only; does well"),
    ]
    untried: Annotated[list[str], Meta(description="codes of causes that the budget left out")]
    handful: Annotated[
        float | None, Meta(description="of 32 examples learned alone; null if a cause is proved, or for the head SELF")
    ]
    doubling: Annotated[list[DoublingFacts], Meta(description="empty unless --doubling asks for it")]
    left_out: Annotated[dict[str, str], Meta(description="why --doubling does not tell of examples, epochs or width")]
    cost: Annotated[Amount, Meta(description="of all side runs, in trainings")]
