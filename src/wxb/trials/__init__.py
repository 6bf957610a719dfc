"""Trainings that write nothing: one trial, or a series of them over seeds, over folds, or in pairs."""

from __future__ import annotations

from wxb.trials.series import Outcome, Pairs, Series, folds, pairs, seeds
from wxb.trials.trial import Trial

__all__ = ["Outcome", "Pairs", "Series", "Trial", "folds", "pairs", "seeds"]
