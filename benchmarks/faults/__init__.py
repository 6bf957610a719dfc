"""Faulty and healthy trainings, and what the doctor says of them: `python -m benchmarks.faults`."""
