"""Figures of the views: how long each takes, and what its arrays hold."""
