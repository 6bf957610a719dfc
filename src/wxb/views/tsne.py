"""t-SNE by openTSNE (Poličar, Stražar, Zupan 2024, doi:10.18637/jss.v109.i03), the same places each time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.text import plural

PERPLEXITY = 30  # the number of neighbours that count for an example; of few examples a third of them
LEAST = 10  # examples


def places(features: NDArray[np.float64], start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Places (n, 2) of examples with features (n, features), near each other if their features are (van der Maaten,
    Hinton 2008).

    It begins at the places `start` (n, 2), made small, as Kobak and Berens (2019, doi:10.1038/s41467-019-13056-x)
    advise, with exact neighbours and one thread, so that it draws no random number. Raises WxbError if openTSNE is not
    installed, or if there are fewer than ten examples.
    """
    if len(features) < LEAST:
        raise WxbError(f"t-SNE needs {LEAST} examples, and there are {len(features)}", fix='`method="pca"`')
    try:
        from openTSNE import TSNE
    except ImportError:
        raise WxbError("t-SNE needs openTSNE, which is not installed", fix="pip install 'wxb[tsne]'") from None
    spread = float(start[:, 0].std())
    if spread == 0:
        raise WxbError(f"the features of all {plural(len(features), 'example')} are the same", fix="another `layer`")
    method = TSNE(
        perplexity=min(PERPLEXITY, (len(features) - 1) / 3),
        initialization=1e-4 * start / spread,
        neighbors="exact",
        negative_gradient_method="bh",
        n_jobs=1,
        random_state=0,
    )
    return np.asarray(method.fit(features), np.float64)
