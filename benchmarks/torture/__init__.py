"""Odd inputs and failing systems, each with what is right written down first: `python -m benchmarks.torture`."""
