"""Runs: the folder that a training leaves, what the network in it is worth, and what is cheap beside it."""
