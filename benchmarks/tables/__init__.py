"""wxb and other methods on real tables, in the same folds: `python -m benchmarks.tables`."""
