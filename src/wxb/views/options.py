"""The options of views: the same names as the arguments of their functions. Needs no library for numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """An option: its type, its bound or its choices, its line in the help, and its flag if that is not its name."""

    type: type
    help: str
    least: int = 0
    choices: tuple[str, ...] = ()
    flag: str = ""
    metavar: str | None = None


OPTIONS: dict[str, Option] = {
    "at": Option(int, "Step of a snapshot: the view of the network as it was then.", metavar="STEP"),
    "example": Option(int, "Number of the example in its part, from 0."),
    "part": Option(str, "Part of the data that examples are of; else test.", choices=("train", "validation", "test")),
    "x": Option(str, "A picture, table or array to look at, instead of the run's data.", flag="file", metavar="FILE"),
    "place": Option(str, "A row and a column, from 0: of a map, or where a window begins.", metavar="ROW,COLUMN"),
    "unit": Option(int, "Number of a unit in its layer, from 0."),
    "examples": Option(
        str, "Three examples by their numbers in the part, 0,5,9: the plane through them.", metavar="A,B,C"
    ),
    "method": Option(str, "One method of several: gradcam of saliency, tsne of embedding.", metavar="METHOD"),
    "plane": Option(
        str, "Plane of random directions, or of the training's path by its snapshots.", choices=("random", "path")
    ),
    "grid": Option(int, "Places of each axis; 51 if the network is small.", least=5),
    "most": Option(int, "Most examples to look at; 1,000 if the network is small.", least=1),
    "weights": Option(str, 'Two weights: "1.FC-8.weight[0,0] 1.FC-8.weight[0,1]".', metavar="WEIGHTS"),
    "against": Option(str, "Folders of other runs, with commas between them.", metavar="RUN,…"),
    "cell": Option(str, "A cell by its classes, as cat,dog: its examples.", metavar="GIVEN,PREDICTED"),
    "output": Option(str, "A class, label or target by its name.", metavar="NAME"),
    "layer": Option(str, "A layer by its path, 3.CONV3-64, or by a part of it that no other has.", metavar="LAYER"),
}
