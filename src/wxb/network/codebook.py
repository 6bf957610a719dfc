"""Visual words: whitened patches and the means of k-means on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

WORD_PATCHES = 200  # patches per word that the codebook is fitted to
ROUNDS = 20  # iterations of k-means; further ones hardly move the words, and change the features even less
SMALLEST_VARIANCE = 0.1  # added to each component's variance, so that noise is not amplified (Coates, Ng, Lee 2011)


@dataclass(frozen=True)
class Whitening:
    """The map x → (x − centre) · matrix, whose outputs are uncorrelated and have variance 1."""

    centre: Tensor  # (patch,)
    matrix: Tensor  # (patch, patch)

    @staticmethod
    def of(patches: Tensor) -> Whitening:
        """The ZCA whitening of patches (n, patch) with covariance VDVᵀ: V (D + 0.1)^(−1/2) Vᵀ.

        Computed in float64, because it sums many products.
        """
        exact = patches.double()
        centre = exact.mean(0)
        centred = exact - centre
        variances, axes = torch.linalg.eigh(centred.T @ centred / len(exact))
        matrix = axes / (variances.clamp_min(0) + SMALLEST_VARIANCE).sqrt() @ axes.T
        return Whitening(centre.to(patches.dtype), matrix.to(patches.dtype))

    def __call__(self, patches: Tensor) -> Tensor:
        """(n, patch) → (n, patch)."""
        return (patches - self.centre) @ self.matrix


def fit_words(patches: Tensor, words: int, generator: np.random.Generator) -> Tensor:
    """Cluster patches (n, patch), n ≥ words, by k-means and return the means (words, patch) (Lloyd 1982).

    The initial means are patches drawn with `generator`. A word without patches moves to one of the patches farthest
    from their words.
    """
    means = patches[torch.from_numpy(generator.choice(len(patches), words, replace=False))]
    lengths = patches.square().sum(1)
    for _ in range(ROUNDS):
        # |p − w|² without |p|², which is equal for all words
        nearest, word = torch.addmm(means.square().sum(1), patches, means.T, alpha=-2).min(1)
        members = torch.bincount(word, minlength=words)
        sums = torch.zeros_like(means).index_add_(0, word, patches)
        means = sums / members.clamp_min(1)[:, None]
        empty = (members == 0).nonzero()[:, 0]
        means[empty] = patches[(nearest + lengths).topk(len(empty)).indices]
    return means
