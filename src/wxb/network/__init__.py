"""From a planned network to a module that torch can train; and the simple neuron, which needs no torch."""
