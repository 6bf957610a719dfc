"""RealMLP with its tuned defaults.

https://github.com/dholzmueller/pytabkit

It sets a fifth of the training part aside to choose the epoch. It takes no missing numbers: each is the median, with an
indicator in a column of its own.
"""

import numpy as np
import pandas as pd
import protocol
from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor


def fit(fold):
    """A function that predicts a part."""
    fill = protocol.imputed(fold.train)
    gaps = np.isnan(fold.train.numbers).any(axis=0)

    def frame(part):
        numbers = np.hstack([fill(part), np.isnan(part.numbers)[:, gaps]])
        categories = pd.DataFrame(part.categories.astype(str)).add_prefix("category ")
        return pd.DataFrame(numbers).add_prefix("number ").join(categories)

    train = frame(fold.train)
    categories = [name for name in train if name.startswith("category ")]
    kind = RealMLP_TD_Classifier if fold.classes else RealMLP_TD_Regressor
    model = kind(device="cpu", random_state=fold.seed, n_threads=protocol.THREADS)
    model.fit(train, fold.targets, cat_col_names=categories)
    if not fold.classes:
        return lambda part: np.asarray(model.predict(frame(part))).reshape(-1)
    return lambda part: protocol.of_all_classes(model.predict_proba(frame(part)), model.classes_, fold.classes)


if __name__ == "__main__":
    protocol.run(fit)
