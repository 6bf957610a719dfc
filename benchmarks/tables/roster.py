"""Who takes part: the tables, in two halves, and the methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FOLDS = 5
FEW_ROWS, SEEDS_OF_FEW = 2_000, 3  # a table of so many rows or fewer is dealt into folds once for each of three seeds
SCRIPTS = Path(__file__).resolve().parent / "scripts"


@dataclass(frozen=True)
class Table:
    """A table: a file in the folder of tables, or one that comes with scikit-learn, and what is predicted."""

    name: str
    target: str
    file: str = ""  # empty for a table of scikit-learn
    maker: str = ""  # in sklearn.datasets
    options: Mapping[str, str] = field(default_factory=dict)  # of load_data, which a person who read the file sets


# in alphabetical order: every other one belongs to each half
CLASSIFICATION = (
    Table("adult", "column 15", "adult.csv"),
    Table("breast-cancer", "target", maker="load_breast_cancer"),
    Table("credit", "default", "credit.csv"),
    Table("heart", "DEATH_EVENT", "heart.csv"),
    Table("housing-ocean", "ocean_proximity", "housing.csv"),
    Table("iris", "target", maker="load_iris"),
    Table("mushrooms", "type", "mushrooms.csv"),
    Table("penguins", "species", "penguins.csv"),
    Table("spambase", "class", "spambase.csv"),
    Table("telco", "Churn", "telco.csv"),
    Table("titanic", "Survived", "titanic.csv"),
    Table("wine", "quality", "wine.csv"),
    Table("wine-cultivars", "target", maker="load_wine"),
)
REGRESSION = (
    Table("airquality", "C6H6_GT", "airquality.csv", options={"missing": "-200"}),
    Table("ames", "SalePrice", "ames.csv"),
    Table("autos", "column 26", "autos.csv"),
    Table("bike", "cnt", "bike.csv", options={"drop": "casual,registered"}),
    Table("concrete", "strength", "concrete.csv"),
    Table("diabetes", "target", maker="load_diabetes"),
    Table("housing", "median_house_value", "housing.csv"),
    Table("insurance", "charges", "insurance.csv"),
    Table("mpg", "mpg", "mpg.csv"),
    Table("wine-number", "quality", "wine.csv"),
)
TASKS: dict[str, tuple[Table, ...]] = {"classification": CLASSIFICATION, "regression": REGRESSION}
TABLES = {table.name: table for tables in TASKS.values() for table in tables}
TASK_OF = {table.name: task for task, tables in TASKS.items() for table in tables}


def half(start: int) -> tuple[str, ...]:
    """Every other table of each task, beginning with the first (0) or the second (1)."""
    return tuple(table.name for tables in TASKS.values() for table in tables[start::2])


# defaults may be tuned on `choosing`; `final` is looked at only to report
HALVES: dict[str, tuple[str, ...]] = {"choosing": half(0), "final": half(1)}


@dataclass(frozen=True)
class Method:
    """A script that fits a method to the training part of a fold and predicts the test part.

    `environment` is "wxb" (the Python that runs this) or a folder that benchmarks/peers/environment.sh makes.
    """

    what: str
    script: str
    packages: tuple[str, ...]  # whose versions are shown
    source: str  # of the recipe
    environment: str = "tables"


WXB = "wxb"  # the default; "wxb:NETWORK|epochs=30,…" is another network or recipe
SKLEARN = "https://scikit-learn.org/stable/modules/generated/sklearn."
METHODS: dict[str, Method] = {
    "linear": Method(
        "logistic or ridge regression, standardized and one-hot, penalty chosen by cross-validation",
        "linear.py", ("scikit-learn",), f"{SKLEARN}linear_model.LogisticRegressionCV.html", "wxb",
    ),
    "histgb": Method(
        "scikit-learn's gradient boosting, its defaults",
        "histgb.py", ("scikit-learn",), f"{SKLEARN}ensemble.HistGradientBoostingClassifier.html", "wxb",
    ),
    "catboost": Method(
        "CatBoost, its defaults",
        "catboost_defaults.py", ("catboost",), "https://catboost.ai/docs/en/concepts/python-quickstart",
    ),
    "realmlp": Method(
        "RealMLP, its tuned defaults",
        "realmlp.py", ("pytabkit", "torch"), "https://github.com/dholzmueller/pytabkit",
    ),
    "tabm": Method(
        "TabM, the recipe of its example",
        "tabm_example.py", ("tabm", "rtdl-num-embeddings", "torch"),
        "https://github.com/yandex-research/tabm/blob/main/example.ipynb",
    ),
}  # fmt: skip


def seeds_of(rows: int) -> int:
    """How many seeds a table of so many rows is dealt with."""
    return SEEDS_OF_FEW if rows <= FEW_ROWS else 1


def chosen(only: Sequence[str] | None) -> list[Table]:
    """The tables of these names, or of a half by its name, in the order of the roster; all without names."""
    if only is None:
        return list(TABLES.values())
    names = {name for one in only for name in HALVES.get(one, (one,))}
    return [table for table in TABLES.values() if table.name in names]
