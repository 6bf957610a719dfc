"""Years, months and weekdays of dates that are counted in days since 1970-01-01.

All in float64, with the same bits for NumPy arrays and torch tensors. The formulas are those of Howard Hinnant,
"chrono-compatible low-level date algorithms" (2013), in the Gregorian calendar.
"""

from __future__ import annotations

from typing import Any

import numpy as np

SECOND = 1 / 86_400  # in days


def days_of(year: Any, month: Any, day: Any) -> Any:
    """Days from 1970-01-01 to a date, of NumPy arrays. A day beyond the end of its month is one of the next."""
    year = year - (month <= 2)
    era = np.floor(year / 400)
    of_era = year - 400 * era
    of_year = np.floor((153 * (month + np.where(month > 2, -3, 9)) + 2) / 5) + day - 1
    return 146_097 * era + 365 * of_era + np.floor(of_era / 4) - np.floor(of_era / 100) + of_year - 719_468


def year_and_month(days: Any, xp: Any = np) -> tuple[Any, Any]:
    """The year, and the month from 1 to 12; `xp` is NumPy or torch, whichever made the days."""
    shifted = xp.floor(days) + 719_468  # days since the first of March of the year 0
    era = xp.floor(shifted / 146_097)
    day = shifted - 146_097 * era
    of_era = xp.floor((day - xp.floor(day / 1_460) + xp.floor(day / 36_524) - xp.floor(day / 146_096)) / 365)
    day = day - (365 * of_era + xp.floor(of_era / 4) - xp.floor(of_era / 100))
    since_march = xp.floor((5 * day + 2) / 153)
    month = xp.where(since_march < 10, since_march + 3, since_march - 9)
    return xp.where(month <= 2, 1.0, 0.0) + of_era + 400 * era, month


def weekday(days: Any, xp: Any = np) -> Any:
    """0 for Monday to 6 for Sunday."""
    since_monday = xp.floor(days) + 3  # 1970-01-01 was a Thursday
    return since_monday - 7 * xp.floor(since_monday / 7)


def hour(days: Any, xp: Any = np) -> Any:
    """The hour of the day from 0 to 23."""
    rounded = days + SECOND / 1_000  # a full hour is no fraction of a day that float64 holds
    return xp.floor(24 * (rounded - xp.floor(rounded)))


def text(days: float) -> str:
    """A date as "2024-12-31", or with its time, "2024-12-31 08:30"; far from our time as a number of days."""
    try:
        moment = np.datetime64(round(days * 86_400), "s").item()
        return f"{moment:%Y-%m-%d}" if days == np.floor(days) else f"{moment:%Y-%m-%d %H:%M}"
    except (AttributeError, ValueError, OverflowError):
        return f"day {days:g}"
