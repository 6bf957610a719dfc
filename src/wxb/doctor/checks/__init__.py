"""The faults that the doctor knows, one family a file, in the order in which they are tried."""

from __future__ import annotations

from wxb.doctor.checks import data, network, training
from wxb.doctor.fault import Fault

# a fault of the data comes first: a training cure can hide it, never mend it
FAULTS: dict[str, Fault] = {fault.code: fault for fault in (*data.FAULTS, *network.FAULTS, *training.FAULTS)}
