"""scikit-learn's histogram-based gradient boosting with its defaults.

https://scikit-learn.org/stable/modules/generated/sklearn.ensemble.HistGradientBoostingClassifier.html

Missing numbers stay missing, and categories are given as such.
"""

import numpy as np
import protocol
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

MOST = 255  # categories that a column may have


def fit(fold):
    """A function that predicts a part."""
    few = np.array([size <= MOST for size in fold.sizes], dtype=bool)
    categorical = np.concatenate([np.zeros(fold.train.numbers.shape[1], bool), few])

    def features(part):
        return np.hstack([part.numbers, np.where(part.categories < 0, np.nan, part.categories)])

    kind = HistGradientBoostingClassifier if fold.classes else HistGradientBoostingRegressor
    model = kind(categorical_features=categorical, random_state=fold.seed)
    model.fit(features(fold.train), fold.targets)
    if not fold.classes:
        return lambda part: model.predict(features(part))
    return lambda part: protocol.of_all_classes(model.predict_proba(features(part)), model.classes_, fold.classes)


if __name__ == "__main__":
    protocol.run(fit)
