"""What each figure has to reach: the bounds that results are held against, and the networks and data they are for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from benchmarks.bounds import at_least, at_most
from benchmarks.crossvalidation import CrossValidation, Trees
from benchmarks.depth import PLAIN56, Depth
from benchmarks.estimators import Estimator
from benchmarks.explained import EXPLAINED
from benchmarks.figure import Figure
from benchmarks.first_step import FirstStep
from benchmarks.gpu import Beside
from benchmarks.labels import Doubts
from benchmarks.memory import Memory
from benchmarks.prediction import Case, Predicting
from benchmarks.rates import Rates, Share
from benchmarks.reading import Reading, Side
from benchmarks.startup import Process, Startup
from benchmarks.throughput import Loop, Throughput
from benchmarks.timekeeping import Timed, Timekeeping
from benchmarks.training import Training, Trainings

SMALL_NET = "FC-64-RELU-FC-64-RELU, SOFTMAX"
VGG_LIKE = "(CONV3-{}-BN-RELU)*2-POOL-(CONV3-{}-BN-RELU)*2-POOL-(CONV3-{}-BN-RELU)*2-GAP, SOFTMAX"


def logistic_regression(seed: int) -> Any:
    """With a penalty at which it converges, and does not learn the training part by heart."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1e-4, max_iter=1000)


def linear_svm(seed: int) -> Any:
    """One class against the rest; scikit-learn has no hinge loss over several classes at once (Weston, Watkins).

    The penalty is about that of the logistic regression, alpha = 1 / (C · examples); 30 passes, as it would take
    hundreds to fulfil its own tolerance.
    """
    from sklearn.linear_model import SGDClassifier

    return SGDClassifier(alpha=0.2, max_iter=30, random_state=seed)


def perceptron(seed: int) -> Any:
    """scikit-learn's network, two hidden layers of 64, on targets that are scaled as wxb scales them."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPRegressor
    from sklearn.preprocessing import StandardScaler

    network = MLPRegressor(hidden_layer_sizes=(64, 64), early_stopping=True, random_state=seed)
    return TransformedTargetRegressor(network, transformer=StandardScaler())


def boosted_trees(seed: int) -> Any:
    """Trees are not what wxb makes; they say what the table holds."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(random_state=seed)


