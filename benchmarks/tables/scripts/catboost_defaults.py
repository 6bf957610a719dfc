"""CatBoost with its defaults.

https://catboost.ai/docs/en/concepts/python-quickstart

Missing numbers stay missing, and categories are given as such.
"""

import pandas as pd
import protocol
from catboost import CatBoostClassifier, CatBoostRegressor


def frame(part):
    """A data frame of the numbers, and of the categories as texts."""
    numbers = pd.DataFrame(part.numbers).add_prefix("number ")
    return numbers.join(pd.DataFrame(part.categories.astype(str)).add_prefix("category "))


def fit(fold):
    """A function that predicts a part."""
    train = frame(fold.train)
    categories = [name for name in train if name.startswith("category ")]
    kind = CatBoostClassifier if fold.classes else CatBoostRegressor
    quiet = {"verbose": 0, "allow_writing_files": False}
    model = kind(cat_features=categories, random_seed=fold.seed, thread_count=protocol.THREADS, **quiet)
    model.fit(train, fold.targets)
    if not fold.classes:
        return lambda part: model.predict(frame(part))
    return lambda part: protocol.of_all_classes(model.predict_proba(frame(part)), model.classes_, fold.classes)


if __name__ == "__main__":
    protocol.run(fit)
