"""The lecture's statements on learning, each as one command that measures it: `python -m benchmarks.theory`."""
