"""The kinds of target, by name. Adding one adds a file here and, if no head can learn it, a head."""

from __future__ import annotations

from wxb.errors import WxbError, nearest
from wxb.tasks.classification import Classification
from wxb.tasks.multilabel import Multilabel
from wxb.tasks.reconstruction import Reconstruction
from wxb.tasks.regression import Regression
from wxb.tasks.tags import Tags
from wxb.tasks.task import Task

KINDS = (Classification(), Multilabel(), Regression(), Reconstruction(), Tags())
TASKS: dict[str, Task] = {task.name: task for task in KINDS}


def need_task(name: str) -> Task:
    """The task of this name. Raises WxbError with the nearest name if there is none."""
    if name not in TASKS:
        near = nearest(name, TASKS)
        raise WxbError(f"{name} is not a task" + (f"; {near} is" if near else ""), f"known: {', '.join(TASKS)}")
    return TASKS[name]


__all__ = ["TASKS", "Task", "need_task"]
