"""Groups of examples that are alike, found without labels: in pixels, features, or the code of a run's network."""

from wxb.clusters.cluster import Clustering, cluster

__all__ = ["Clustering", "cluster"]
