"""Examples that are like no others: by what a network cannot reconstruct, and by their distance in its code."""

from wxb.anomalies.anomalies import Anomalies, anomalies
from wxb.anomalies.detector import Detector

__all__ = ["Anomalies", "Detector", "anomalies"]
