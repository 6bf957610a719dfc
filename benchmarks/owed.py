"""The figures with their bounds: the networks and data of each, and what it has to reach."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from benchmarks.bounds import at_least, at_most
from benchmarks.crossvalidation import CrossValidation, Trees
from benchmarks.depth import PLAIN56, Depth
from benchmarks.estimators import Estimator
from benchmarks.explained import EXPLAINED
from benchmarks.figure import Figure
from benchmarks.fine_tuning import FineTuning
from benchmarks.first_step import FirstStep
from benchmarks.gpu import Beside
from benchmarks.labels import Doubts
from benchmarks.map.anomalies import HeldOut
from benchmarks.map.clusters import Clusters, Grouped
from benchmarks.map.games import Balancing, Boards, Learner, Owed
from benchmarks.map.texts import Texts
from benchmarks.map.words import Entities, Messages
from benchmarks.memory import Memory
from benchmarks.page.cases import PAGE, STEADY
from benchmarks.page.others import Others
from benchmarks.prediction import Case, Predicting
from benchmarks.rates import Rates, Share
from benchmarks.reading import Reading, Side
from benchmarks.startup import Process, Startup
from benchmarks.throughput import Loop, Throughput
from benchmarks.timekeeping import Timed, Timekeeping
from benchmarks.training import Training, Trainings
from benchmarks.views.gallery import Gallery
from benchmarks.views.sanity import Sanity, Verdict
from benchmarks.views.surface import Surface, Surfaces
from benchmarks.views.watching import Watched, Watching

SMALL_NET = "FC-64-RELU-FC-64-RELU, SOFTMAX"
VGG_LIKE = "(CONV3-{}-BN-RELU)*2-POOL-(CONV3-{}-BN-RELU)*2-POOL-(CONV3-{}-BN-RELU)*2-GAP, SOFTMAX"


def logistic_regression(seed: int) -> Any:
    """Logistic regression with a penalty at which it converges and does not overfit."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1e-4, max_iter=1000)


def linear_svm(seed: int) -> Any:
    """A linear SVM, one class against the rest: scikit-learn has no multiclass hinge loss (Weston, Watkins).

    The penalty is about that of the logistic regression, alpha = 1 / (C · examples); 30 passes, since it would take
    hundreds to reach its own tolerance.
    """
    from sklearn.linear_model import SGDClassifier

    return SGDClassifier(alpha=0.2, max_iter=30, random_state=seed)


def perceptron(seed: int) -> Any:
    """scikit-learn's network, two hidden layers of 64, on targets scaled as in wxb."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPRegressor
    from sklearn.preprocessing import StandardScaler

    network = MLPRegressor(hidden_layer_sizes=(64, 64), early_stopping=True, random_state=seed)
    return TransformedTargetRegressor(network, transformer=StandardScaler())


def boosted_trees(seed: int) -> Any:
    """Boosted trees, which show how much can be predicted from the table."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(random_state=seed)


def catboost(seed: int) -> Any:
    """CatBoost, which is no dependency, with its defaults and without output."""
    return import_module("catboost").CatBoostRegressor(random_seed=seed, verbose=False, allow_writing_files=False)


HOUSES = "tables/housing.csv"

