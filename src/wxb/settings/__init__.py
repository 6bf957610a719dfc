"""Every setting of wxb once: its name, type, bounds, choices, default and help."""

from wxb.settings.setting import Bounds, Setting
from wxb.settings.table import (
    DATA,
    INTERVAL,
    LENGTH,
    NONE,
    RECIPE,
    RENAMED,
    RENAMED_VALUES,
    RUN,
    SETTINGS,
    check_length,
    check_together,
    unknown,
    validate,
)

__all__ = [
    "DATA",
    "INTERVAL",
    "LENGTH",
    "NONE",
    "RECIPE",
    "RENAMED",
    "RENAMED_VALUES",
    "RUN",
    "SETTINGS",
    "Bounds",
    "Setting",
    "check_length",
    "check_together",
    "unknown",
    "validate",
]
