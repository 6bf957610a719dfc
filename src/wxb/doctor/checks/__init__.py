"""The faults that the doctor knows, one family a file, in the order in which they are tried."""

from __future__ import annotations

from wxb.doctor.checks import data, labels, network, training
from wxb.doctor.fault import Fault
from wxb.doctor.measures import Measures

# A fault of the data comes first: a training cure can hide it, never mend it. Among remedies that gain as much the
# earlier one is taken: data, head, start, rate, capacity, penalties. Useless columns come last: they seldom harm.
FAULTS: dict[str, Fault[Measures]] = {
    fault.code: fault
    for fault in (
        *data.COUNTED,
        *labels.OF_ALL,
        *data.FEATURES,
        *labels.OF_SOME,
        *data.RARE_CLASS,
        *network.HEAD,
        *training.START_AND_RATE,
        *network.CAPACITY,
        *training.PENALTIES,
        *data.COLUMNS,
    )
}
