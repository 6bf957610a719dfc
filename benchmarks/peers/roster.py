"""The participants and goals: wxb, its peers as their own documentation shows them, and two bare loops."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent / "scripts"

# comparisons: the test accuracies that are the goals of each
GOALS: dict[str, tuple[float, ...]] = {
    "mnist": (0.99, 0.995),
    "cifar10": (0.75, 0.80, 0.90),
    "cifar10-float32": (0.75, 0.80, 0.90),
}
TITLES = {"mnist": "MNIST", "cifar10": "CIFAR-10", "cifar10-float32": "CIFAR-10 in float32"}
DATA_SETS = {"cifar10-float32": "cifar10"}  # of those that are not named for it
LIMITS = {"mnist": 600.0, "cifar10": 1800.0, "cifar10-float32": 1800.0}  # seconds after which a training is stopped

# the words after `wxb train` that reach a goal
WXB: dict[str, dict[float, tuple[str, ...]]] = {
    "mnist": {
        0.99: ("mnist", "--time", "6s"),
        0.995: ("mnist", "--time", "14s"),
    },
    "cifar10": {
        0.75: ("cifar10", "--time", "11s", "--flip-average"),
        0.80: ("cifar10", "--time", "20s", "--flip-average"),
        0.90: ("cifar10", "--time", "7m", "--flip-average"),
    },
    "cifar10-float32": {
        0.75: ("cifar10", "--time", "14s", "--flip-average", "--precision", "float32"),
        0.80: ("cifar10", "--time", "26s", "--flip-average", "--precision", "float32"),
        0.90: ("cifar10", "--time", "12m", "--flip-average", "--precision", "float32"),
    },
}
# stages of `seconds` in wxb's JSON that no peer has, so that they do not count: those at the end of the process, in
# their order, and those before
LEFT_OUT_AT_THE_END = ("baselines", "report")
LEFT_OUT_BEFORE = ("checks",)


@dataclass(frozen=True)
class Peer:
    """A script and the source of its recipe.

    `environment` is "wxb" (the Python that runs this) or a folder that environment.sh makes. One that is `by_goal`
    trains once for each goal, as wxb does; the others train once, and each goal is reached on the way.
    """

    name: str
    what: str
    script: str
    packages: tuple[str, ...]  # whose versions are shown
    source: str  # the page of the documentation
    environment: str = "peers"
    by_goal: bool = False


# fmt: off
OURS = Peer("ours", "bare PyTorch loop with wxb's network and recipe", "ours.py", ("torch",),
            "benchmarks/peers/scripts/ours.py", environment="wxb", by_goal=True)
PLAIN = Peer("plain", "PyTorch loop as people write it", "plain.py", ("torch",), "benchmarks/peers/scripts/plain.py")
FASTAI = Peer("fastai", "fastai's vision learner, ResNet-18", "fastai_vision.py", ("fastai", "torchvision", "torch"),
              "https://docs.fast.ai/vision.learner.html", environment="fastai")
LIGHTNING = "https://lightning.ai/docs/pytorch/stable/notebooks/lightning_examples/"

PEERS: dict[str, tuple[Peer, ...]] = {
    "mnist": (
        OURS,
        PLAIN,
        Peer("keras", "Keras' MNIST convnet example, torch backend", "keras_mnist.py", ("keras", "torch"),
             "https://keras.io/examples/vision/mnist_convnet/"),
        Peer("pytorch", "PyTorch's MNIST example", "pytorch_mnist.py", ("torch",),
             "https://github.com/pytorch/examples/tree/main/mnist"),
        Peer("lightning", "Lightning's MNIST tutorial", "lightning_mnist.py", ("lightning", "torch"),
             LIGHTNING + "mnist-hello-world.html"),
        Peer("skorch", "skorch's MNIST notebook, convolutional network", "skorch_mnist.py", ("skorch", "torch"),
             "https://github.com/skorch-dev/skorch/blob/master/notebooks/MNIST.ipynb"),
        Peer("sklearn", "scikit-learn's MLPClassifier", "sklearn_mlp.py", ("scikit-learn", "numpy"),
             "https://scikit-learn.org/stable/modules/generated/sklearn.neural_network.MLPClassifier.html"),
        FASTAI,
    ),
    "cifar10": (
        OURS,
        PLAIN,
        Peer("keras", "TensorFlow's and Keras' CIFAR-10 tutorial, torch backend", "keras_cifar.py", ("keras", "torch"),
             "https://www.tensorflow.org/tutorials/images/cnn"),
        Peer("pytorch", "PyTorch's 60 minute blitz", "pytorch_cifar.py", ("torch",),
             "https://docs.pytorch.org/tutorials/beginner/blitz/cifar10_tutorial.html"),
        Peer("lightning", "Lightning's CIFAR-10 baseline, ResNet-18", "lightning_cifar.py", ("lightning", "torch"),
             LIGHTNING + "cifar10-baseline.html"),
        FASTAI,
    ),
}
# fmt: on
PEERS["cifar10-float32"] = PEERS["cifar10"]


def names(data: str) -> tuple[str, ...]:
    """The names of all participants in a comparison, in the order in which they run."""
    return ("wxb", *(peer.name for peer in PEERS[data]))