FIGURES: dict[str, Figure] = {
    "digits": Trainings(5, (Training("digits, default network", ("digits",), at_least(0.985, "%"), at_most(30, "s")),)),
    "mnist-lenet5": Trainings(3, (Training("MNIST, LeNet-5", ("mnist", "lenet5"), at_least(0.9905, "%")),)),
    "mnist": Trainings(3, (Training("MNIST, default network", ("mnist",), at_least(0.994, "%")),)),
    "cifar10": Trainings(
        3, (Training("CIFAR-10, default network", ("cifar10",), at_least(0.80, "%"), at_most(300, "s")),)
    ),
    "hour": Trainings(
        1,
        (
            Training(
                "CIFAR-10 in an hour",
                ("cifar10", "--time", "1h", "--flip-average"),
                at_least(0.93, "%"),
                at_most(3780, "s"),
            ),
        ),
    ),
    "linear": Trainings(
        1,
        (
            Training("softmax", ("cifar10", "SOFTMAX"), at_least(-0.01, "%", "LogisticRegression")),
            Estimator("LogisticRegression", logistic_regression, "cifar10"),
            Training("hinge", ("cifar10", "SVM"), at_least(-0.01, "%", "SGDClassifier")),
            Estimator("SGDClassifier", linear_svm, "cifar10"),
        ),
    ),
    "features": Trainings(
        1,
        (
            Training("pixels, linear", ("cifar10", "SOFTMAX")),
            Training(
                "HOG and histogram, linear",
                ("cifar10", "CAT(HOG, HIST), SOFTMAX"),
                at_least(0.08, "%", "pixels, linear"),
            ),
            Training("visual words, linear", ("cifar10", "BOW-256, SOFTMAX"), at_least(0.60, "%")),
            Training("pixels, a hidden layer", ("cifar10", "FC-512-RELU, SOFTMAX"), at_least(0.52, "%")),
        ),
    ),
    "toys": Trainings(
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
    "disc": Trainings(
        3,
        (
            Training("disc, linear in x and y", ("disc", "SOFTMAX"), at_most(0.75, "%")),
            Training("disc, linear in r and θ", ("disc", "POLAR, SOFTMAX"), at_least(0.98, "%")),
            Training("ring, linear in r and θ", ("ring", "POLAR, SOFTMAX")),
        ),
    ),
    "houses": Trainings(
        3,
        (
            Training(
                "default network", ("housing.csv", "--target", "median_house_value"), at_least(0.80, ""), file=HOUSES
            ),
            Estimator("MLPRegressor", perceptron, file=HOUSES, target="median_house_value"),
            Estimator("HistGradientBoostingRegressor", boosted_trees, file=HOUSES, target="median_house_value"),
        ),
        score="r2",
    ),
    "houses-folds": CrossValidation(
        "default network",
        HOUSES,
        "median_house_value",
        100_000,
        "100,000 dollars",
        at_most(0.47, ""),
        (
            Trees("HistGradientBoostingRegressor", boosted_trees),
            Trees("CatBoostRegressor", catboost),
        ),
    ),
    "texts": Texts(
        "tables/sms_spam.csv",
        "text",
        "type",
        "spam",
        at_least(0, "%"),
        at_most(20, "s"),
    ),
    "words": Messages(
        "tables/sms_spam.csv",
        "type",
        "spam",
        ("EMBED-64-CONV3x1-64-RELU-GMP-DROP, SOFTMAX", "EMBED-64-RNN-64-GMP-DROP, SOFTMAX"),
    ),
    "entities": Entities(
        "names",
        (500, 1_000, 4_000),
        (
            "WINDOW-DROP, TAGS",
            "EMBED-64-CONV3x1-64-RELU-RNN-64-DROP, TAGS",
            "CAT(WINDOW-DROP, EMBED-64-CONV3x1-64-RELU-RNN-64-DROP), TAGS",
        ),
        at_least(0, ""),
    ),
    "clusters": Clusters((Grouped("digits", "digits", "(CONV-RELU-POOL)*2-FC-10, SELF", 30, at_least(0, "")),)),
    "clusters-mnist": Clusters(
        (Grouped("MNIST test set", "mnist", "(CONV-16-RELU-POOL)*2-FC-10, SELF", 8, at_least(0, ""), 20_000, "test"),),
    ),
    "anomalies": HeldOut(
        "digits", "DROP(0.2)-FC-128-RELU-FC-16, SELF", 30, 10_000, at_least(0, ""), (("weight_decay", 0.0),)
    ),
    "anomalies-mnist": HeldOut(
        "mnist", "DROP(0.2)-FC-256-RELU-FC-32, SELF", 15, 10_000, at_least(0, ""), (("weight_decay", 0.0),)
    ),
    "cartpole": Balancing(
        (
            Learner("wxb, policy gradient", ("cartpole",), reached=at_least(475, ""), seconds=at_most(90, "s")),
            Learner("Stable-Baselines3, PPO", (), peer=True),
        ),
    ),
    "tictactoe": Boards(
        ("tictactoe",),
        (Owed("first, whatever the other does", at_most(0, ""), "lost"),),
    ),
    "connect4": Boards(
        ("connect4",),
        (
            Owed("against a random player", at_least(0.95, "%")),
            Owed("against minimax of depth 2", at_least(0.5, "%")),
        ),
    ),
    "depth": Depth(
        "cifar10",
        "resnet56",
        PLAIN56,
        examples=2_000,
        epochs=2,
        batch_size=50,
    ),
    "labels": Doubts(
        "MNIST test set in 5 folds",
        "mnist",
        "labels/mnist-test-doubted.csv",
        at_least(10, ""),
    ),
    "fine-tuning": FineTuning(
        "MNIST, 0 to 4, then 5 to 9", "mnist", "CONV3-16-RELU-POOL-CONV3-32-RELU-POOL-FC-64-RELU, SOFTMAX"
    ),
    "throughput": Throughput(
        (
            Loop("LeNet-5 on MNIST", "mnist", "lenet5", 25_600, at_least(1, "x"), at_least(0.97, "x")),
            Loop("ResNet-20 on CIFAR-10", "cifar10", "resnet20", 2_560, at_least(1, "x"), at_least(0.97, "x")),
            Loop("default network on CIFAR-10", "cifar10", None, 6_400, at_least(1, "x"), at_least(0.97, "x")),
        ),
    ),
    "rates": Rates(
        tuple(
            Share(f"{what}, {precision}", network, precision, at_least(share, "%"))
            for what, network, shares in (
                ("widths 64, 128, 256", VGG_LIKE.format(64, 128, 256), {"float32": 0.6, "bfloat16": 0.5}),
                ("widths 16, 32, 64", VGG_LIKE.format(16, 32, 64), {"float32": 0.35, "bfloat16": 0.35}),
            )
            for precision, share in shares.items()
        ),
    ),
    "prediction": Predicting(
        (
            Case("LeNet-5", (1, 28, 28), "lenet5", added=at_most(50, "µs")),
            Case("ResNet-20", (3, 32, 32), "resnet20", added=at_most(50, "µs")),
            Case("digits, default network", (1, 8, 8)),
            Case("CIFAR-10, default network", (3, 32, 32)),
            Case("CIFAR-10, default network, bfloat16", (3, 32, 32), precision="bfloat16"),
        ),
    ),
    "photos": Reading(
        (Side(224, at_least(1.5, "x"), at_least(10, "x")), Side(128), Side(64)),
    ),
    "first-step": FirstStep(
        "wxb train mnist",
        ("train", "mnist"),
        at_most(1.3, "x"),
    ),
    "time": Timekeeping(
        tuple(
            Timed(data, seconds, at_most(0.05, "%"), at_most(0.1, "%"))
            for data, seconds in (("cifar10", 20), ("cifar10", 45), ("mnist", 15))
        ),
    ),
    "memory": Memory(
        500,
        224,
        "AVGPOOL4-CONV3-16-BN-RELU-POOL-CONV3-32-BN-RELU-GAP, SOFTMAX",
        at_most(1.1, "x"),
    ),
    "gpu": Beside(
        ("cifar10", "--time", "10s", "--flip-average"),
        "airbench94 with Muon, written anew (`benchmarks/peers/scripts/airbench.py`)",
        at_most(1, "x"),
    ),
    "startup": Startup(
        (
            Process("import wxb", ("-c", "import wxb"), at_most(5, "x")),
            Process("wxb --help", ("-m", "wxb", "--help"), at_most(12, "x")),
            Process(
                "wxb neuron --fire 111,101 --not 000",
                ("-m", "wxb", "neuron", "--fire", "111,101", "--not", "000"),
                at_most(12, "x"),
            ),
            Process("wxb show resnet152", ("-m", "wxb", "show", "resnet152"), at_most(20, "x"), torch=True),
        )
    ),
    "views": Gallery("mnist", "lenet5", "SOFTMAX", at_most(1, "s")),
    "saliency": Sanity(
        "mnist",
        "CONV-8-RELU-CONV-16-RELU-POOL-CONV-32-RELU-GAP, SOFTMAX",
        (
            Verdict("gradient", at_most(0.5, "")),
            Verdict("smoothgrad"),
            Verdict("integrated"),
            Verdict("guided", at_least(0.5, "")),
            Verdict("gradcam", at_most(0.5, "")),
            Verdict("occlusion"),
        ),
    ),
    "loss-surface": Surfaces(
        (
            Surface("LeNet-5 on MNIST", "mnist", "lenet5", 2_000, 51, at_most(30, "s")),
            Surface("ResNet-20 on CIFAR-10", "cifar10", "resnet20", 1_000, 2, at_most(300, "s")),
        )
    ),
    "watching": Watching(
        (
            Watched("digits, default network", "digits", None, None, at_most(0.03, "%")),
            Watched("LeNet-5 on MNIST", "mnist", "lenet5", 1_000, at_most(0.03, "%")),
        )
    ),
    "page": PAGE,
    "page-others": Others(),
    "page-steady": STEADY,
    **EXPLAINED,
}

ALSO = {"features": ("cifar10",)}  # figures whose rows stand at the end of another's table
