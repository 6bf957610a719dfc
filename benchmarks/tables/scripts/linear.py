"""Logistic or ridge regression as a statistician fits it.

https://scikit-learn.org/stable/modules/generated/sklearn.linear_model.LogisticRegressionCV.html
https://scikit-learn.org/stable/modules/generated/sklearn.linear_model.RidgeCV.html

Numbers are standardized, a missing one is the median with an indicator beside it; categories are one-hot, a missing one
is a category of its own. Cross-validation within the training part chooses the L2 penalty: by the log loss in five
folds, or by the squared error of leaving one out.
"""

import warnings

import numpy as np
import protocol
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# inverse penalties, as LogisticRegressionCV takes them by default
STRENGTHS = np.logspace(-4, 4, 10)
PENALTIES = np.logspace(-4, 4, 17)


def fit(fold):
    """A function that predicts a part."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    categories = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    both = [(numbers, "numbers"), (categories, "categories")]
    both = [(preparation, name) for preparation, name in both if getattr(fold.train, name).shape[1]]
    train = np.hstack([preparation.fit_transform(getattr(fold.train, name)) for preparation, name in both])

    def features(part):
        return np.hstack([preparation.transform(getattr(part, name)) for preparation, name in both])

    if not fold.classes:
        ridge = RidgeCV(alphas=PENALTIES).fit(train, fold.targets)
        return lambda part: ridge.predict(features(part))
    logistic = best_logistic(train, fold.targets, fold.seed)
    return lambda part: protocol.of_all_classes(logistic.predict_proba(features(part)), logistic.classes_, fold.classes)


def best_logistic(train, targets, seed):
    """The logistic regression whose penalty has the least log loss in five folds.

    This is what LogisticRegressionCV does, but for classes that a fold lacks: its score refuses those.
    """
    rarest = np.unique(targets, return_counts=True)[1].min()
    deal = (StratifiedKFold if rarest >= 5 else KFold)(5, shuffle=True, random_state=seed)
    losses = np.zeros(len(STRENGTHS))
    for learned, held in deal.split(train, targets):
        model = LogisticRegression(max_iter=200, warm_start=True)
        for place, strength in enumerate(STRENGTHS):
            model.set_params(C=strength).fit(train[learned], targets[learned])
            known = np.isin(targets[held], model.classes_)
            predicted = model.predict_proba(train[held][known])
            losses[place] += log_loss(targets[held][known], predicted, labels=model.classes_)
    return LogisticRegression(C=STRENGTHS[losses.argmin()], max_iter=2000).fit(train, targets)


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)  # of the weakest penalties, which separable classes ask for
    protocol.run(fit)
