"""The recipe's questions about a training, and the answer at which it stands (CS231n, "Neural networks, part 3").

Does it do well on its training examples? If not: does the loss fall at all? If so: as well on others?
"""

from __future__ import annotations

import math
from typing import Final, Literal

from wxb.doctor.measures import FAR_BEHIND, Measures

NOTHING: Final = "nothing"  # it learns nothing
SLOWLY: Final = "slowly"  # the loss falls, and not far enough
OVER: Final = "over"  # it does well on training examples only
GOOD: Final = "good"
Answer = Literal["nothing", "slowly", "over", "good"]

LEAST_FALL = 0.05  # of the first loss


def answer(found: Measures) -> Answer:
    """Where a training stands: well means not far behind the best baseline."""
    if not found.far_behind:
        return GOOD
    base = found.base
    learned = base.train > found.references.get("constant", -math.inf) + 2 * base.error
    if learned and base.train >= found.best_reference - FAR_BEHIND:
        return OVER
    losses = [loss for loss in base.train_losses if math.isfinite(loss)]
    falls = bool(losses) and min(losses) < (1 - LEAST_FALL) * base.first_loss
    return SLOWLY if falls or learned else NOTHING
