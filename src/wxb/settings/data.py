"""The settings of the data, and of a run as a whole."""

from __future__ import annotations

from wxb.settings.setting import COLUMN, KINDS, PATH, SHARES, TABLE, TEXTS, TIME, Bounds, Setting
from wxb.settings.training import SEED

DATA, RUN = "data", "run"
SPREAD = Bounds(2, 1_000)  # steps spread over a training, the first and the last among them
INTERVAL = Setting(
    "interval",
    float,
    None,
    "Per cent of examples whose true value an interval, or a set of classes, is to hold; adds these",
    "prediction",
    Bounds(1, 100, below=True),
    example=90,
)

LIST = (
    Setting(
        "target", str, None, "Column of a table to predict; several as a,b or given again", DATA, form=TEXTS,
        several=True,
    ),
    Setting(
        "task", str, None, "What a table's target is, if the guess is wrong; reconstruction: the example itself", DATA,
        choices=(
            "classification",
            "multilabel",
            "regression",
            "reconstruction",
            "tags",
        ),
    ),
    Setting(
        "pieces", int, None, "Extra features per number of a table; 0 for none", DATA, Bounds(0, 256)
    ),
    Setting("header", bool, None, "The first line of a text table holds names; else its content tells", DATA),
    Setting(
        "drop", str, None, "Columns of a table to leave out, as a,b or given again", DATA, form=TEXTS, several=True,
    ),
    Setting(
        "types", str, None, "What columns of a table hold: a=category, number, date, text, words or window", DATA,
        form=KINDS, several=True,
    ),
    Setting(
        "missing", str, None, "Further values of a table that stand for none, as -999; None=value keeps one", DATA,
        form=TEXTS, several=True,
    ),
    Setting(
        "weight", str, None, "Column of a table that says how much each row counts, in loss and scores", DATA,
        form=COLUMN,
    ),
    Setting(
        "group", str, None, "Column of a table whose equal values stay in one part and one fold", DATA, form=COLUMN
    ),
    Setting(
        "data_dir", str, None, "Folder of the known data sets; else WXB_DATA, else the downloads", DATA, form=PATH
    ),
    Setting(
        "split", tuple, (0.64, 0.11, 0.25), "Shares of train, validation and test; a published test set stays", DATA,
        form=SHARES,
    ),
    Setting("test", str, None, "Table or folder of pictures that is the test part, all of it", DATA, form=TABLE),
    Setting("examples", int, None, "Examples of a toy", DATA, Bounds(20, 10_000_000)),
    Setting("noise", float, None, "Standard deviation of a toy's noise", DATA, Bounds(0, 100)),
    Setting("size", int, None, "Side in pixels that the pictures of a folder are scaled to", DATA, Bounds(1, 1_024)),
    Setting("ink", bool, False, "Handwritten digits as 16x16 squares of ink (1) and no ink (0)", DATA),
    Setting(
        "fill", str, "none", "Replacement of NaN and infinite values; none makes them an error", DATA,
        choices=("none", "zero", "median"),
    ),
    Setting(
        "max_pixels", int, 50_000_000, "Leave out pictures of a folder with more pixels", DATA,
        Bounds(1, 10_000_000_000),
    ),
    Setting("cache", bool, True, "Keep the decoded pictures of a large folder on the disk", DATA),
    Setting("classes", tuple, None, "Names of the classes, in order", DATA, form=TEXTS, option=False),
    Setting("name", str, None, "Name of the data", DATA, option=False),
    Setting("data_seed", int, None, "Seed of the split and of a toy's points; else seed", DATA, SEED, option=False),
    Setting("out", str, None, "Folder of the run; else a new one in runs/ or WXB_RUNS", RUN, form=PATH),
    Setting("time", float, None, "Train as well as this time allows: 10m or 90s, all included", RUN, form=TIME),
    Setting("seeds", int, None, "Train with this many seeds, from `seed` on: mean and interval", RUN, Bounds(1, 1_000)),
    Setting(
        "snapshots", int, None, "Keep the weights of this many steps, spread over the training", RUN, SPREAD
    ),
    Setting(
        "watch", int, None, "Record what each layer does in this many steps, spread over the training", RUN, SPREAD
    ),
)  # fmt: skip
