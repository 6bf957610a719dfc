"""The words of the notation beside the layers (`layers.LAYERS`), and the limits of a text."""

from __future__ import annotations

from .layers import LAYERS

BLOCKS = ("RES", "CAT", "TEAM")
ARMS = ("ID", "PAD")  # words that stand for a branch or a shortcut
SELF = "SELF"  # the head whose targets are the inputs
TAGS = "TAGS"  # the head that has scores for each word of a sentence
HEADS = ("SOFTMAX", "SVM", "EUCLID", "SIGMOIDS", SELF, TAGS)
RESERVED = ("ATTN",)

ALIASES = {  # what other libraries and papers call a block, an arm or a head
    "RESIDUAL": "RES",
    "CONCAT": "CAT",
    "IDENTITY": "ID",
    "CROSSENTROPY": "SOFTMAX",
    "HINGE": "SVM",
    "MSE": "EUCLID",
    "AUTOENCODER": SELF,
}

NO_VARIABLES = "BDGPX"  # letters that stand for suffixes and for the x of a kernel

MOST_CHARACTERS = 1_000_000
DEEPEST = 100  # brackets in brackets
MOST_DIGITS = 9  # of a kernel, a width, a suffix, a value of a variable
MOST_NUMBER = 1_000_000  # of LEAKY, ELU, DROP
LONGEST_NUMBER = 20  # characters of such a number


def words() -> tuple[str, ...]:
    """Every word that means something."""
    return (*LAYERS, *BLOCKS, *HEADS, *ARMS, *RESERVED)


def aliases() -> dict[str, str]:
    """Other names of our words."""
    return {alias: name for name, kind in LAYERS.items() for alias in kind.aliases} | ALIASES


def the_layers() -> str:
    """The layers and blocks there are, for messages."""
    return "the layers are " + " ".join((*LAYERS, *BLOCKS))
