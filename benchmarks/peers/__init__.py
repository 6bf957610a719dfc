"""wxb and other libraries, in turn on the same data, to the same test accuracy: `python -m benchmarks.peers`."""