def catboost(seed: int) -> Any:
    """CatBoost, which is no dependency, as it is but for what it prints and writes."""
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
                ("cifar10", "--time", "1h", "--mirror-average"),
                at_least(0.93, "%"),
                at_most(3780, "s"),
            ),
        ),
        about="The most that an hour gives: the largest of the default networks, as many epochs as there is time for.",
    ),
    "linear": Trainings(
        1,
        (
            Training("softmax", ("cifar10", "SOFTMAX"), at_least(-0.01, "%", "LogisticRegression")),
            Estimator("LogisticRegression", logistic_regression, "cifar10"),
            Training("hinge", ("cifar10", "SVM"), at_least(-0.01, "%", "SGDClassifier")),
            Estimator("SGDClassifier", linear_svm, "cifar10"),
        ),
        about="Linear networks on the pixels of CIFAR-10 beside scikit-learn's linear models on the same training part "
        "and scale. scikit-learn has no hinge loss over several classes at once: its SVM sets each class against "
        "the rest.",
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
        about="Features that people designed against features that are learned, on CIFAR-10; the last row is that of "
        "the figure cifar10.",
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
        about="One bound on the radius tells the disc from the ring around it. The toy `ring` needs two, for the rest "
        "lies on both sides of its radii, 1 and 2: linear scores in r and θ cannot divide it.",
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
        about="California housing, 20,640 rows; all see the same split and prepared columns. The seed is that of the "
        "split and of the estimator.",
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
        about="California housing in five folds: each fifth of the rows is answered once by what has learned from the "
        "others, and the error is the root of the mean squared difference. The network takes a twentieth of the "
        "others to validate; trees learn from all of them, by their own defaults, from the columns as they are and a "
        "column for each kind of place. Seconds are those of `wxb.train`, with its test, baselines and report, or of "
        "the trees' fit. CatBoost, which wxb does not need, is shown where it was installed.",
    ),
    "depth": Depth(
        "cifar10",
        "resnet56",
        PLAIN56,
        examples=2_000,
        epochs=2,
        batch_size=50,
        about="ResNet-56 and the same 56 layers without shortcuts, two epochs on 2,000 pictures of CIFAR-10 by the "
        "default recipe with batches of 50; the loss is that of the last epoch.",
    ),
    "labels": Doubts(
        "MNIST test set in 5 folds",
        "mnist",
        "labels/mnist-test-doubted.csv",
        at_least(10, ""),
        about="The 10,000 test pictures of MNIST are cut into five folds, each answered by the default network trained "
        "for ten epochs on the other four. Ranked by the probability of their own label, least first, so that the "
        "surest mistakes lead (there are fewer than 100 of them), the first 100 are searched for labels that people "
        "voted to be wrong (Northcutt, Athalye, Mueller 2021).",
    ),
    "throughput": Throughput(
        (
            Loop("LeNet-5 on MNIST", "mnist", "lenet5", 25_600, at_least(1, "x"), at_least(0.97, "x")),
            Loop("ResNet-20 on CIFAR-10", "cifar10", "resnet20", 2_560, at_least(1, "x"), at_least(0.97, "x")),
            Loop("default network on CIFAR-10", "cifar10", None, 6_400, at_least(1, "x"), at_least(0.97, "x")),
        ),
        about="Examples a second of an epoch without validation and augmentation, against loops that a person writes. "
        "Plain loops compute in float32 on tensors that lie as torch makes them, and read every step's loss. The loop "
        "with wxb's settings has all that wxb sets: pictures channels last, the precision that it chooses for the "
        "network on this machine, memory that is kept between steps, a fused optimizer, and no wait for a loss. Loops "
        "take turns; weights lie channels last in all of them.",
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
        about=f"GFLOP/s of whole training steps (forward, backward, optimizer) of `{VGG_LIKE.format(64, 128, 256)}` "
        "and of the same network at a quarter of its widths, on random pictures 3x32x32 in batches of 128, with "
        "momentum. A step counts six operations a multiply-add of its forward pass, as `wxb train --profile` does; "
        "the gradient of the pictures, which nobody needs and which is not computed, is counted too. The best rate is "
        "that of the product of two 2048×2048 matrices or of a 3x3 convolution of 256 channels at 8x8 (batch 128, "
        "channels last, forward), whichever is faster, in the same precision and threads, taken in turn with the "
        "steps. bfloat16 is measured where the processor multiplies it.",
    ),
    "prediction": Predicting(
        (
            Case("LeNet-5", (1, 28, 28), "lenet5", added=at_most(50, "µs")),
            Case("ResNet-20", (3, 32, 32), "resnet20", added=at_most(50, "µs")),
            Case("digits, default network", (1, 8, 8)),
            Case("CIFAR-10, default network", (3, 32, 32)),
            Case("CIFAR-10, default network, bfloat16", (3, 32, 32), precision="bfloat16"),
        ),
        about="One thread. Of one picture: the network folded for prediction, called on a tensor that is ready, under "
        "`torch.inference_mode`, and `run.predict` of an array, which checks it and gives classes and probabilities. "
        "Of many: the module as it was trained, in evaluation mode, with batches of the same size, and `run.predict`. "
        "Weights and pictures are random.",
    ),
    "photos": Reading(
        (Side(224, at_least(1.5, "x"), at_least(10, "x")), Side(128), Side(64)),
        about="Photos a second from 1,000 JPEG files of 500x375 (noise whose spectrum falls as that of photos) to "
        "batches of 64; no network sees them. The first epoch of wxb finds, decodes and packs the photos, takes a "
        "checksum of each, and reads all batches; later epochs read them from the pack, or from memory where the "
        "pixels are less than 64 MB. Beside them a `DataLoader` with 2 workers over a data set as people write it: "
        "Pillow decodes the whole photo, scales its shorter side and keeps the middle. The last column but one is how "
        "far wxb's pixels, which JPEG may give at a half of its size or less, are on average from "
        "those of the whole photo.",
    ),
    "first-step": FirstStep(
        "wxb train mnist",
        ("train", "mnist"),
        at_most(1.3, "x"),
        about="From the start of the process to the end of the first step of the default network's training: options, "
        "data, split, network, the looks at both that come before a training, and the run's folder. Beside it a "
        "process that only imports torch and reads the four files of MNIST with numpy, as they lie on the disk.",
    ),
    "time": Timekeeping(
        tuple(
            Timed(data, seconds, at_most(0.05, "%"), at_most(0.1, "%"))
            for data, seconds in (("cifar10", 20), ("cifar10", 45), ("mnist", 15))
        ),
        about="What `--time` asks for and what comes of it. Seconds of the whole are those that the command itself "
        "counts, from its start to the end of its report, of which it shows each stage; those of the process have the "
        "start and the end of Python too. Aside are the checks before training, the baselines and the report, as a "
        "share of the training.",
    ),
    "memory": Memory(
        500,
        224,
        "AVGPOOL4-CONV3-16-BN-RELU-POOL-CONV3-32-BN-RELU-GAP, SOFTMAX",
        at_most(1.1, "x"),
        about="Peak memory of `wxb train` on a folder of photos (JPEG of 224x224, a small network, one epoch): the "
        "first command, which decodes and packs the photos and then trains, and the next, which finds the pack. The "
        "packs have 75 and 750 MB. What counts is the memory that no file stands behind, looked at every 5 ms "
        "(`RssAnon` of Linux): pages of the pack are mapped, and the system drops them where the memory is needed.",
    ),
    "gpu": Beside(
        ("cifar10", "--time", "10s", "--mirror-average"),
        "airbench94 with Muon, written anew (`benchmarks/peers/scripts/airbench.py`)",
        at_most(1, "x"),
        about="CIFAR-10 on one GPU, beside the fastest published method (Jordan 2024, arXiv:2404.00498) with its "
        "settings: it learns from all 50,000 examples, wxb from the 47,500 that validation leaves, and its test "
        "averages six views of a picture, wxb's a picture and its mirror image. Seconds count from the start of the "
        "process to the end of the test, without the tests between the method's epochs, and without wxb's checks, "
        "baselines and report. The method is not compiled; of its training the first epoch, which chooses kernels, "
        "counts as the others do.",
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
    **EXPLAINED,
}

ALSO = {"features": ("cifar10",)}  # figures whose rows stand at the end of another's table
