"""The words of the notation: what each layer may carry, and what it has where nothing is written."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """What a layer may carry; each value is the default, None where the layer cannot carry it."""

    kernel: int | None = None  # of a MAXOUT: its pieces
    width: int | None = None  # of CONV: where the running width starts
    suffixes: str = ""
    number: float | None = None


LAYERS: dict[str, Kind] = {
    "CONV": Kind(kernel=3, width=32, suffixes="/PGDB"),
    "POOL": Kind(kernel=2, suffixes="/PC"),
    "AVGPOOL": Kind(kernel=2, suffixes="/PC"),
    "GAP": Kind(),
    "FC": Kind(width=128, suffixes="B"),
    "SIGMOID": Kind(),
    "TANH": Kind(),
    "RELU": Kind(),
    "GELU": Kind(),
    "SILU": Kind(),
    "LEAKY": Kind(number=0.1),
    "ELU": Kind(number=1.0),
    "MAXOUT": Kind(kernel=2),
    "BN": Kind(),
    "LRN": Kind(),
    "DROP": Kind(number=0.5),
    "PIXELS": Kind(),
    "POLAR": Kind(),
    "HIST": Kind(),
    "HOG": Kind(),
    "BOW": Kind(width=256),
}
ACTIVATIONS = ("SIGMOID", "TANH", "RELU", "GELU", "SILU", "LEAKY", "ELU")
AFFINE = ("CONV", "FC")
POOLING = ("POOL", "AVGPOOL")
FEATURES = ("PIXELS", "POLAR", "HIST", "HOG", "BOW")
BLOCKS = ("RES", "CAT")
ARMS = ("ID", "PAD")  # words that stand for a branch or a shortcut
HEADS = ("SOFTMAX", "SVM", "EUCLID", "SIGMOIDS")
RESERVED = ("UP", "EMBED", "RNN", "ATTN", "SELF")

ELSEWHERE = {  # what others call a layer or a head of ours
    "CONVOLUTION": "CONV",
    "MAXPOOL": "POOL",
    "MAXPOOLING": "POOL",
    "MEANPOOL": "AVGPOOL",
    "AVERAGEPOOL": "AVGPOOL",
    "LINEAR": "FC",
    "DENSE": "FC",
    "AFFINE": "FC",
    "BATCHNORM": "BN",
    "LEAKYRELU": "LEAKY",
    "LRELU": "LEAKY",
    "SWISH": "SILU",
    "LOGISTIC": "SIGMOID",
    "DROPOUT": "DROP",
    "RESIDUAL": "RES",
    "CONCAT": "CAT",
    "IDENTITY": "ID",
    "CROSSENTROPY": "SOFTMAX",
    "HINGE": "SVM",
    "MSE": "EUCLID",
}

OUTPUTS = "C"  # the variable that is the number of outputs
NO_VARIABLES = "BDGPX"  # letters that stand for suffixes and the kernel's x

WIDEST = 512  # where the running width stops doubling
MOST_CHARACTERS = 1_000_000
MOST_LAYERS = 10_000
DEEPEST = 100
MOST_DIGITS = 9  # of a kernel, a width, a suffix
