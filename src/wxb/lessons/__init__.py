"""Lessons: statements of a lecture on neural networks, each tried by a few trainings; and the simple neuron."""
