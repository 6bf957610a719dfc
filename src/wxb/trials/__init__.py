"""Trainings that write nothing: one trial, or a series of them over seeds, folds or settings."""

from __future__ import annotations

from wxb.trials.trial import Trial

__all__ = ["Trial"]
